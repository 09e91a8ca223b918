"""What a page may load and where it may send its forms: nothing of others, and nothing written inside it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.csp import CSP


def policy_for(identity_provider_origins: Iterable[str]) -> dict[str, list[str]]:
    """The policy by directive. Forms may go to ourselves and to these origins alone."""
    return {
        "default-src": [CSP.NONE],
        "script-src": [CSP.SELF],
        "style-src": [CSP.SELF],
        "img-src": [CSP.SELF, "data:"],
        "font-src": [CSP.SELF],
        "connect-src": [CSP.SELF],
        "manifest-src": [CSP.SELF],
        # Browsers hold a form to this list through its redirects, and sign-in is a form that redirects to the provider.
        "form-action": [CSP.SELF, *identity_provider_origins],
        "frame-ancestors": [CSP.NONE],
        "base-uri": [CSP.NONE],
        "object-src": [CSP.NONE],
    }
