"""Where the things of an explanation are found: on the pages of the company, or, by a subclass, on other pages."""

from __future__ import annotations

from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from credits.reading.explanations.explanation import Entry, Explanation, Group, Step
from licensing.models import Company
from licensing.pages.day_shown import AsOf


class Places:
    """Addresses of one company's pages, of the state that is shown. Each is empty for what has no page."""

    def __init__(self, company: Company, as_of: AsOf) -> None:
        self.company, self.as_of = company, as_of

    @property
    def slug(self) -> str:
        return self.company.slug

    def address(self, figure: str) -> str:
        """Of an explanation, without the state."""
        return reverse("explain", args=[self.slug, figure])

    @property
    def close(self) -> str:
        return reverse("credits:annual-credits", args=[self.slug]) + self.as_of.query

    def json(self, figure: str) -> str:
        return reverse("explain-json", args=[self.slug, figure]) + self.as_of.query

    def explained(self, figure: str, as_of: AsOf | None = None) -> str:
        return self.address(figure) + (as_of or self.as_of).query if figure else ""

    def of_step(self, step: Step) -> str:
        if step.on is None or not step.figure:
            return self.explained(step.figure)
        return self.explained(step.figure, replace(self.as_of, day=step.on))

    def stands(self, entry: Entry) -> str:
        """The page with the statement that posted it: of its license, or of its feature's allocation."""
        query = self.as_of.query
        if entry.license_id is not None:
            place = f"#statement-{entry.statement_id}" if entry.statement_id is not None else ""
            return reverse("licensing:license", args=[self.slug, entry.license_id]) + query + place
        if entry.feature and entry.statement_id is not None:
            return reverse("credits:allocation", args=[self.slug, entry.feature]) + f"{query}#feature-history"
        if entry.feature:
            return f"{reverse('credits:requirements', args=[self.slug])}{query}#feature-{entry.feature}"
        return ""

    def rate(self, entry: Entry) -> str:
        """The explanation of the requirement of its line, or the receipt of its converted license."""
        if entry.rate is None:
            return ""
        if entry.license_id is None:
            return self.explained(f"credit-requirement.{entry.feature}.{entry.line_slug}")
        if not entry.converted:
            return ""
        return reverse("licensing:receipt", args=[self.slug, entry.license_id]) + self.as_of.query

    def ways_on(self, group: Group, found: Explanation) -> list[tuple[str, str]]:
        """Where the things are that a group is of: a license, its order and receipt; a feature's allocation and requirement."""
        slug, as_of = self.slug, self.as_of
        if group.kind == "license":
            ways = [(_("License"), reverse("licensing:license", args=[slug, group.key]) + as_of.query)]
            if group.order:
                ways.append((_("Order"), as_of.with_(reverse("licensing:license-information", args=[slug]), q=group.order)))
            if any(each.converted for each in group.entries):
                ways.append((_("Receipt"), reverse("licensing:receipt", args=[slug, group.key]) + as_of.query))
            return ways
        if group.kind not in ("feature", "line"):
            return []
        feature = group.key.partition(".")[0]
        requirement = (_("Credit requirement"), f"{reverse('credits:requirements', args=[slug])}{as_of.query}#feature-{feature}")
        if found.figure.startswith("credit-requirement."):
            return [requirement]
        history = reverse("credits:allocation", args=[slug, feature]) + f"{as_of.query}#feature-history"
        return [(_("Allocation and its history"), history), requirement]
