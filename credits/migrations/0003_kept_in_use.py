import django.db.models.deletion
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts, tenant_reference


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0004_addresses_in_small_letters"),
        ("credits", "0002_guard_facts_and_tenants"),
        ("licensing", "0015_kept_in_use"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptUnits",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(editable=False)),
                ("effective_on", models.DateField(verbose_name="holds from")),
                ("units_change", models.BigIntegerField(verbose_name="change of units")),
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
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="licensing.order"
                    ),
                ),
            ],
            options={
                "verbose_name": "units kept in use",
                "verbose_name_plural": "units kept in use",
                "indexes": [
                    models.Index(fields=["company", "line"], name="kept_units_by_line"),
                    models.Index(fields=["company", "order"], name="kept_units_by_order"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("units_change", 0), _negated=True), name="keeping_changes_units")
                ],
            },
        ),
        guard_facts("credits_keptunits"),
        tenant_reference("credits_keptunits", "order_id", "licensing_order"),
        tenant_reference("credits_keptunits", "act_id", "console_act"),
    ]
