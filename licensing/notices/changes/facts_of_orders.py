"""The facts of notices that orders and licenses have in common: names, units and what they are worth."""

from __future__ import annotations

from django.utils.translation import gettext as _

from licensing.models import License, Order, Product
from licensing.notices.changes.what_changed import Standing
from licensing.rules.units_in_words import in_units


def names(order: Order, license: License) -> dict[str, str | int]:
    return {"license": str(license.pk), "name": order.name or license.product.name, "order": order.number}


def worth(license: License, units: int, credits: int) -> str:
    """The units, with the credits they are converted to where that is another number."""
    written = in_units(units, license.product.unit)
    if license.trial or not credits or (license.product.kind == Product.Kind.CREDITS and credits == units):
        return written
    return _("%(units)s (%(credits)s)") % {"units": written, "credits": in_units(credits, "credit")}


def worth_of(standing: Standing) -> str:
    return worth(standing.leader, standing.units, standing.worth)


def with_product(standing: Standing) -> str:
    """The product with its units: "Endpoint Core, 100 seats (4,500 credits)"; of a trial, that it is one."""
    words = _("%(product)s as a trial, %(units)s") if standing.trial else _("%(product)s, %(units)s")
    return words % {"product": standing.leader.product.name, "units": worth_of(standing)}
