"""Where the publisher gets its access token, and where anybody reads the public keys: the part of Microsoft Entra."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from licensing.marketplaces.practice import faults, tokens
from licensing.marketplaces.practice.models import PracticeFault


@csrf_exempt
@login_not_required
@require_POST
def token(request: HttpRequest, tenant: str, version: int) -> HttpResponseBase:
    """Client credentials; version 2 names a scope, version 1 a resource."""
    return faults.answer(request, "token", lambda fault: issue(request, tenant, version, fault))


def issue(request: HttpRequest, tenant: str, version: int, fault: PracticeFault | None) -> HttpResponse:
    given = request.POST
    secret = given.get("client_secret", "")
    ordered = fault.how if fault else ""
    if tenant.lower() != settings.PRACTICE_TENANT_ID:
        return refusal(400, 90002, "invalid_request", f"Tenant '{tenant[:60]}' not found.")
    if given.get("grant_type") != "client_credentials":
        return refusal(400, 70003, "unsupported_grant_type", "The app requested an unsupported grant type.")
    if given.get("client_id", "").lower() != settings.PRACTICE_CLIENT_ID:
        return refusal(400, 700016, "unauthorized_client", "Application was not found in the directory.")
    if ordered == "expired-secret" or secret == settings.PRACTICE_EXPIRED_SECRET:
        return refusal(401, 7000222, "invalid_client", "The provided client secret keys for the app are expired.")
    if ordered == "wrong-secret" or not secrets.compare_digest(secret.encode(), settings.PRACTICE_CLIENT_SECRET.encode()):
        return refusal(401, 7000215, "invalid_client", "Invalid client secret provided.")
    if version == 2 and given.get("scope") != f"{tokens.RESOURCE_ID}/.default":
        return refusal(400, 1002012, "invalid_scope", "The provided value for scope is not valid.")
    if version == 1 and given.get("resource") != tokens.RESOURCE_ID:
        return refusal(400, 500011, "invalid_resource", "The resource principal was not found in the tenant.")
    lasts: Any = tokens.TOKEN_SECONDS if version == 2 else str(tokens.TOKEN_SECONDS)
    return JsonResponse({"token_type": "Bearer", "expires_in": lasts, "access_token": tokens.publisher_token(version)})


def refusal(status: int, code: int, error: str, description: str) -> JsonResponse:
    trace, correlation, now = str(uuid.uuid4()), str(uuid.uuid4()), timezone.now()
    description = (
        f"AADSTS{code}: {description} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now:%Y-%m-%d %H:%M:%SZ}"
    )
    return JsonResponse(
        {
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": trace,
            "correlation_id": correlation,
        },
        status=status,
    )


@login_not_required
@require_safe
def keys(request: HttpRequest, tenant: str) -> HttpResponseBase:
    """The key set; the same for both versions."""
    if tenant.lower() != settings.PRACTICE_TENANT_ID:
        return refusal(400, 90002, "invalid_request", f"Tenant '{tenant[:60]}' not found.")
    return faults.answer(request, "keys", lambda fault: JsonResponse(tokens.key_set()))
