"""The task that makes an export."""

from django_tasks import task

from jiesu.exports import requests
from jiesu.foundation import clock


@task()
def make(export_id: int) -> None:
    """Make the file of one export; may begin anew after its worker died."""
    requests.produce(export_id, at=clock.now())
