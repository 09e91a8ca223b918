"""The admin: no complaint, and axe finds nothing but what Django's own widgets bring, as docs/admin.md lists it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from credits.demo.people import SUPPORT
from licensing.models import Company, License, Order
from tests.browser.conftest import SERVED_PAGES, Visit
from tests.browser.test_pages import AXE, findings

pytestmark = SERVED_PAGES

PAGES = [
    "/admin/",
    "/admin/licensing/order/",
    "/admin/licensing/order/{order}/change/",
    "/admin/licensing/order/{order}/acts/top-up/",
    "/admin/licensing/order/{order}/acts/transfer/",
    "/admin/licensing/license/{license}/change/",
    "/admin/licensing/company/{company}/change/",
    "/admin/credits/allocationentry/",
    "/admin/marketplaces/",
    "/admin/price-lists/",
    "/admin/licensing/difference/",
    "/admin/licensing/marketplaceplan/add/",
    "/admin/console/act/",
    "/admin/console/user/",
]
LISTED = set(re.findall(r"^\| `([a-z-]+)`:", Path("docs/admin.md").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", PAGES)
def test_admin_page(visit: Visit, path: str) -> None:
    company = Company.objects.get(slug="aster")
    path = path.format(
        company=company.pk,
        order=Order.objects.get(external_id="AZ-48213").pk,
        license=License.objects.filter(company=company).earliest("pk").pk,
    )
    page = visit(path, SUPPORT)
    page.evaluate(AXE)
    for scheme, width in (("light", 1440), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        others = [each for each in findings(page) if each.split(":")[0] not in LISTED]
        assert others == [], f"{scheme}, at {width} px"
