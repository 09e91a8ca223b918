"""What kind of line each act is in a company's audit log; and which acts its log leaves out, and why."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

ALLOCATIONS, LICENSES, PEOPLE, SIGN_INS, EXPORTS = "allocations", "licenses", "people", "sign-ins", "exports"
SUPPORT = "support"
"""No kind of its own: all that support did, of whichever kind."""
PROVIDER = "provider"
OTHERS = "others"

LABELS = {
    "": gettext_lazy("All"),
    ALLOCATIONS: gettext_lazy("Allocations"),
    LICENSES: gettext_lazy("Licenses"),
    PEOPLE: gettext_lazy("People"),
    SIGN_INS: gettext_lazy("Sign-ins"),
    EXPORTS: gettext_lazy("Exports"),
    SUPPORT: gettext_lazy("Support"),
    PROVIDER: gettext_lazy("Service provider"),
}

KIND_OF_FAMILY = {
    "allocation": ALLOCATIONS,
    "billing": ALLOCATIONS,
    "scenario": ALLOCATIONS,
    "request": ALLOCATIONS,
    "approvals": ALLOCATIONS,
    "usage": ALLOCATIONS,
    "price-list": ALLOCATIONS,
    "order": LICENSES,
    "license": LICENSES,
    "code": LICENSES,
    "activation": LICENSES,
    "company": PEOPLE,
    "person": PEOPLE,
    "people": PEOPLE,
    "roles": PEOPLE,
    "tenant": PEOPLE,
    "notice": PEOPLE,
    "customer": OTHERS,
    "figure": OTHERS,
    "sales": OTHERS,
    "import": OTHERS,
}
"""What stands before the dot in an act's name -> its kind. A test fails for an act of a family that is not here."""

LEFT_OUT = {
    "difference.read": "a list of support's own",
    "event.read": "a list of support's own",
    "desk.read": "a list of support's own",
    "case.undo": "of a case, which may concern several companies; what it undid here has lines of its own",
    "catalogue.load": "of the catalogue; what it did here is told by price-list.apply",
    "company.register": "of the register: it names no company in hand",
    "company.register-own": "of its person, before there was the company",
    "order.issue": "a purchase before it belongs to a company; its activation is told",
    "staff.add": "of the staff",
    "staff.set-roles": "of the staff",
    "vendor.state": "of the vendor",
    "person.choose-notices": "a person's own choice, for all their companies",
    "person.erase": "of the person; that they left the company is told",
}
"""Acts that no company's log tells, with the reason."""

OF_MEMBERS = ("person.end-sessions", "person.set-password")
"""Acts on a person, of no company, that the companies they belong to are told: support changed how they sign in."""


def kind_of(name: str) -> str:
    """Raises KeyError for an act of an unknown family."""
    return KIND_OF_FAMILY[name.partition(".")[0]]
