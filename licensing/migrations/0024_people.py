import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Invitations by mail, and what members ask their owners for."""

    dependencies = [
        ("licensing", "0023_undone_renewals_and_transfers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("viewer", "Viewer"),
                                ("provider-viewer", "Provider viewer"),
                                ("credit-manager", "Credit manager"),
                                ("license-administrator", "License administrator"),
                                ("owner", "Owner"),
                            ],
                            max_length=30,
                        ),
                        verbose_name="roles",
                    ),
                ),
                ("words", models.TextField(blank=True, verbose_name="words")),
                ("link", models.CharField(editable=False, max_length=64, unique=True)),
                ("invited_at", models.DateTimeField(verbose_name="invited at")),
                ("sent_at", models.DateTimeField(verbose_name="sent at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted at")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="accepted by",
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
                    "invited_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                        fields=("company", "email"),
                        name="an_address_is_invited_once_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "roles__contained_by",
                                ["viewer", "provider-viewer", "credit-manager", "license-administrator", "owner"],
                            ),
                            ("roles__len__gt", 0),
                        ),
                        name="an_invitation_has_known_roles",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_at", None), ("withdrawn_at", None), _connector="OR"),
                        name="an_accepted_invitation_is_not_withdrawn",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at", None), ("accepted_by", None)),
                            models.Q(("accepted_at__isnull", False), ("accepted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_accepted_invitation_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at", None), ("withdrawn_at", None), models.Q(("email", ""), _negated=True)),
                            models.Q(
                                models.Q(("accepted_at", None), ("withdrawn_at", None), _negated=True),
                                ("email", ""),
                                ("words", ""),
                            ),
                            _connector="OR",
                        ),
                        name="an_invitation_keeps_its_address_while_it_is_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("provider-viewer", "Provider viewer"),
                            ("credit-manager", "Credit manager"),
                            ("license-administrator", "License administrator"),
                            ("owner", "Owner"),
                        ],
                        max_length=30,
                        verbose_name="role",
                    ),
                ),
                ("words", models.TextField(blank=True, verbose_name="words")),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("granted", "Approved"), ("declined", "Refused"), ("ended", "Ended")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("answer", models.TextField(blank=True, verbose_name="answer")),
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
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
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
                "verbose_name": "role request",
                "indexes": [models.Index(fields=["company", "person", "-asked_at"], name="role_request_company_person")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("company", "person"),
                        name="a_person_asks_for_one_role_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_role_request_is_open_until_it_is_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["viewer", "provider-viewer", "credit-manager", "license-administrator", "owner"])
                        ),
                        name="a_role_request_names_a_known_role",
                    ),
                ],
            },
        ),
    ]
