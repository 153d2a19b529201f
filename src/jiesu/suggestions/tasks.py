"""The task that learns a model."""

import logging

from django_tasks import task

from jiesu.access import SYSTEM
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.suggestions.models import Kind

log = logging.getLogger(__name__)


@task()
def learn(kind: str) -> None:
    """Learn one model; may begin anew after its worker died."""
    from jiesu.suggestions import training  # numpy and scipy, for the process that learns

    try:
        training.train(Kind(kind), actor=SYSTEM, at=clock.now())
    except UseCaseError as refusal:  # too few orders: said in the log, no defect
        log.warning("no %s model was learned: %s", kind, refusal.message)
