from django.db import migrations, models


class Migration(migrations.Migration):
    """From which network a stranger brought a token, as a fingerprint: where room is needed, who holds most gives way first."""

    dependencies = [("licensing", "0016_notices_are_about_acts")]

    operations = [
        migrations.AddField(
            model_name="activation",
            name="brought_from",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
