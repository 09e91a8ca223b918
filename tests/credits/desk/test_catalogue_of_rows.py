"""The admin as the catalogue of rows: in the console's tokens, in four groups, with a way to the workbench on every page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import reverse

from credits.admin.groups import GROUPS
from licensing.models import License
from tests.factories import make_license, make_user
from tests.markup import read
from tests.pages import browser_of

TOKEN = re.compile(r"--([\w-]+): (light-dark\([^()]*(?:\([^()]*\)[^()]*)*\))")


def tokens_of(sheet: str) -> dict[str, str]:
    return dict(TOKEN.findall((settings.BASE_DIR / "static/css" / sheet).read_text()))


def test_each_token_of_the_catalogue_has_the_value_it_has_in_the_console() -> None:
    console = tokens_of("console.css")
    assert len(tokens_of("admin.css")) >= 15
    for name, value in tokens_of("admin.css").items():
        assert console[name] == value, name


def test_every_group_names_models_that_are_there() -> None:
    listed = {model.__name__ for model in admin.site._registry}
    for name, models in GROUPS.items():
        assert set(models) <= listed, name


@pytest.fixture
def client() -> Any:
    return browser_of(make_user(name="Sam Rivers", is_staff=True, is_superuser=True))


@pytest.mark.django_db
def test_all_rows_stand_in_four_groups_and_every_page_leads_to_the_workbench(client: Any) -> None:
    license = make_license()
    index = client.get(reverse("admin:index"))
    groups = index.context["app_list"]
    assert [str(group["name"]) for group in groups] == ["Customers", "Purchases", "Marketplaces", "Records"]
    assert sum(len(group["models"]) for group in groups) == len(admin.site._registry)
    for address in (
        reverse("admin:index"),
        reverse("admin:licensing_license_changelist"),
        reverse("admin:licensing_license_change", args=[license.pk]),
        reverse("admin:app_list", args=["licensing"]),
        reverse("support:marketplaces"),
    ):
        assert read(client.get(address)).link("Workbench") == reverse("desk:home"), address


@pytest.mark.django_db
def test_rows_write_days_and_instants_as_the_console_does(client: Any) -> None:
    license: License = make_license(units=90_000)
    recorded = license.recorded_at.strftime("%b %-d, %Y, %H:%M UTC")
    assert recorded in read(client.get(reverse("admin:licensing_licensestatement_changelist"))).text
    assert recorded in read(client.get(reverse("admin:licensing_license_change", args=[license.pk]))).text
    assert "90,000" in read(client.get(reverse("admin:licensing_order_changelist"))).text
