from typing import Any

import django.db.models.deletion
from django.db import connection, migrations, models

import jiesu.appeals.queries


def drop_index(apps: Any, schema_editor: Any) -> None:
    """Drop the indexes that the beginning of another index stands in for.

    By name, since to alter the field would copy the whole table on SQLite.
    """
    for table, column in (
        ("appeals_appeal", "lead_unit_id"), ("appeals_assignment", "unit_id"),
    ):  # fmt: skip
        with connection.cursor() as cursor:
            found = schema_editor.connection.introspection.get_constraints(cursor, table)
        for name, about in found.items():
            if about["index"] and not about["unique"] and about["columns"] == [column]:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [
        ("appeals", "0008_what_waits_for_the_archive"),
        ("catalogue", "0003_word_list_declined"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_index, elidable=False)],
            state_operations=[
                migrations.AlterField(
                    model_name="appeal",
                    name="lead_unit",
                    field=models.ForeignKey(
                        blank=True, db_index=False, null=True,
                        on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to="organizations.unit", verbose_name="主办单位",
                    ),
                ),
                migrations.AlterField(
                    model_name="assignment",
                    name="unit",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT,
                        related_name="+", to="organizations.unit", verbose_name="承办单位",
                    ),
                ),
            ],
        ),
        migrations.RemoveIndex(model_name="appeal", name="appeal_region"),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(
                jiesu.appeals.queries.County("region_path"),
                models.OrderBy(models.F("registered_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="appeal_county",
            ),
        ),
        # without IN, for which SQLite builds a table of the values anew at each row written
        migrations.RemoveIndex(model_name="event", name="event_triggering"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(
                    ("kind", "call_back"), ("kind", "clock_breached"), ("kind", "clock_yellow"),
                    ("kind", "rate"), ("kind", "redo"), ("kind", "refuse_return"),
                    ("kind", "repeated"), ("kind", "send_back"), ("kind", "urge"),
                    ("kind", "warning"), ("kind", "warning_acted"), _connector="OR",
                ),
                fields=["kind", "at", "id"],
                name="event_triggering",
            ),
        ),
        migrations.RemoveConstraint(model_name="assignment", name="assignment_one_live_lead"),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("depth", 0), ("nature", "lead"),
                    models.Q(("state", "returned"), _negated=True),
                    models.Q(("state", "cancelled"), _negated=True),
                    models.Q(("state", "done"), _negated=True),
                ),
                fields=("appeal",),
                name="assignment_one_live_lead",
            ),
        ),
    ]  # fmt: skip
