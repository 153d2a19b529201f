from typing import Any

import django.db.models.deletion
from django.db import connection, migrations, models


def drop_index(apps: Any, schema_editor: Any) -> None:
    """Drop the plain index of the class, which ``appeal_class`` begins with.

    By name, since to alter the field would copy the whole table on SQLite.
    """
    with connection.cursor() as cursor:
        found = schema_editor.connection.introspection.get_constraints(cursor, "appeals_appeal")
    for name, about in found.items():
        if about["index"] and not about["unique"] and about["columns"] == ["category_id"]:
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [
        ("appeals", "0009_lean_indexes"),
        ("catalogue", "0003_word_list_declined"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_index, elidable=False)],
            state_operations=[
                migrations.AlterField(
                    model_name="appeal",
                    name="category",
                    field=models.ForeignKey(
                        blank=True, db_index=False, null=True,
                        on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to="catalogue.category", verbose_name="分类",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(
                fields=["category", "-registered_at", "-id"], name="appeal_class"
            ),
        ),
    ]  # fmt: skip
