import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts


class Migration(migrations.Migration):
    dependencies = [("console", "0007_reports_to_support")]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("company_id", models.BigIntegerField(blank=True, null=True, verbose_name="company")),
                ("page", models.TextField(verbose_name="page")),
                ("sheet", models.CharField(max_length=60, verbose_name="table")),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "XLSX"), ("json", "JSON")], max_length=10, verbose_name="format"
                    ),
                ),
                ("rows", models.BigIntegerField(verbose_name="rows")),
                ("exported_at", models.DateTimeField(verbose_name="exported")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "indexes": [
                    models.Index(fields=["company_id", "-exported_at"], name="export_company_exported_at"),
                    models.Index(fields=["person", "-exported_at"], name="export_person_exported_at"),
                ],
            },
        ),
        guard_facts("console_export"),
    ]
