from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credits", "0005_scenarios")]

    operations = [
        migrations.AddField(
            model_name="offering",
            name="description",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="description"),
        )
    ]
