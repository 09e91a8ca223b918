from typing import Any

import django.contrib.postgres.fields
from django.db import migrations, models

GIVEN = {"customers": "licensing.change_order", "marketplaces": "licensing.change_subscription"}


def roles_of_groups(apps: Any, schema_editor: Any) -> None:
    """Staff keep what their groups let them do: whoever could act on orders acts on customers, and so on."""
    for person in apps.get_model("console", "User").objects.filter(is_staff=True, is_superuser=False):
        held = set(person.user_permissions.values_list("content_type__app_label", "codename"))
        held.update(person.groups.values_list("permissions__content_type__app_label", "permissions__codename"))
        names = {f"{app}.{codename}" for app, codename in held}
        person.staff_roles = [role for role, permission in GIVEN.items() if permission in names]
        person.save(update_fields=["staff_roles"])


class Migration(migrations.Migration):
    beside_old_code = "staff are few, and what old code lets them do by groups it still does"

    dependencies = [("console", "0013_mail_that_waits")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="staff_roles",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("customers", "Acts on customers"),
                        ("marketplaces", "Acts on marketplaces"),
                        ("staff", "Manages staff"),
                    ],
                    max_length=20,
                ),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="roles of staff",
            ),
        ),
        migrations.RunPython(roles_of_groups, migrations.RunPython.noop),
    ]
