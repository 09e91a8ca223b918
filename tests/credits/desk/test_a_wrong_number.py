"""Support mends a wrong number: found by its order's number, looked at, corrected; typed wrongly once more, named, undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.models import Act, recording_at
from tests.factories import make_company, make_license, make_user
from tests.markup import read

pytestmark = pytest.mark.django_db


def typed(desk: Client, url: str, **more: str) -> dict[str, str]:
    form = desk.get(url).context["form"]
    return {"key": str(form["key"].value()), "seen": form["seen"].value(), "reason_kind": "our-mistake", **more}


def confirmed(shown: Any, form: dict[str, str]) -> dict[str, str]:
    return {**form, "previewed": shown.context["effect"].fingerprint}


def test_a_direct_order_of_500_in_the_place_of_5_000_is_corrected_and_50_000_000_undone_while_yesterday_stays_as_known() -> None:
    company = make_company(name="Aster Foods", slug="aster")
    now = timezone.now()
    with recording_at(now - timedelta(days=3)):
        license = make_license(
            company=company,
            today=company.day_of(now - timedelta(days=3)),
            units=500,
            channel="direct",
            external_id="SO-2026-1184",
        )
    desk = Client()
    desk.force_login(make_user(email="support@vendor.example", is_staff=True, is_superuser=True))
    customer = Client()
    customer.force_login(make_user(company=company, roles=["owner"]))

    found = desk.get(reverse("desk:search"), {"q": "SO-2026-1184"}, follow=True)
    order = reverse("desk:order", args=[license.order_id])
    assert order in found.content.decode() or found.redirect_chain[-1][0].split("?")[0] == order
    correct = reverse("admin:licensing_license_act", args=[license.pk, "correct"])
    assert correct in desk.get(order).content.decode()

    def units(**query: str) -> list[int]:
        answer = customer.get(reverse("licensing:license-information", args=["aster"]), query)
        return [row.figures["license-units"] for row in read(answer).rows("license")]

    form = typed(desk, correct, units="5000")
    shown = desk.post(correct, form)
    assert "10 times as many units" in " ".join(shown.context["effect"].unusual)
    assert units() == [500], "to look at it changes nothing"
    assert desk.post(correct, {**confirmed(shown, form), "ticked": "1"}).status_code == 302
    assert units() == [5_000]

    form = typed(desk, correct, units="50000000")
    shown = desk.post(correct, form)
    assert "10,000 times as many units" in " ".join(shown.context["effect"].unusual)
    assert desk.post(correct, confirmed(shown, form)).status_code == 422, "it is asked about"
    assert units() == [5_000]
    assert desk.post(correct, {**confirmed(shown, form), "ticked": "1"}).status_code == 302
    assert units() == [50_000_000]

    undo = reverse("desk:undo", args=[Act.objects.filter(name="license.correct").latest("recorded_at").pk])
    form = typed(desk, undo)
    assert desk.post(undo, {**confirmed(desk.get(undo), form), "ticked": "1"}).status_code == 302
    assert units() == [5_000]

    yesterday = now - timedelta(days=1)
    day = str(company.day_of(yesterday))
    assert units(on=day) == [5_000], "by all that is recorded now, from its first day on"
    assert units(on=day, known=yesterday.isoformat()) == [500], "as it was known yesterday"
