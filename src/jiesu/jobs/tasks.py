"""Runs long work (django-tasks' database backend), and takes up what a dead worker left.

The backend leaves a task RUNNING when its worker is killed. Here every worker says that it is
alive; a running task whose worker fell silent is put back, a few times, so **every task must be
one that can begin anew**.
"""

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from jiesu.exports import requests as exports
from jiesu.exports import tasks as export_tasks
from jiesu.foundation import clock
from jiesu.jobs import beats

log = logging.getLogger(__name__)

LOOP = "tasks"
TRIES = 3
KEPT = dt.timedelta(days=30)


# what else must learn that a task was given up, with the task's own arguments
GIVEN_UP = {export_tasks.make.module_path: exports.give_up}


class WorkerDied(Exception):
    """The worker of a task was killed, as often as a task may be begun."""


def run_ready(worker: str) -> int:
    """Run one waiting task, if there is one; how many ran."""
    if not DBTaskResult.objects.ready().exists():  # asked without locking anybody out
        return 0
    runner = Worker(
        queue_names=["*"], interval=0, batch=True, backend_name="default", startup_delay=False,
        max_tasks=1, worker_id=worker, excluded_queue_names=[],
    )  # fmt: skip
    with _beating(worker):
        runner.run()
    return int(runner._run_tasks)


def reap(at: dt.datetime) -> int:
    """Put back the tasks whose workers died, or fail those begun too often; how many."""
    living = beats.alive(LOOP, at)
    found = 0
    with transaction.atomic():
        running = DBTaskResult.objects.running().select_for_update(skip_locked=True)
        for task in running.filter(started_at__lt=at - beats.DEAD_AFTER):
            if task.worker_ids and task.worker_ids[-1] in living:
                continue
            found += 1
            log.warning("task %s (%s) lost its worker", task.pk, task.task_path)
            if len(task.worker_ids) >= TRIES:
                task.set_failed(WorkerDied("its worker died"))
                if tell := GIVEN_UP.get(task.task_path):
                    tell(*task.args_kwargs["args"], at=at)
            else:
                DBTaskResult.objects.filter(pk=task.pk).update(status="READY", started_at=None)
    return found


def forget_old(at: dt.datetime) -> int:
    """Delete the results of tasks that finished a month ago; how many."""
    return DBTaskResult.objects.finished().filter(finished_at__lt=at - KEPT).delete()[0]


@contextmanager
def _beating(worker: str) -> Iterator[None]:
    """Say that this worker is alive while a task keeps it busy."""
    over = threading.Event()

    def say() -> None:
        try:
            while not over.wait(beats.EVERY.total_seconds()):
                beats.beat(LOOP, worker, clock.now())
        finally:
            connection.close()

    thread = threading.Thread(target=say, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)
