"""The task that counts a preview."""

from django_tasks import task

from jiesu.foundation import clock
from jiesu.scoring import periods
from jiesu.scoring.models import Period


@task()
def count_period(period_id: int, by: str) -> None:
    """Count one preview; may begin anew after its worker died."""
    found = Period.objects.select_related("scheme__region").filter(pk=period_id).first()
    if found is not None:
        periods.count(found, at=clock.now(), by=by)
