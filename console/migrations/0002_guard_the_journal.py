from django.db import migrations

from console.models.append_only import create_guard_function, guard_facts


class Migration(migrations.Migration):
    dependencies = [("console", "0001_initial")]

    operations = [create_guard_function(), guard_facts("console_act")]
