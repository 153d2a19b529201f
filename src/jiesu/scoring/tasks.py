"""The task that counts a preview."""

from django_tasks import task

from jiesu.foundation import clock
from jiesu.scoring import periods
from jiesu.scoring.models import Period


@task()
def count_period(period_id: int, by: str, only_if_stale: bool = False) -> None:
    """Count one preview; may begin anew after its worker died.

    ``only_if_stale``: the loop asks again while the queue is long; once is enough.
    """
    at = clock.now()
    found = Period.objects.select_related("scheme__region").filter(pk=period_id).first()
    if found is not None and not (only_if_stale and periods.is_fresh(found, at)):
        periods.count(found, at=at, by=by)
