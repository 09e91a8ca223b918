import django.db.models.functions
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index that is made while acts are written

    dependencies = [("console", "0015_the_vendors_own")]

    operations = [
        AddIndexConcurrently(
            model_name="act",
            index=models.Index(fields=["-recorded_at"], name="act_recorded_at"),
        ),
        migrations.CreateModel(
            name="BackupNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.Now(), verbose_name="made")),
                ("what", models.CharField(blank=True, max_length=200, verbose_name="what")),
            ],
            options={
                "verbose_name": "note of a backup",
                "verbose_name_plural": "notes of backups",
                "indexes": [models.Index(fields=["-made_at"], name="backup_by_time")],
            },
        ),
    ]
