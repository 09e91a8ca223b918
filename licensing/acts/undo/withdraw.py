"""Within an act that undoes another: what that said about an order's licenses is withdrawn, and what it kept in use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from console.models import ActInProgress
from licensing import credit_questions
from licensing.acts.post_supply import post_supply
from licensing.models import Company, License, LicenseStatement, Order, Product
from licensing.rules.undo.statements_that_stand import last_of_chain


def statements_of(order: Order, company: Company) -> list[LicenseStatement]:
    """All about its licenses, in the order they were recorded, with what tells who said them. One statement."""
    return list(
        LicenseStatement.objects.filter(company=company, license__order=order, license__company=company)
        .select_related("act__actor", "license__product", "license__order")
        .order_by("recorded_at", "id")
    )


def withdraw(doing: ActInProgress, of_order: Sequence[LicenseStatement], undoes: UUID, today: date) -> tuple[list[License], bool]:
    """Add a row for each statement of `undoes`, and post what comes of it: its licenses, by id, and whether it said anything."""
    rows = [each for each in of_order if each.act_id == undoes]
    recorded = [each.said for each in of_order]
    LicenseStatement.objects.bulk_create(
        LicenseStatement(
            license=each.license,
            kind=LicenseStatement.Kind.WITHDRAWN,
            effective_on=each.effective_on,
            withdraws_id=last_of_chain(recorded, each.pk),
            **doing.stamp(),
        )
        for each in rows
    )
    licenses = sorted({each.license_id: each.license for each in rows}.values(), key=lambda each: each.pk)
    if licenses:
        post_supply(doing, licenses)
    if any(each.product.kind == Product.Kind.PAY_AS_YOU_GO for each in licenses):
        credit_questions.contract_changed(doing, today)
    kept = credit_questions.take_back_what_was_kept(doing, undoes)
    return licenses, bool(rows) or kept
