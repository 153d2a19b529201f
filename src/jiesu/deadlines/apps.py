from django.apps import AppConfig
from django.core import checks


class DeadlinesConfig(AppConfig):
    name = "jiesu.deadlines"
    label = "deadlines"

    def ready(self) -> None:
        """Register the calendar's system check."""
        from jiesu.deadlines.checks import check_calendar

        checks.register(check_calendar, checks.Tags.database)
