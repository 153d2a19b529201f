"""What a person keeps of a list: named filters, and which columns they want."""

from django.db import models


class SavedFilter(models.Model):
    """A filter somebody named, for one desk."""

    user_id = models.BigIntegerField()
    desk = models.CharField(max_length=32)
    name = models.CharField("名称", max_length=24)
    query = models.CharField(max_length=1000)  # the filter as a query string
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "desk", "name"], name="saved_filter_name")
        ]

    def __str__(self) -> str:
        return self.name


class ColumnChoice(models.Model):
    """The columns somebody wants in one desk's list, in order."""

    user_id = models.BigIntegerField()
    desk = models.CharField(max_length=32)
    columns = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "desk"], name="column_choice_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.desk}"
