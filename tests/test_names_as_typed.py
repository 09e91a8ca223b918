"""Names in every script, from where they are typed to where they are read: taken, shown as typed, found by search."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from console.models import Act, User
from credits.acts.price_list.load_price_list import load_price_list
from credits.catalogue.files_and_rows import PRODUCTS, REFERENCE_FOLDER, CatalogueError
from credits.catalogue.read_catalogue import read_catalogue
from credits.models import Feature
from licensing.models import Company, Order, Product
from tests.console.test_allowed_text import SCOTLAND
from tests.factories import SYSTEM, TODAY, make_company, make_feature, make_license, make_user, new_key
from tests.markup import read
from tests.pages import address_of, browser_of, clock_at
from tests.pressing_twice import Confirming

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("names as typed")]  # what they share is written once

NAMES = {
    "Persian": "شرکت می\u200cخواهم",
    "Sinhala": "ශ්\u200dරී ලංකා",
    "Japanese": "株式会社\u3000山田",
    "family": "👨\u200d👩\u200d👧\u200d👦 Familie",
    "Scotland": f"{SCOTLAND} Alba",
    "no-break": "Contoso\u00a0Suite\u202f7",
}
INVISIBLE = "abcd\u202eefgh"
SAID = "The 5th character is U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen."


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def support(client: Client) -> Client:
    client = Confirming()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return unescape(answer.content.decode())


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_company_is_named_as_typed_and_found_by_support(support: Client, name: str) -> None:
    form = {"name": name, "slug": "named", "business_id": f"HRB {name}"[:60], "time_zone": "Asia/Singapore", "key": new_key()}
    answer = support.post(reverse("admin:licensing_company_add"), form)
    assert answer.status_code == 302
    company = Company.objects.get(slug="named")
    assert (company.name, company.business_id) == (name, f"HRB {name}")
    listed = shown(support, f"{reverse('admin:licensing_company_changelist')}?q={quote(name.split()[0])}")
    assert name in listed
    viewer = browser_of(make_user(company=company, roles=["viewer"]))
    assert name in shown(viewer, address_of("licensing:license-information", company))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_an_order_is_named_as_typed_and_found_by_its_company_and_by_support(support: Client, name: str) -> None:
    company = make_company()
    make_license(company=company, name=name)
    make_license(company=company, name="Somebody else’s")
    client = browser_of(make_user(company=company, roles=["viewer"]))
    page = shown(client, address_of("licensing:license-information", company, q=name))
    assert f">{name}<" in page.replace("\n", "").replace("> ", ">") or name in page
    assert "Somebody else’s" not in page
    assert "Somebody else’s" in shown(client, address_of("licensing:license-information", company))
    order = Order.objects.get(name=name)
    assert order.external_id in shown(support, f"{reverse('admin:licensing_order_changelist')}?q={quote(name)}")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_person_is_named_as_typed_and_found(support: Client, name: str) -> None:
    fields = {"email": "named@example.com", "name": name, "usable_password": "false"}
    answer = support.post(reverse("admin:console_user_add"), fields)
    assert answer.status_code == 302
    person = User.objects.get(email="named@example.com")
    assert person.name == name
    assert "named@example.com" in shown(support, f"{reverse('admin:console_user_changelist')}?q={quote(name.split()[0])}")
    assert name in shown(browser_of(person), reverse("account_notices"))


def allocated(client: Client, company: Company, feature: Feature, note: str) -> Any:
    """The answer to five units of the feature, with a note, sent by its form."""
    address = address_of("credits:allocation", company, feature.slug)
    values = read(client.get(address)).by_id("allocation-form").values()
    return client.post(address, {**values, f"units_{feature.lines.get().pk}": "5", "note": note})


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_note_of_an_allocation_is_kept_as_typed_and_found(support: Client, name: str) -> None:
    company, feature = make_company(), make_feature()
    make_license(company=company)
    client = browser_of(make_user(company=company, roles=["credit-manager"]))
    answer = allocated(client, company, feature, f"{name}\n{name}")
    assert answer.status_code == 302
    act = Act.objects.for_company(company).get(name="allocation.set")
    assert act.note.splitlines() == [name, name]
    assert str(act.pk) in shown(support, f"{reverse('admin:console_act_changelist')}?q={quote(name.split()[0])}")


def folder_with(names: list[str], folder: Path) -> Path:
    """The reference catalogue in which the first products have other names."""
    shutil.copytree(REFERENCE_FOLDER, folder)
    rows = list(csv.reader((folder / PRODUCTS).read_text(encoding="utf-8-sig").splitlines()))
    for row, name in zip(rows[1:], names, strict=False):
        row[1] = name
    with (folder / PRODUCTS).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return folder


def test_a_product_is_named_as_the_catalogue_names_it_and_found(support: Client, tmp_path: Path) -> None:
    load_price_list(read_catalogue(folder_with(list(NAMES.values()), tmp_path / "catalogue")), by=SYSTEM, key=new_key())
    assert set(NAMES.values()) <= set(Product.objects.values_list("name", flat=True))
    company = make_company()
    client = browser_of(make_user(company=company, roles=["viewer"]))
    for name in NAMES.values():
        product = Product.objects.get(name=name)
        assert product.sku in shown(support, f"{reverse('admin:licensing_product_changelist')}?q={quote(name.split()[0])}")
        make_license(company=company, product=product)
    for name in NAMES.values():
        assert name in shown(client, address_of("licensing:license-information", company, q=name))


def test_what_cannot_be_seen_is_refused_everywhere_with_its_name_and_place(support: Client, tmp_path: Path) -> None:
    company, feature = make_company(), make_feature()
    make_license(company=company)
    manager = browser_of(make_user(company=company, roles=["credit-manager"]))
    register = {"name": INVISIBLE, "slug": "bad", "business_id": "1", "time_zone": "UTC", "key": new_key()}
    person = {"email": "n@example.com", "name": INVISIBLE, "usable_password": "false"}
    answers = [
        support.post(reverse("admin:licensing_company_add"), register),
        support.post(reverse("admin:console_user_add"), person),
        allocated(manager, company, feature, INVISIBLE),
    ]
    for answer in answers:
        assert SAID in unescape(answer.content.decode())
    # Django's own form of a person answers 200.
    assert [answer.status_code for answer in answers] == [422, 200, 422]
    assert not User.objects.filter(name=INVISIBLE).exists()
    with pytest.raises(CatalogueError, match=r"has U.202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen, as character 5"):
        read_catalogue(folder_with([INVISIBLE], tmp_path / "catalogue"))
