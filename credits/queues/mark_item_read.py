"""Act: say that support knows of a thing on its list, and in which words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from credits.models import DeskItem
from licensing.access import require_support


@as_act
def mark_item_read(item: DeskItem, *, words: str, by: Actor, key: str) -> DeskItem:
    """It leaves what is to do, and stays on the list with who said what and when. Of support's own record, of no company's.

    Refused without words, and where somebody was first. What is over and comes anew is unread again.
    """
    require_support(by)
    act = Act.begin("desk.read", scope="desk", key=key, by=by, reason=words, stated={"item": item.pk})
    if act.done:
        return item
    if not words.strip():
        raise Refused(_("Say in a few words what you know of it, for whoever reads it next."), field="words")
    row = DeskItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if row.read_act_id is not None:
        raise Refused(_("Somebody has marked it read already."))
    facts = {"item": row.pk, "kind": row.kind, "subject": row.subject}
    row.read_act = act.finish(**facts)
    row.save(update_fields=["read_act"])
    return row
