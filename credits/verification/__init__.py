"""The auditor: recomputes from the statements what the entries must say, and checks what else the database promises.

It shares no code with the acts, so that a mistake in a rule shows as a difference instead of being repeated: the rules are
written again in `profiles`, from the design. It imports models only (a test holds it to that). No checkpoint exists today,
so there is none to compare; whoever adds one adds its check here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from credits.verification.difference import Difference
from credits.verification.guards_and_references import check_guards, check_tenant_references
from credits.verification.kept_units import check_kept_units
from credits.verification.profile_checks import check_license_profiles, check_line_profiles
from credits.verification.read_books import Books, Catalogue, read_books, read_catalogue
from credits.verification.relations_of_licenses import (
    check_cancellations,
    check_plan_changes,
    check_relations,
    check_renewals,
    check_top_ups,
)
from credits.verification.single_facts import (
    check_acts,
    check_allocation_statements,
    check_billing_changes,
    check_catalogue_rows,
    check_entries_change_something,
    check_facts_of_acts,
    check_issued_once,
    check_license_withdrawals,
    check_orders,
    check_references,
    check_statement_credits,
    check_undos,
)
from credits.verification.terms_and_units import (
    check_corrected_units,
    check_one_term_a_day,
    check_terms_renewed_once,
    check_units_in_all,
)
from licensing.models import Company

__all__ = ["CHECKS_OF_A_COMPANY", "CHECKS_OF_THE_DATABASE", "Audit", "Difference"]

CHECKS_OF_THE_DATABASE: tuple[Callable[[], Iterable[Difference]], ...] = (check_guards, check_tenant_references)

CHECKS_OF_A_COMPANY: tuple[Callable[[Books], Iterable[Difference]], ...] = (
    check_acts,
    check_facts_of_acts,
    check_issued_once,
    check_entries_change_something,
    check_statement_credits,
    check_orders,
    check_relations,
    check_top_ups,
    check_renewals,
    check_plan_changes,
    check_cancellations,
    check_terms_renewed_once,
    check_one_term_a_day,
    check_units_in_all,
    check_corrected_units,
    check_allocation_statements,
    check_undos,
    check_license_withdrawals,
    check_billing_changes,
    check_kept_units,
    check_license_profiles,
    check_line_profiles,
)


class Audit:
    """One audit of some companies. Reads a constant number of statements per company; `counts` says how much was compared.

    Run it inside one snapshot: what it reads in several statements must belong together.
    """

    def __init__(self, companies: Iterable[Company], *, begins: Callable[[Company], None] = lambda company: None) -> None:
        self.companies = companies
        self.begins = begins
        self.counts: Counter[str] = Counter()

    def differences(self) -> Iterator[Difference]:
        """All differences, one by one, the database's own first. Stop taking them to stop the audit."""
        for check in CHECKS_OF_THE_DATABASE:
            yield from check()
        catalogue = read_catalogue()
        yield from check_catalogue_rows(catalogue)
        for company in self.companies:
            self.begins(company)
            yield from self._differences_of(company, catalogue)

    def _differences_of(self, company: Company, catalogue: Catalogue) -> Iterator[Difference]:
        books = read_books(company, catalogue)
        self.counts["companies"] += 1
        self.counts["licenses"] += len(books.licenses)
        self.counts["entries"] += len(books.license_entries) + len(books.allocation_entries)
        broken = list(check_references(books))
        yield from broken
        if not broken:  # else the other checks would follow references that lead nowhere
            for check in CHECKS_OF_A_COMPANY:
                yield from check(books)
        self.counts["lines"] += len(books.lines)
        self.counts["days compared"] += books.days_compared
