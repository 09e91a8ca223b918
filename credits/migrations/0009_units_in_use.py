import django.db.models.deletion
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts, tenant_reference


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0017_find_people"),
        ("credits", "0008_requests_and_approvals"),
        ("licensing", "0023_undone_renewals_and_transfers"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnitsInUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(editable=False)),
                ("observed_on", models.DateField(verbose_name="observed on")),
                ("units", models.BigIntegerField(verbose_name="units")),
                (
                    "act",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="console.act"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="licensing.company",
                        verbose_name="company",
                    ),
                ),
                (
                    "feature",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="credits.feature"),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="credits.creditrequirement"
                    ),
                ),
            ],
            options={
                "verbose_name": "units in use",
                "verbose_name_plural": "units in use",
                "indexes": [models.Index(fields=["company", "line", "observed_on"], name="units_in_use_by_line_and_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("units__gte", 0), ("units__lte", 1000000000)),
                        name="units_in_use_are_whole_and_not_negative",
                    )
                ],
            },
        ),
        guard_facts("credits_unitsinuse"),
        tenant_reference("credits_unitsinuse", "act_id", "console_act"),
    ]
