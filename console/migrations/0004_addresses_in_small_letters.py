from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("console", "0003_mail_and_notices")]

    operations = [
        migrations.RunSQL(
            "UPDATE console_user SET email = lower(email) WHERE email <> lower(email)",
            migrations.RunSQL.noop,
        ),
    ]
