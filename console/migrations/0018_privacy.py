from __future__ import annotations

from typing import Any

from django.db import migrations

FORGET_NAMES = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM console_act WHERE (actor_kind = 'person' AND actor_label <> '')
                  OR (on_behalf_of <> '' AND on_behalf_of NOT LIKE 'person:%')) THEN
        ALTER TABLE console_act DISABLE TRIGGER guard_console_act;
        UPDATE console_act SET actor_label = '' WHERE actor_kind = 'person' AND actor_label <> '';
        UPDATE console_act AS act SET on_behalf_of = coalesce((
                   SELECT 'person:' || min(person.id) FROM console_user AS person
                    WHERE person.name = act.on_behalf_of OR act.on_behalf_of = 'person ' || person.id
                   HAVING count(*) = 1), '')
         WHERE act.on_behalf_of <> '' AND act.on_behalf_of NOT LIKE 'person:%';
        ALTER TABLE console_act ENABLE ALWAYS TRIGGER guard_console_act;
    END IF;
END $$
"""
"""What an act says stays as it is: who did it stands beside the copies, as an id. Where two people have the name of whom it was
done for, nobody is named: the activation knows."""


def forget_names(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(FORGET_NAMES, params=None)


class Migration(migrations.Migration):
    """The journal holds no copy of a person's name any more, so that whoever is erased is in none of its rows."""

    beside_old_code = (
        "it reads the names of people by their ids; what a process of the old version copies afterwards stays, so none may linger"
    )
    dependencies = [("console", "0017_find_people")]
    operations = [migrations.RunPython(forget_names, migrations.RunPython.noop)]
