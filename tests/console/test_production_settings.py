"""Production's security settings, value by value: whoever changes one has to change it here, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from console.launch.check import SAMPLE_PRODUCTION

NOT_SET = "not set"
A_YEAR = 31_536_000

SECURITY: dict[str, Any] = {
    "DEBUG": False,
    "ALLOWED_HOSTS": ["allotment.example.com"],
    "SESSION_COOKIE_NAME": "__Host-sessionid",
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_PATH": "/",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_DOMAIN": None,
    "CSRF_COOKIE_NAME": "__Host-csrftoken",
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_PATH": "/",
    "CSRF_COOKIE_SAMESITE": "Lax",
    "CSRF_COOKIE_DOMAIN": None,
    "CSRF_COOKIE_HTTPONLY": True,
    "CSRF_TRUSTED_ORIGINS": ["https://allotment.example.com"],
    "LANGUAGE_COOKIE_SAMESITE": None,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_REDIRECT_EXEMPT": [],
    "SECURE_HSTS_SECONDS": A_YEAR,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": False,
    "SECURE_PROXY_SSL_HEADER": None,
    "USE_X_FORWARDED_HOST": False,
    "USE_X_FORWARDED_PORT": False,
    "TRUSTED_PROXIES": 0,
    "MACHINE_PATHS": ["/healthz", "/readyz", "/metrics"],
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "SECURE_REFERRER_POLICY": "same-origin",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
    "X_FRAME_OPTIONS": "DENY",
    "SECURE_CSP": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    },
    "SECURE_CSP_REPORT_ONLY": {},
    "WHITENOISE_ALLOW_ALL_ORIGINS": False,
    "SILENCED_SYSTEM_CHECKS": ["security.W021"],
    "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https",
    "ACCOUNT_PREVENT_ENUMERATION": True,
    "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
    "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
    "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
    "ALLAUTH_TRUSTED_PROXY_COUNT": NOT_SET,
    "ALLAUTH_TRUSTED_CLIENT_IP_HEADER": NOT_SET,
    "SOCIALACCOUNT_PROVIDERS": {},
    "MARKETPLACES": {},
    "PRACTICE_MARKETPLACE": False,
    "COMPANY_SELF_SERVICE": False,
    "DEMO": False,
    "DEFAULT_EXCEPTION_REPORTER_FILTER": "console.security.error_reports.ReporterFilter",
    "SECRET_PARAMETERS": {"/marketplace/azure/landing": "token", "/activate/handed-over": "link"},
    "SECRET_PATHS": ["/activate/handed-over/", "/invitations/"],
    "SESSION_ENGINE": "console.security.at_rest.sessions",
    "SEALING_KEYS": [],
    "RETENTION_DAYS": 90,
    "SESSION_COOKIE_AGE": 14 * 24 * 3600,
    "SESSION_IDLE_HOURS": 12,
    "SESSION_KEPT_IDLE_HOURS": 168,
    "STAFF_SESSION_IDLE_HOURS": 2,
    "STAFF_SESSION_HOURS": 12,
    "STAFF_FACTOR_FROM": "0001-01-01",
    "METRICS_TOKEN": "",
    "DATABASE_WORKER": None,
}
"""With no more in the environment than what production demands."""

GUARDS = [
    "console.logs.who_asks.WhoAsksMiddleware",
    "console.security.secret_out_of_address.SecretParameterMiddleware",
    "console.security.what_browsers_may.BrowserMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.security.pages_not_cached.NotKeptMiddleware",
    "console.security.arriving.arrival.ArrivalMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "console.security.arriving.malformed_requests.WellFormedMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "console.people.sessions.middleware.SessionMiddleware",
    "console.people.second_factor.demanded_of_staff.FactorMiddleware",
]
"""What stands between the network and a page, in this order."""

VALIDATORS = ["UserAttributeSimilarity", "MinimumLength", "CommonPassword", "FirstWordsTried"]

CHANGED_BY: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "a proxy that ends TLS": (
        {"TRUSTED_PROXIES": "2"},
        {"SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"], "TRUSTED_PROXIES": 2},
    ),
    "a proxy that redirects": ({"SSL_REDIRECT": "0"}, {"SECURE_SSL_REDIRECT": False}),
    "staff who are told of the factor first": ({"STAFF_FACTOR_FROM": "2199-03-01"}, {"STAFF_FACTOR_FROM": "2199-03-01"}),
    "a shorter promise to browsers": ({"HSTS_SECONDS": "3600"}, {"SECURE_HSTS_SECONDS": 3600}),
}
"""Why -> what is in the environment besides, and the only settings that it may change."""

READ = """
import json
from django.conf import settings
names = {names}
found = {{name: getattr(settings, name, "not set") for name in names}}
print(json.dumps(found, default=lambda value: list(value) if isinstance(value, (set, frozenset)) else str(value)))
"""


OURS = (
    *("AZURE_", "OIDC_", "PRACTICE_", "DATABASE_", "DJANGO_", "HSTS_", "SSL_", "BEHIND_", "TRUSTED_", "COMPANY_", "DEMO"),
    *("RETENTION_", "SEALING_", "SESSION_", "STAFF_", "LOG_", "METRICS_"),
)
"""Beginnings of what is not taken from the machine."""


def production(**more: str) -> dict[str, Any]:
    """Settings as a production process has them, in the forms of JSON."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env |= {**SAMPLE_PRODUCTION, "DJANGO_SETTINGS_MODULE": "console.settings.prod", **more}
    names = [
        *SECURITY,
        "LOGGING",
        "METRICS_DIR",
        "MIDDLEWARE",
        "AUTH_PASSWORD_VALIDATORS",
        "AUTHENTICATION_BACKENDS",
        "PASSWORD_HASHERS",
    ]
    done = subprocess.run(
        [sys.executable, "-c", READ.format(names=names)], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("why", CHANGED_BY)
def test_productions_security_settings_are_these(why: str) -> None:
    environment, changed = CHANGED_BY[why]
    found = production(**environment)
    assert {name: found[name] for name in SECURITY} == {**SECURITY, **changed}
    assert [each for each in found["MIDDLEWARE"] if each in GUARDS] == GUARDS
    assert found["LOGGING"]["formatters"] == {"line": {"()": "console.logs.lines.JsonFormatter"}}
    assert found["METRICS_DIR"].startswith(tempfile.gettempdir())
    assert [each["NAME"].rpartition(".")[2].removesuffix("Validator") for each in found["AUTH_PASSWORD_VALIDATORS"]] == VALIDATORS
    assert found["AUTH_PASSWORD_VALIDATORS"][1]["OPTIONS"] == {"min_length": 12}
    assert found["PASSWORD_HASHERS"][0] == "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    assert found["AUTHENTICATION_BACKENDS"] == ["console.people.sessions.signed_in.Backend"]
