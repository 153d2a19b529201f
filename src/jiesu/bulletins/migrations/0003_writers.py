"""Whoever wrote any of a bulletin does not approve it: who that was."""

from django.db import migrations, models


def fill(apps, schema_editor):
    """As far as it is known: whoever drafted it."""
    for one in apps.get_model("bulletins", "Bulletin").objects.exclude(drafted_by_id=None):
        one.writers = [one.drafted_by_id]
        one.save(update_fields=["writers"])


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0002_longer_spans")]

    operations = [
        migrations.AddField("bulletin", "writers", models.JSONField(default=list)),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
