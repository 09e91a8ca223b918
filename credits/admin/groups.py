"""The four groups of the catalogue of rows, as its first page and its sidebar list them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from credits.desk.frame import SECTIONS

CUSTOMERS = (
    "Company CompanyTimeZone CompanyStatement Membership SignInTenant JoinRequest User Authenticator SocialAccount "
    "SignIn Notice NoticeDelivery ProviderLook AllocationStatement AllocationEntry KeptUnits BillingModelChange "
    "Scenario ThresholdStatement Invitation RoleRequest UnitsRequest RequestEvent ApprovalRule UnitsInUse"
)
PURCHASES = (
    "Order License LicenseStatement LicenseEntry UseChoice ActivationCode WrongCode Product ConversionRate Offering Feature "
    "CreditRequirement CreditRate PayAsYouGoPrice SeatUse PriceListRun"
)
MARKETPLACES = "Subscription Activation MarketplacePlan MarketplaceEvent Reconciliation Difference ConnectionNote"
GROUPS = {"customers": CUSTOMERS.split(), "purchases": PURCHASES.split(), "marketplaces": MARKETPLACES.split(), "records": []}
"""Models by the part of the workbench that works on them, in the order in which they are looked for; records are all others."""

by_app = admin.site.get_app_list


def in_groups(request: HttpRequest, app_label: str | None = None) -> list[Any]:
    """What the person may see, by group; of one app as Django lists it."""
    apps = by_app(request, app_label)
    if app_label is not None:
        return apps
    models = {model["object_name"]: model for app in apps for model in app["models"]}
    named = {model: name for name, wanted in GROUPS.items() for model in wanted}
    groups = []
    for name, wanted in GROUPS.items():
        listed = [models[each] for each in wanted if each in models]
        if name == "records":
            listed = sorted((each for key, each in models.items() if key not in named), key=lambda each: str(each["name"]))
        if listed:
            word, _address, _icon = SECTIONS[name]
            url = f"{reverse('admin:index')}#{name}" if name == "records" else reverse(SECTIONS[name][1])
            groups.append({"name": word, "app_label": name, "app_url": url, "has_module_perms": True, "models": listed})
    return groups


admin.site.get_app_list = in_groups  # type: ignore[method-assign]
admin.site.index_title = gettext_lazy("Rows")
