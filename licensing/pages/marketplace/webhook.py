"""The address to which marketplaces send notifications."""

from __future__ import annotations

import re

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from console.company_in_hand import for_all
from licensing.pages.marketplace.landing import _sold_here
from licensing.purchases.receive_notification import MAX_BODY, receive

JSON = re.compile(r"(application|text)/([\w.-]+\+)?json", re.ASCII)
"""Types that say JSON, also of a family of their own, as "application/cloudevents+json"."""


@csrf_exempt
@login_not_required
@require_POST
@for_all("a notification says by itself whose purchase it is about")
def webhook(request: HttpRequest, channel: str) -> HttpResponse:
    """Take in a notification. Its body is read once its sender is known, as far as it may be long, and never shown to anybody."""
    _sold_here(channel)
    if not JSON.fullmatch(request.content_type or ""):
        return HttpResponse(status=415)
    authorization = request.headers.get("Authorization", "")
    return HttpResponse(status=receive(channel, read=lambda: request.read(MAX_BODY + 1), authorization=authorization))
