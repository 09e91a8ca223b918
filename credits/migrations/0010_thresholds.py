import django.db.models.deletion
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts, tenant_reference


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0017_find_people"),
        ("credits", "0009_units_in_use"),
        ("licensing", "0025_provider_viewers"),
    ]

    operations = [
        migrations.CreateModel(
            name="ThresholdStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("none", "None"), ("manual", "Credits"), ("dynamic", "Average of three months")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("credits", models.BigIntegerField(blank=True, null=True, verbose_name="credits")),
                ("effective_on", models.DateField(verbose_name="holds from")),
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
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="licensing.company",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "threshold statement",
                "verbose_name_plural": "threshold statements",
                "indexes": [
                    models.Index(fields=["company", "customer", "effective_on"], name="threshold_by_company_and_day"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("credits__gte", 0), ("kind", "manual")),
                            models.Q(models.Q(("kind", "manual"), _negated=True), ("credits__isnull", True)),
                            _connector="OR",
                        ),
                        name="a_manual_threshold_alone_has_credits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("customer", models.F("company")), _negated=True),
                        name="a_threshold_is_of_another_company",
                    ),
                ],
            },
        ),
        tenant_reference("credits_thresholdstatement", "act_id", "console_act"),
        guard_facts("credits_thresholdstatement"),
    ]
