import django.db.models.deletion
from django.db import migrations, models

from console.models.guards_in_sql import tenant_reference


class Migration(migrations.Migration):
    """Acts on licenses can be undone: a statement may withdraw another one."""

    beside_old_code = (
        "what is new stands in a column that may be null; the two indexes and the checks are made in the seconds that reading "
        "the statements takes; figures are sums of entries, so that old code shows what an undo left"
    )

    dependencies = [
        ("console", "0013_mail_that_waits"),
        ("licensing", "0017_from_which_network_a_token_came"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="licensestatement",
            name="a_license_statement_carries_what_its_kind_says",
        ),
        migrations.AddField(
            model_name="licensestatement",
            name="withdraws",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="licensing.licensestatement",
            ),
        ),
        migrations.AlterField(
            model_name="licensestatement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("issued", "Issued"),
                    ("reduced", "Reduced"),
                    ("corrected", "Corrected"),
                    ("suspended", "Suspended"),
                    ("reinstated", "Reinstated"),
                    ("cancelled", "Cancelled"),
                    ("renewal-on", "Renewal switched on"),
                    ("renewal-off", "Renewal switched off"),
                    ("total", "Units of the order stated"),
                    ("withdrawn", "Withdrawn"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="licensestatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "issued"),
                        ("starts_on__isnull", False),
                        ("units__isnull", False),
                        models.Q(("state", "cancelled"), _negated=True),
                    ),
                    models.Q(("kind", "reduced"), ("starts_on__isnull", True), ("state", ""), ("units__isnull", False)),
                    models.Q(
                        ("kind", "corrected"),
                        ("state", ""),
                        models.Q(("units__isnull", False), ("starts_on__isnull", False), _connector="OR"),
                    ),
                    models.Q(("kind", "suspended"), ("starts_on__isnull", True), ("state", "suspended"), ("units__isnull", True)),
                    models.Q(("kind", "reinstated"), ("starts_on__isnull", True), ("state", "active"), ("units__isnull", True)),
                    models.Q(("kind", "cancelled"), ("starts_on__isnull", True), ("state", "cancelled"), ("units__isnull", True)),
                    models.Q(
                        ("kind__in", ["renewal-on", "renewal-off"]),
                        ("starts_on__isnull", True),
                        ("state", ""),
                        ("units__isnull", True),
                    ),
                    models.Q(("kind", "total"), ("starts_on__isnull", True), ("state", ""), ("units__isnull", True)),
                    models.Q(("kind", "withdrawn"), ("starts_on__isnull", True), ("state", ""), ("units__isnull", True)),
                    _connector="OR",
                ),
                name="a_license_statement_carries_what_its_kind_says",
            ),
        ),
        migrations.AddConstraint(
            model_name="licensestatement",
            constraint=models.UniqueConstraint(fields=("company", "id"), name="license_statement_is_one_row_of_its_company"),
        ),
        migrations.AddConstraint(
            model_name="licensestatement",
            constraint=models.UniqueConstraint(fields=("withdraws",), name="a_license_statement_is_withdrawn_once"),
        ),
        migrations.AddConstraint(
            model_name="licensestatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "withdrawn"), ("withdraws__isnull", False)),
                    models.Q(models.Q(("kind", "withdrawn"), _negated=True), ("withdraws__isnull", True)),
                    _connector="OR",
                ),
                name="what_withdraws_a_license_statement_names_it",
            ),
        ),
        tenant_reference("licensing_licensestatement", "withdraws_id", "licensing_licensestatement"),
    ]
