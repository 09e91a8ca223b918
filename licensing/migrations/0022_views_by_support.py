import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts, tenant_reference


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0021_imports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SupportView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sign_in", models.BigIntegerField(editable=False, verbose_name="session")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("asked", "Somebody of the company asked for help"),
                            ("report", "A figure was reported"),
                            ("purchase", "A purchase or a code does not work"),
                            ("check", "To check what support changed"),
                            ("other", "Another reason"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="in words")),
                ("case_number", models.CharField(blank=True, max_length=60, verbose_name="case number")),
                ("begun_at", models.DateTimeField(verbose_name="begun")),
                ("ends_at", models.DateTimeField(verbose_name="over at the latest")),
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
                "verbose_name": "view by support",
                "verbose_name_plural": "views by support",
            },
        ),
        migrations.CreateModel(
            name="SupportViewEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ended_at", models.DateTimeField(verbose_name="ended")),
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
                    "view",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ends",
                        to="licensing.supportview",
                    ),
                ),
            ],
            options={
                "verbose_name": "end of a view by support",
                "verbose_name_plural": "ends of views by support",
            },
        ),
        migrations.CreateModel(
            name="SupportViewPage",
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
                    "view",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pages",
                        to="licensing.supportview",
                    ),
                ),
            ],
            options={
                "verbose_name": "page seen by support",
                "verbose_name_plural": "pages seen by support",
            },
        ),
        migrations.AddIndex(
            model_name="supportview",
            index=models.Index(fields=["company", "-begun_at"], name="support_view_company_latest"),
        ),
        migrations.AddConstraint(
            model_name="supportview",
            constraint=models.UniqueConstraint(fields=("company", "id"), name="support_view_is_one_row_of_its_company"),
        ),
        migrations.AddConstraint(
            model_name="supportview",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("begun_at"))), name="a_view_ends_after_it_began"
            ),
        ),
        migrations.AddConstraint(
            model_name="supportviewend",
            constraint=models.UniqueConstraint(fields=("company", "view"), name="a_view_ends_once"),
        ),
        migrations.AddIndex(
            model_name="supportviewpage",
            index=models.Index(fields=["company", "view", "seen_at"], name="view_page_company_view"),
        ),
        tenant_reference("licensing_supportviewpage", "view_id", "licensing_supportview"),
        tenant_reference("licensing_supportviewend", "view_id", "licensing_supportview"),
        guard_facts("licensing_supportview"),
        guard_facts("licensing_supportviewpage"),
        guard_facts("licensing_supportviewend"),
    ]
