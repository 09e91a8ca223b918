"""The kinds of notices that an act brings: what became of an order, before and after, in the words of who is told.

All have what the act took hold of as facts: `changed_on`, the first day, `before` and `after` in units with their worth. They go
to owners and license administrators, and to credit managers where the credits of the company are others by it.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from licensing.models.roles_and_what_they_may import Permission
from licensing.notices.kinds import ASK, BALANCE, NoticeKind, register


def _kind(name: str, label: Any, **what: Any) -> NoticeKind:
    return NoticeKind(
        name=name,
        label=label,
        **{
            "told_to": Permission.LICENSING,
            "told_of_credits": Permission.ALLOCATE,
            "asks_for_action": False,
            "tone": "info",
            "contact": "support",
            "page": "licensing:license",
            "page_fact": "license",
            **what,
        },
    )


ACTIVATED = _kind(
    "activated",
    gettext_lazy("Activated"),
    icon="circle-check",
    title=gettext_lazy("%(name)s was activated"),
    sentence=gettext_lazy("%(by)s activated order %(order)s: %(worth)s, from %(starts_on)s up to and including %(last_on)s."),
    next_step=gettext_lazy("The license’s page has the details. If nobody of your company expected this purchase, ask us."),
    ways=(ASK,),
)
UNITS_UP = _kind(
    "units-up",
    gettext_lazy("More units"),
    icon="arrow-up",
    title=gettext_lazy("%(name)s went up from %(before)s to %(after)s"),
    sentence=gettext_lazy(
        "%(by)s raised order %(order)s: from %(changed_on)s on it has %(after)s instead of %(before)s.%(further)s"
    ),
    next_step=gettext_lazy("The license’s page has the details. If nobody of your company asked for it, ask us."),
    ways=(ASK,),
)
UNITS_DOWN = _kind(
    "units-down",
    gettext_lazy("Fewer units"),
    icon="arrow-down",
    tone="warning",
    title=gettext_lazy("%(name)s went down from %(before)s to %(after)s"),
    sentence=gettext_lazy(
        "%(by)s lowered order %(order)s: from %(changed_on)s on it has %(after)s instead of %(before)s.%(further)s"
    ),
    next_step=gettext_lazy("Check the balance of your credits. If nobody of your company asked for it, ask us."),
    ways=(BALANCE, ASK),
)
PLAN_CHANGED = _kind(
    "plan-changed",
    gettext_lazy("Plan changed"),
    icon="switch-horizontal",
    title=gettext_lazy("%(name)s has another plan from %(changed_on)s on"),
    sentence=gettext_lazy(
        "%(by)s changed the plan of order %(order)s: "
        "from %(changed_on)s on it is %(product_after)s, instead of %(product_before)s."
    ),
    next_step=gettext_lazy("Check the balance of your credits. If nobody of your company asked for it, ask us."),
    ways=(BALANCE, ASK),
)
RENEWED = _kind(
    "renewed",
    gettext_lazy("Renewed"),
    icon="calendar-event",
    title=gettext_lazy("%(name)s is renewed up to and including %(last_on)s"),
    sentence=gettext_lazy(
        "%(by)s renewed order %(order)s: %(after)s, from %(changed_on)s up to and including %(last_on)s. "
        "The term before has %(before)s, up to and including %(last_before_on)s."
    ),
    next_step=gettext_lazy("The license’s page has the details. If nobody of your company expected it, ask us."),
    ways=(ASK,),
)
RENEWAL_ON = _kind(
    "renewal-on",
    gettext_lazy("Renewal switched on"),
    told_of_credits=None,
    icon="calendar-event",
    title=gettext_lazy("The renewal of %(name)s was switched on"),
    sentence=gettext_lazy(
        "%(by)s switched the renewal of order %(order)s on; it was off. "
        "%(after)s count up to and including %(last_on)s, and are to be renewed then."
    ),
    next_step=gettext_lazy("Nothing needs to be done. If nobody of your company asked for it, ask us."),
    ways=(ASK,),
)
RENEWAL_OFF = _kind(
    "renewal-off",
    gettext_lazy("Renewal switched off"),
    told_of_credits=None,
    icon="calendar-event",
    tone="warning",
    title=gettext_lazy("The renewal of %(name)s was switched off"),
    sentence=gettext_lazy(
        "%(by)s switched the renewal of order %(order)s off; it was on. "
        "%(after)s count up to and including %(last_on)s, and are not renewed then."
    ),
    next_step=gettext_lazy("If you need it for longer, switch its renewal on before that day where it was bought, or ask us."),
    ways=(ASK,),
)
SUSPENDED = _kind(
    "suspended",
    gettext_lazy("Suspended"),
    asks_for_action=True,
    icon="player-pause",
    tone="danger",
    title=gettext_lazy("%(name)s has been suspended since %(suspended_on)s"),
    sentence=gettext_lazy("%(units)s of order %(order)s do not count until the order is reinstated."),
    next_step=gettext_lazy(
        "An order is usually suspended because a payment failed: settle it where the order was bought, and it is reinstated."
    ),
    ways=(ASK,),
)
REINSTATED = _kind(
    "reinstated",
    gettext_lazy("Reinstated"),
    icon="circle-check",
    title=gettext_lazy("%(name)s counts again from %(changed_on)s on"),
    sentence=gettext_lazy("%(by)s reinstated order %(order)s: %(after)s count again, up to and including %(last_on)s."),
    next_step=gettext_lazy("Nothing needs to be done: what was allocated stayed allocated."),
)
CANCELLED = _kind(
    "cancelled",
    gettext_lazy("Cancelled"),
    asks_for_action=True,
    icon="circle-x",
    tone="danger",
    title=gettext_lazy("%(name)s is cancelled from %(cancelled_on)s on"),
    sentence=gettext_lazy("%(worth)s of order %(order)s no longer count from that day on."),
    next_step=gettext_lazy(
        "Check the balance of your credits. If nobody of your company cancelled it where it was bought, ask us."
    ),
    ways=(BALANCE, ASK),
)
TRANSFERRED_AWAY = _kind(
    "transferred-away",
    gettext_lazy("Moved to another company"),
    asks_for_action=True,
    icon="corner-down-right",
    tone="danger",
    title=gettext_lazy("%(name)s was moved to another company"),
    sentence=gettext_lazy(
        "%(by)s moved order %(order)s to another company: from %(changed_on)s on, %(before)s no longer count in yours."
    ),
    next_step=gettext_lazy("Check the balance of your credits. If nobody of your company agreed to it, ask us."),
    ways=(BALANCE, ASK),
)
TRANSFERRED_HERE = _kind(
    "transferred-here",
    gettext_lazy("Moved to your company"),
    icon="corner-down-right",
    title=gettext_lazy("%(name)s was moved to your company"),
    sentence=gettext_lazy(
        "%(by)s moved order %(order)s here from another company: %(after)s, from %(changed_on)s up to and including %(last_on)s."
    ),
    next_step=gettext_lazy("The license’s page has the details. If nobody of your company expected it, ask us."),
    ways=(ASK,),
)
CORRECTED = _kind(
    "corrected",
    gettext_lazy("Corrected"),
    icon="receipt",
    title=gettext_lazy("%(name)s was corrected"),
    sentence=gettext_lazy("%(by)s corrected what is recorded of order %(order)s: %(corrections)s."),
    next_step=gettext_lazy("Check the balance of your credits. If it is not what you agreed with us, ask us."),
    ways=(BALANCE, ASK),
)
EXTENDED = _kind(
    "extended",
    gettext_lazy("Extended"),
    icon="calendar-event",
    title=gettext_lazy("%(name)s is extended up to and including %(last_on)s"),
    sentence=gettext_lazy(
        "%(by)s extended order %(order)s as agreed: %(after)s count up to and including %(last_on)s, "
        "instead of %(last_before_on)s."
    ),
    next_step=gettext_lazy("Nothing needs to be done. If nobody of your company agreed to it, ask us."),
    ways=(ASK,),
)
UNDONE = _kind(
    "undone",
    gettext_lazy("Change withdrawn"),
    icon="arrow-back-up",
    title=gettext_lazy("A change of %(name)s was withdrawn"),
    sentence=gettext_lazy(
        "%(by)s took back a change of order %(order)s: from %(changed_on)s on, %(after)s count, as before that change."
    ),
    next_step=gettext_lazy("Check the balance of your credits. If it is not what you agreed with us, ask us."),
    ways=(BALANCE, ASK),
)

CHANGES = (
    ACTIVATED,
    UNITS_UP,
    UNITS_DOWN,
    PLAN_CHANGED,
    RENEWED,
    RENEWAL_ON,
    RENEWAL_OFF,
    SUSPENDED,
    REINSTATED,
    CANCELLED,
    TRANSFERRED_AWAY,
    TRANSFERRED_HERE,
    CORRECTED,
    EXTENDED,
    UNDONE,
)


def register_kinds() -> None:
    register(*CHANGES)
