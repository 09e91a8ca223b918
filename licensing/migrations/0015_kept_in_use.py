import django.db.models.deletion
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts, tenant_reference


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0004_addresses_in_small_letters"),
        ("licensing", "0014_readings_that_found_nothing"),
    ]

    operations = [
        migrations.AddField(
            model_name="activation",
            name="keeps_use",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name="UseChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(editable=False)),
                ("keeps", models.BooleanField(verbose_name="keeps its use")),
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
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="use_choices",
                        to="licensing.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "choice of use",
                "verbose_name_plural": "choices of use",
                "indexes": [models.Index(fields=["company", "order"], name="use_choice_of_order")],
            },
        ),
        guard_facts("licensing_usechoice"),
        tenant_reference("licensing_usechoice", "order_id", "licensing_order"),
        tenant_reference("licensing_usechoice", "act_id", "console_act"),
    ]
