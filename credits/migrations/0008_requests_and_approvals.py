import django.db.models.deletion
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts, tenant_reference


TABLES = ("credits_unitsrequest", "credits_requestevent", "credits_approvalrule")


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0017_find_people"),
        ("credits", "0007_what_support_has_to_look_at"),
        ("licensing", "0023_undone_renewals_and_transfers"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnitsRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("asked", "Asked for"), ("confirmation", "To be confirmed")], max_length=15, verbose_name="kind"
                    ),
                ),
                ("effective_on", models.DateField(blank=True, null=True, verbose_name="holds from")),
                ("units", models.JSONField(verbose_name="units")),
                ("scenario", models.CharField(blank=True, default="", max_length=80, verbose_name="scenario")),
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
                "verbose_name": "request",
                "verbose_name_plural": "requests",
            },
        ),
        migrations.CreateModel(
            name="RequestEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("lowered", "Lowered"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=15,
                        verbose_name="kind",
                    ),
                ),
                ("units", models.JSONField(blank=True, null=True, verbose_name="units")),
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
                    "request",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="credits.unitsrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "request event",
                "verbose_name_plural": "request events",
            },
        ),
        migrations.CreateModel(
            name="ApprovalRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(editable=False)),
                ("from_credits", models.BigIntegerField(blank=True, null=True, verbose_name="from how many credits on")),
                ("below_zero", models.BooleanField(default=False, verbose_name="whenever the balance goes below zero")),
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
                "verbose_name": "approval rule",
                "verbose_name_plural": "approval rules",
                "indexes": [models.Index(fields=["company", "-id"], name="approval_rule_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("from_credits__isnull", True), ("from_credits__gt", 0), _connector="OR"),
                        name="confirmed_from_a_positive_number_of_credits",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="unitsrequest",
            constraint=models.UniqueConstraint(fields=("company", "id"), name="units_request_is_one_row_of_its_company"),
        ),
        migrations.AddIndex(
            model_name="requestevent",
            index=models.Index(fields=["company", "request"], name="request_event_by_request"),
        ),
        migrations.AddIndex(
            model_name="requestevent",
            index=models.Index(
                condition=models.Q(("kind", "approved")), fields=["company", "act"], name="request_event_by_approval"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["approved", "refused", "withdrawn"])),
                fields=("company", "request"),
                name="a_request_is_decided_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "lowered"), ("units__isnull", False)),
                    models.Q(models.Q(("kind", "lowered"), _negated=True), ("units__isnull", True)),
                    _connector="OR",
                ),
                name="a_lowered_request_says_its_units",
            ),
        ),
        *(guard_facts(table) for table in TABLES),
        *(tenant_reference(table, "act_id", "console_act") for table in TABLES),
        tenant_reference("credits_requestevent", "request_id", "credits_unitsrequest"),
    ]
