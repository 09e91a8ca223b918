import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Imports: a row for each, its file in pieces while it is needed, and its lines in a table that is not logged."""

    dependencies = [
        ("licensing", "0020_find_companies_and_orders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("file_name", models.CharField(max_length=150, verbose_name="file")),
                ("digest", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for its turn"),
                            ("reading", "Being read"),
                            ("writing", "Being checked as a whole"),
                            ("ready", "Checked: nothing is written yet"),
                            ("wrong", "Some lines are wrong: nothing is written"),
                            ("done", "Imported"),
                            ("failed", "Ended by a failure: nothing is written"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("to_import", models.BooleanField(default=False, verbose_name="imports")),
                ("lines_read", models.PositiveIntegerField(default=0, verbose_name="lines read")),
                ("report", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
            },
        ),
        migrations.CreateModel(
            name="ImportPiece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pieces", to="licensing.importrun"
                    ),
                ),
            ],
            options={
                "verbose_name": "piece of an import",
            },
        ),
        migrations.CreateModel(
            name="ImportLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField()),
                ("found", models.BigIntegerField(null=True)),
                ("key", models.CharField(max_length=250)),
                ("said", models.JSONField()),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="licensing.importrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an import",
            },
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(fields=["-created_at"], name="import_by_time"),
        ),
        migrations.AddConstraint(
            model_name="importpiece",
            constraint=models.UniqueConstraint(fields=("run", "number"), name="one_piece_per_import_and_number"),
        ),
        migrations.AddIndex(
            model_name="importline",
            index=models.Index(fields=["run", "found", "line"], name="import_line_by_company"),
        ),
        migrations.AddConstraint(
            model_name="importline",
            constraint=models.UniqueConstraint(fields=("run", "line"), name="one_row_per_import_and_line"),
        ),
        migrations.RunSQL("ALTER TABLE licensing_importline SET UNLOGGED", migrations.RunSQL.noop),
    ]
