from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0011_sign_ins"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerVerification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ended_at", models.DateTimeField(verbose_name="ended")),
                ("seconds", models.FloatField(verbose_name="seconds")),
                ("companies", models.PositiveIntegerField(verbose_name="companies")),
                ("differences", models.PositiveIntegerField(verbose_name="differences")),
                ("first", models.TextField(blank=True, verbose_name="the first difference")),
            ],
            options={
                "verbose_name": "verification of the ledger",
                "verbose_name_plural": "verifications of the ledger",
            },
        ),
        migrations.AddIndex(
            model_name="ledgerverification",
            index=models.Index(fields=["-ended_at"], name="verification_by_time"),
        ),
    ]
