import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts, tenant_reference


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0017_find_people"),
        ("licensing", "0025_provider_viewers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CompanyStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "about",
                    models.CharField(
                        choices=[("second-factor", "Second factor"), ("notices", "How notices reach new members")],
                        max_length=20,
                        verbose_name="about",
                    ),
                ),
                ("value", models.CharField(max_length=20, verbose_name="what holds")),
                ("effective_on", models.DateField(verbose_name="from")),
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
                "verbose_name": "statement of a company",
                "verbose_name_plural": "statements of companies",
                "indexes": [models.Index(fields=["company", "about", "-id"], name="company_statement_latest")],
            },
        ),
        migrations.CreateModel(
            name="JoinRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tenant", models.CharField(max_length=36, verbose_name="tenant ID")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("approved", "Approved"), ("refused", "Refused"), ("tenant-removed", "The tenant was removed")],
                        max_length=20,
                        verbose_name="answer",
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
                "verbose_name": "request to join",
                "verbose_name_plural": "requests to join",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at__isnull", True)),
                        fields=("company", "person"),
                        name="one_open_request_to_join",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("outcome", "")),
                            models.Q(("decided_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="an_answered_request_says_how",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInTenant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=30, verbose_name="provider")),
                ("issuer", models.CharField(blank=True, max_length=200, verbose_name="issuer")),
                ("tenant", models.CharField(max_length=36, verbose_name="tenant ID")),
                ("gives_viewer", models.BooleanField(default=False, verbose_name="new people become viewers")),
                ("stated_at", models.DateTimeField(verbose_name="stated")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified")),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="removed")),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_in_tenants",
                        to="licensing.company",
                        verbose_name="company",
                    ),
                ),
            ],
            options={
                "verbose_name": "tenant for sign-in",
                "verbose_name_plural": "tenants for sign-in",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True), ("verified_at__isnull", False)),
                        fields=("issuer", "tenant"),
                        name="a_tenant_is_verified_for_one_company",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("company", "provider", "tenant"),
                        name="a_company_states_a_tenant_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gives_viewer", False), ("verified_at__isnull", False), _connector="OR"),
                        name="only_a_verified_tenant_gives_a_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("issuer", ""), ("verified_at__isnull", True)),
                            models.Q(("verified_at__isnull", False), models.Q(("issuer", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="a_verified_tenant_names_its_issuer",
                    ),
                ],
            },
        ),
        tenant_reference("licensing_companystatement", "act_id", "console_act"),
        guard_facts("licensing_companystatement"),
    ]
