"""What was stated lately, with who and when: each can be taken back by stating what held before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.models import Act
from console.vendor import mail_texts
from console.vendor.to_tell import EVENTS

MOST = 20
WORDS: dict[str, Any] = {
    "name": gettext_lazy("Name"),
    "logo": gettext_lazy("Logo"),
    "sales": gettext_lazy("Sales contact"),
    "support": gettext_lazy("Support contact"),
    "accent-light": gettext_lazy("Accent in the light theme"),
    "accent-dark": gettext_lazy("Accent in the dark theme"),
    "apps": gettext_lazy("Address of all apps"),
}


@dataclass(frozen=True)
class Former:
    """One act. `changes` are what, before, after; long texts and pictures without their content."""

    act: UUID
    by: str
    at: datetime
    changes: list[tuple[str, str, str]]


def former_statements() -> list[Former]:
    """The latest, newest first. One statement."""
    acts = Act.objects.filter(scope="vendor", company_id=None, name="vendor.state").select_related("actor")
    return [_told(act) for act in acts.order_by("-recorded_at")[:MOST] if act.result.get("changed")]


def _told(act: Act) -> Former:
    before, after = act.result["before"], act.result["changed"]
    changes = [(in_words(about), _short(about, before[about]), _short(about, after[about])) for about in after]
    return Former(act.pk, str(act.actor or act.by_whom), act.recorded_at, changes)


def in_words(about: str) -> str:
    kind, _colon, rest = about.partition(":")
    if kind == "app":
        return _("App of %(feature)s") % {"feature": rest}
    if kind == "tell":
        event, _at, plan = rest.partition("@")
        return _("Told of “%(event)s”%(plan)s") % {"event": EVENTS.get(event, event), "plan": f", {plan}" if plan else ""}
    if kind == "mail":
        name, _colon, part = rest.rpartition(":")
        text = mail_texts.shipped(name)
        return _("Mail “%(label)s”, %(part)s") % {
            "label": text.label if text else name,
            "part": _("subject") if part == "subject" else _("text"),
        }
    return str(WORDS.get(about, about))


def _short(about: str, text: str) -> str:
    if not text:
        kind = about.partition(":")[0]
        return {"logo": _("none"), "tell": _("nobody"), "mail": _("as shipped"), "app": _("as in the catalogue")}.get(
            kind, _("as set")
        )
    if about == "logo":
        return _("a picture")
    return text if len(text) <= 120 else _("%(start)s…") % {"start": text[:100]}
