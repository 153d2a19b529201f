"""A bulletin tells of a span: of one period, or of several together."""

import django.db.models.deletion
from django.db import migrations, models

from jiesu.scoring.spans import length_of

_EVERY = [("month", "月"), ("quarter", "季"), ("year", "年")]
_KEPT = 6  # units whose worst orders are suggested as cases


def fill(apps, schema_editor):
    """What stood with the period and the one revision."""
    bulletins = apps.get_model("bulletins", "Bulletin")
    scores = apps.get_model("scoring", "UnitScore")
    for one in bulletins.objects.select_related("period"):
        period = one.period
        one.scheme_id, one.name = period.scheme_id, period.name
        one.first, one.last = period.first, period.last
        one.every = length_of(period.first, period.last)
        black = scores.objects.filter(revision=one.revision_id, board="black").order_by("-rank")
        one.inputs["worst"] = [
            list(row) for row in black.values_list("unit_id", "unit_name")[:_KEPT]
        ]
        one.save()
        one.revisions.add(one.revision_id)
    if schema_editor.connection.vendor == "postgresql":  # the table is altered next
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0001_initial"),
        ("scoring", "0003_revision_rules"),
    ]

    operations = [
        migrations.AddField(
            "bulletin", "scheme",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="scoring.scorescheme",
            ),
        ),
        migrations.AddField(
            "bulletin", "every",
            models.CharField(choices=_EVERY, default="month", max_length=8, verbose_name="周期"),
            preserve_default=False,
        ),
        migrations.AddField(
            "bulletin", "name",
            models.CharField(default="", max_length=32, verbose_name="考核期"),
            preserve_default=False,
        ),
        migrations.AddField("bulletin", "first", models.DateField(null=True, verbose_name="开始日期")),
        migrations.AddField("bulletin", "last", models.DateField(null=True, verbose_name="结束日期")),
        migrations.AddField(
            "bulletin", "revisions", models.ManyToManyField(related_name="+", to="scoring.revision")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "bulletin", "scheme",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="scoring.scorescheme",
            ),
        ),
        migrations.AlterField("bulletin", "first", models.DateField(verbose_name="开始日期")),
        migrations.AlterField("bulletin", "last", models.DateField(verbose_name="结束日期")),
        migrations.RemoveConstraint("bulletin", "bulletin_once"),
        migrations.RemoveField("bulletin", "period"),
        migrations.RemoveField("bulletin", "revision"),
        migrations.AddConstraint(
            "bulletin",
            models.UniqueConstraint(
                condition=models.Q(state__in=("draft", "submitted", "approved")),
                fields=("scheme", "every", "first"), name="bulletin_open_once",
            ),
        ),
    ]  # fmt: skip
