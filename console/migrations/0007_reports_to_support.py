from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0006_ways_of_single_kinds_of_notices")]

    operations = [
        migrations.AlterField(
            model_name="outgoingmail",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("account", "Account"),
                    ("notice", "Notice"),
                    ("digest", "Daily digest"),
                    ("report", "Report to support"),
                ],
                max_length=10,
                verbose_name="purpose",
            ),
        ),
    ]
