from django.db import migrations

from console.models.guards_in_sql import create_guard_function, guard_facts


class Migration(migrations.Migration):
    dependencies = [("console", "0001_initial")]

    operations = [create_guard_function(), guard_facts("console_act")]
