from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat


def without_addresses(apps, schema_editor):
    """What the admin wrote down of people who had no name was their address."""
    entries = apps.get_model("admin", "LogEntry").objects.filter(object_repr__contains="@", object_id__isnull=False)
    entries.update(object_repr=Concat(Value("Number "), "object_id"))


class Migration(migrations.Migration):
    dependencies = [("console", "0009_seal_factors"), ("admin", "0003_logentry_add_action_flag_choices")]

    beside_old_code = "what it rewrites is read by people alone"

    operations = [migrations.RunPython(without_addresses, migrations.RunPython.noop)]
