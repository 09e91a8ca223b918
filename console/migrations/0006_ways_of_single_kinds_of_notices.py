from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0005_two_texts")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="told_of",
            field=models.JSONField(blank=True, default=dict, verbose_name="how single kinds of notices reach them"),
        ),
    ]
