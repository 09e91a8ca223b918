"""An htmx request whose session has ended goes to the sign-in page as a whole page; a form that was typed into stays."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import get_exception_reporter_filter

from console.security.session_ended_in_htmx import HtmxLoginMiddleware


def answer(location: str, **headers: str) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(location)

    request = RequestFactory().get(
        "/companies/aster/credits/annual/", headers={name.replace("_", "-"): headers[name] for name in headers}
    )
    return HtmxLoginMiddleware(view)(request)


def test_htmx_is_told_to_open_the_sign_in_page_and_to_come_back_to_the_page_that_was_open() -> None:
    sign_in = reverse("account_login")
    response = answer(
        f"{sign_in}?next=/fragment/", HX_Request="true", HX_Current_URL="http://testserver/companies/aster/?on=2026-01-01"
    )
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == f"{sign_in}?next=%2Fcompanies%2Faster%2F%3Fon%3D2026-01-01"


def test_a_form_that_htmx_sends_after_its_session_has_ended_stays_open_with_a_sentence() -> None:
    request = RequestFactory().post("/companies/aster/", headers={"HX-Request": "true"})
    request.user = AnonymousUser()
    sign_in = HttpResponseRedirect(reverse("account_login"))
    response = HtmxLoginMiddleware(lambda request: sign_in)(request)
    assert response.status_code == 403
    assert "HX-Redirect" not in response.headers
    assert "Sign in again in another tab" in response.content.decode()


@pytest.mark.parametrize("current", ["https://elsewhere.example/x", "", "nonsense"])
def test_it_never_returns_to_another_site(current: str) -> None:
    response = answer(f"{reverse('account_login')}?next=/mine/", HX_Request="true", HX_Current_URL=current)
    assert response.headers["HX-Redirect"].endswith("?next=%2Fmine%2F")


def test_other_redirects_and_plain_requests_pass() -> None:
    assert answer("/elsewhere/", HX_Request="true").status_code == 302
    assert answer(reverse("account_login")).status_code == 302


def test_an_error_report_hides_the_address_of_the_database() -> None:
    request = RequestFactory().get("/", DATABASE_URL="postgresql://someone:hush@host/name")
    shown = get_exception_reporter_filter(request).get_safe_request_meta(request)
    assert "hush" not in str(shown)
