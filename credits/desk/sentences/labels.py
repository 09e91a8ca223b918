"""Kinds of acts in a word or two, for lists that one chooses from."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from licensing.reading.entries_in_words import ENTRY_TEXTS

LABELS: dict[str, Any] = {
    **ENTRY_TEXTS,
    "order.issue": gettext_lazy("Purchase recorded"),
    "case.undo": gettext_lazy("Case undone"),
    "staff.add": gettext_lazy("Staff added"),
    "staff.set-roles": gettext_lazy("Roles of staff set"),
    "desk.read": gettext_lazy("Marked as read"),
    "vendor.state": gettext_lazy("Vendor’s own changed"),
    "order.switch-renewal": gettext_lazy("Renewal switched"),
    "order.choose-use": gettext_lazy("Use kept or left"),
    "order.carry-use": gettext_lazy("Use carried over"),
    "code.issue": gettext_lazy("Code issued"),
    "code.withdraw": gettext_lazy("Code withdrawn"),
    "code.reveal": gettext_lazy("Code looked at"),
    "code.copy": gettext_lazy("Code copied"),
    "activation.begin": gettext_lazy("Activation confirmed"),
    "activation.resume": gettext_lazy("Activation set going again"),
    "difference.read": gettext_lazy("Difference marked as read"),
    "event.read": gettext_lazy("Event marked as read"),
    "allocation.set": gettext_lazy("Allocation set"),
    "allocation.set-many": gettext_lazy("Allocations set together"),
    "allocation.withdraw": gettext_lazy("Plan withdrawn"),
    "allocation.undo": gettext_lazy("Change undone"),
    "billing.switch": gettext_lazy("Billing model switched"),
    "usage.observe": gettext_lazy("Units in use recorded"),
    "scenario.keep": gettext_lazy("Scenario kept"),
    "scenario.drop": gettext_lazy("Scenario dropped"),
    "scenario.apply": gettext_lazy("Scenario applied"),
    "request.ask": gettext_lazy("Units asked for"),
    "request.lower": gettext_lazy("Request lowered"),
    "request.approve": gettext_lazy("Request approved"),
    "request.refuse": gettext_lazy("Request refused"),
    "request.withdraw": gettext_lazy("Request withdrawn"),
    "approvals.state": gettext_lazy("Approvals stated"),
    "sales.ask": gettext_lazy("Sales asked"),
    "catalogue.load": gettext_lazy("Price list loaded"),
    "price-list.apply": gettext_lazy("Price list applied"),
    "company.register": gettext_lazy("Company registered"),
    "company.register-own": gettext_lazy("Company registered by its owner"),
    "company.time-zone": gettext_lazy("Time zone stated"),
    "company.roles": gettext_lazy("Roles set"),
    "company.rename": gettext_lazy("Company renamed"),
    "company.require-factor": gettext_lazy("Second factor required"),
    "company.require-no-factor": gettext_lazy("Second factor required no more"),
    "company.notices-of-new-members": gettext_lazy("Notices of new members stated"),
    "company.provider-viewer": gettext_lazy("Provider viewer set"),
    "company.provider-access": gettext_lazy("Closed or opened to the service provider"),
    "customer.threshold": gettext_lazy("Threshold of a customer stated"),
    "people.invite": gettext_lazy("Somebody invited"),
    "people.send-again": gettext_lazy("Invitation sent again"),
    "people.withdraw-invitation": gettext_lazy("Invitation withdrawn"),
    "people.join": gettext_lazy("Joined by an invitation"),
    "people.leave": gettext_lazy("Left the company"),
    "roles.ask": gettext_lazy("Role asked for"),
    "roles.decide": gettext_lazy("Role approved or refused"),
    "tenant.state": gettext_lazy("Tenant stated"),
    "tenant.verify": gettext_lazy("Tenant verified"),
    "tenant.new-people": gettext_lazy("New people of a tenant stated"),
    "tenant.remove": gettext_lazy("Tenant removed"),
    "company.ask-to-join": gettext_lazy("Asked to join"),
    "company.answer-to-join": gettext_lazy("Request to join answered"),
    "company.join-from-tenant": gettext_lazy("Joined from a tenant"),
    "figure.report": gettext_lazy("Figure reported"),
    "person.choose-notices": gettext_lazy("Notices chosen"),
    "person.end-sessions": gettext_lazy("Signed out by support"),
    "person.set-password": gettext_lazy("Password set by support"),
    "person.erase": gettext_lazy("Person erased"),
    "notice.resend": gettext_lazy("Notice sent again"),
}
"""Name of an act -> what it is. A test fails for an act without."""


def label_of(name: str) -> str:
    """The name itself of an act that the code does no more."""
    return str(LABELS.get(name, name))
