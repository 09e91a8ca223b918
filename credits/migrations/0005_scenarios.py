import django.db.models.deletion
from django.db import migrations, models

from console.models.guards_in_sql import tenant_reference


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0007_reports_to_support"),
        ("credits", "0004_price_lists_being_applied"),
        ("licensing", "0016_notices_are_about_acts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Scenario",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("holds_from", models.DateField(blank=True, null=True, verbose_name="holds from")),
                ("units", models.JSONField(verbose_name="units")),
                ("kept_at", models.DateTimeField(editable=False, verbose_name="kept")),
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
            ],
            options={
                "verbose_name": "scenario",
                "verbose_name_plural": "scenarios",
                "constraints": [
                    models.UniqueConstraint(fields=("company", "name"), name="a_scenario_has_a_name_of_its_own"),
                ],
            },
        ),
        tenant_reference("credits_scenario", "act_id", "console_act"),
    ]
