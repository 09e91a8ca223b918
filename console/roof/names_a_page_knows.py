"""Which parameters each page of a company knows. What else an address carries is named on the page: it was left out."""

from __future__ import annotations

from django.http import HttpRequest

from console.exports.addresses import OF_AN_EXPORT

DAY_KNOWN = {"on", "known"}
LIST = {"q", "page", "sort"}
EXPORT = set(OF_AN_EXPORT)
ESTIMATE = {"start", "price", "purchase", "units_*"}

PAGES: dict[str, set[str]] = {
    "credits:annual-credits": {*DAY_KNOWN, *EXPORT, "q", "offering", "state", "range", "table", "ahead", "suppose"},
    "credits:runway": {*DAY_KNOWN, *EXPORT, "suppose"},
    "credits:changes": {*EXPORT, "from", "to"},
    "credits:usage": {*DAY_KNOWN, *EXPORT},
    "credits:feature-history": {*DAY_KNOWN, *EXPORT},
    "credits:statements": {*EXPORT},
    "credits:statement": {*EXPORT},
    "credits:audit": {*EXPORT, "q", "page", "kind", "who", "days"},
    "credits:purchases": {*DAY_KNOWN, *EXPORT, *LIST, "kind", "of"},
    "credits:allocations": {*DAY_KNOWN, *EXPORT},
    "credits:add-allocation": {*DAY_KNOWN, "q"},
    "credits:allocation": {*DAY_KNOWN, *EXPORT, "line", "units", "release", "history", "units_*"},
    "credits:keep-using": DAY_KNOWN,
    "credits:plan": {*DAY_KNOWN, "q", "state", "scenario", "lower", "feature"},
    "credits:scenarios": {*DAY_KNOWN, *EXPORT},
    "credits:scenario": {*DAY_KNOWN, *EXPORT, "with"},
    "credits:requests": {*DAY_KNOWN, *EXPORT},
    "credits:request": DAY_KNOWN,
    "credits:requirements": {*DAY_KNOWN, *EXPORT, "q", "offering"},
    "credits:conversions": {*DAY_KNOWN, *EXPORT, "q", "kind"},
    "credits:solutions": {*DAY_KNOWN, *EXPORT, "q"},
    "credits:estimate": {*DAY_KNOWN, *EXPORT, *ESTIMATE, "add"},
    "credits:ask-sales": ESTIMATE,
    "credits:customers": {*DAY_KNOWN, *EXPORT, *LIST, "state"},
    "licensing:provider-access": EXPORT,
    "credits:pay-as-you-go": {*DAY_KNOWN, *EXPORT},
    "credits:manage-billing": DAY_KNOWN,
    "licensing:license-information": {*DAY_KNOWN, *EXPORT, *LIST, "status"},
    "licensing:license": {*DAY_KNOWN, *EXPORT},
    "licensing:receipt": {*DAY_KNOWN, *EXPORT},
    "licensing:notices": {*EXPORT, "show", "kind"},
    "licensing:company-settings": set(),
    "licensing:people": {"show", "q", "page"},
    "licensing:roles": {"role"},
    "licensing:company-tenants": set(),
    "explain": {*DAY_KNOWN, *EXPORT, "by"},
}
"""Page -> names of its parameters; one that ends with * stands for all that begin so.

A new page of a company has a row here: `DAY_KNOWN`, where it is one of a day, `EXPORT` where its tables can be exported, and what
it reads itself.
"""

MOST, LONGEST = 5, 40
"""So many names are told, and so much of each."""


def names_not_known(request: HttpRequest) -> list[str]:
    """The names in a page's address that it does not know, in their order; of a page that is not listed none. Free."""
    match = request.resolver_match
    known = PAGES.get(match.view_name) if match else None
    if known is None:
        return []
    begins = tuple(name.removesuffix("*") for name in known if name.endswith("*"))
    return [name[:LONGEST] for name in request.GET if name not in known and not (begins and name.startswith(begins))][:MOST]
