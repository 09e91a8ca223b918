import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts

ROLES = ["viewer", "provider-viewer", "credit-manager", "license-administrator", "owner"]


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0024_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    beside_old_code = (
        "a membership may have one role more than before: whatever the code before writes is allowed, it shows no page to the new "
        "role that it does not show to every role, and few rows are read through"
    )

    operations = [
        migrations.AddField(
            model_name="company",
            name="closed_to_provider",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether the people of the service provider see nothing of it. Its owners say so.",
                verbose_name="closed to the service provider",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="roles",
            field=django.contrib.postgres.fields.ArrayField(
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
                size=None,
                verbose_name="roles",
            ),
        ),
        migrations.RemoveConstraint(model_name="membership", name="a_membership_has_known_roles"),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("roles__contained_by", ROLES), ("roles__len__gt", 0)),
                name="a_membership_has_known_roles",
            ),
        ),
        migrations.CreateModel(
            name="ProviderLook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="page")),
                ("address", models.TextField(verbose_name="address")),
                ("seen_at", models.DateTimeField(verbose_name="seen")),
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
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="licensing.company",
                        verbose_name="on behalf of",
                    ),
                ),
            ],
            options={
                "verbose_name": "page seen by a service provider",
                "verbose_name_plural": "pages seen by a service provider",
            },
        ),
        migrations.AddIndex(
            model_name="providerlook",
            index=models.Index(fields=["company", "-seen_at"], name="provider_look_company_latest"),
        ),
        guard_facts("licensing_providerlook"),
    ]
