"""What came of a plan that was saved or applied, in words, with the way to undo it as a whole."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.status_message import StatusMessage
from console.templatetags.formats import credits as written
from console.templatetags.formats import signed
from credits.acts.planning.set_many import ManySet
from credits.pages.allocation.what_came_of_it import way_to_undo
from licensing.errors import in_words
from licensing.models import Company

NAMES_TOLD = 2


def set_together(company: Company, done: ManySet, today: object, *, verb: str = "") -> StatusMessage:
    """Of a plan: how many features, the credits it changed, and the balance of its day; `verb` where it is no own plan."""
    features = len(done.features)
    said = {
        "features": ", ".join(done.features)
        if features <= NAMES_TOLD
        else ngettext("%(count)s feature", "%(count)s features", features) % {"count": features},
        "effect": _("%(change)s credits") % {"change": signed(done.change)} if done.change else _("credits as before"),
        "balance": written(done.balance_after),
        "day": in_words(done.day),
        "name": done.scenario,
    }
    if done.day == today:
        words = _("%(features)s, %(effect)s. Balance %(balance)s.") % said
    else:
        words = _("%(features)s from %(day)s, %(effect)s. Balance then %(balance)s.") % said
    done_as = _("Applied %(name)s") % said if done.scenario else _("Saved") if done.day == today else _("Plan saved")
    return StatusMessage(verb or done_as, words, way_to_undo(company, done.slug, done.act))
