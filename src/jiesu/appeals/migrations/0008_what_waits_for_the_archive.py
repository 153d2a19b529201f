from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("appeals", "0007_no_index_twice"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="appeal", name="appeal_to_archive"),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", True), ("closed_at__isnull", False)),
                fields=["archived_at", "closed_at", "id"],
                name="appeal_ended",
            ),
        ),
    ]
