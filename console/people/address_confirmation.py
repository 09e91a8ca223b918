"""The page on which somebody who signed up confirms the address, with the code that was sent there."""

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


@login_not_required
def confirm_address(request: HttpRequest) -> HttpResponse:
    """For somebody who has signed in there is nothing to confirm; the package would lead to a page that is not routed here."""
    if request.user.is_authenticated:
        return redirect("home")
    return account.email_verification_sent(request)
