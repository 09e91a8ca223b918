import django.db.models.deletion
from django.db import migrations, models

from console.models.guards_in_sql import guard_facts

PURPOSES = [
    ("account", "Account"),
    ("notice", "Notice"),
    ("digest", "Daily digest"),
    ("report", "Report to support"),
    ("vendor", "To the vendor"),
]


class Migration(migrations.Migration):
    dependencies = [("console", "0014_roles_of_staff")]

    operations = [
        migrations.CreateModel(
            name="VendorLogo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="hash")),
                ("png", models.BinaryField(verbose_name="picture")),
                ("width", models.PositiveIntegerField(verbose_name="width")),
                ("height", models.PositiveIntegerField(verbose_name="height")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
            ],
            options={"verbose_name": "logo of the vendor", "verbose_name_plural": "logos of the vendor"},
        ),
        migrations.CreateModel(
            name="VendorStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("about", models.CharField(max_length=250, verbose_name="about")),
                ("text", models.TextField(blank=True, verbose_name="stated")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                (
                    "act",
                    models.ForeignKey(
                        editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="console.act"
                    ),
                ),
            ],
            options={
                "verbose_name": "statement of the vendor",
                "verbose_name_plural": "statements of the vendor",
                "indexes": [models.Index(fields=["about", "-id"], name="vendor_statement_about")],
            },
        ),
        guard_facts("console_vendorlogo"),
        guard_facts("console_vendorstatement"),
        migrations.AlterField(
            model_name="outgoingmail",
            name="purpose",
            field=models.CharField(choices=PURPOSES, max_length=10, verbose_name="purpose"),
        ),
    ]
