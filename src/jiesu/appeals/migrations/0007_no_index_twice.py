from typing import Any

import django.db.models.deletion
from django.db import connection, migrations, models


def drop_index(apps: Any, schema_editor: Any) -> None:
    """Drop the indexes that the beginning of another index stands in for.

    By name, since to alter the field would copy the whole table on SQLite.
    """
    for table, column in (
        ("appeals_event", "appeal_id"), ("appeals_reply", "assignment_id"),
    ):  # fmt: skip
        with connection.cursor() as cursor:
            found = schema_editor.connection.introspection.get_constraints(cursor, table)
        for name, about in found.items():
            if about["index"] and not about["unique"] and about["columns"] == [column]:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [
        ("appeals", "0006_personal_answers"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_index, elidable=False)],
            state_operations=[
                migrations.AlterField(
                    model_name="event",
                    name="appeal",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT,
                        related_name="events", to="appeals.appeal",
                    ),
                ),
                migrations.AlterField(
                    model_name="reply",
                    name="assignment",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies", to="appeals.assignment",
                    ),
                ),
            ],
        ),
    ]  # fmt: skip
