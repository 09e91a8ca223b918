from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("licensing", "0018_undone_acts")]

    operations = [
        migrations.CreateModel(
            name="VendorTold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=20, verbose_name="what happened")),
                ("about", models.CharField(max_length=150)),
                ("told_at", models.DateTimeField(verbose_name="told")),
            ],
            options={
                "verbose_name": "mail to the vendor",
                "verbose_name_plural": "mails to the vendor",
                "constraints": [
                    models.UniqueConstraint(fields=("event", "about"), name="the_vendor_is_told_once"),
                ],
            },
        ),
    ]
