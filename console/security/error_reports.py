"""What an error report may show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from console.security.sealing import Secret
from console.security.without_secrets import without_secrets


class ReporterFilter(SafeExceptionReporterFilter):
    """Django's own, and addresses too: the server copies the environment into each request, and DATABASE_URL holds a password."""

    hidden_settings = re.compile(SafeExceptionReporterFilter.hidden_settings.pattern + "|URL", flags=re.IGNORECASE)


class Reporter(ExceptionReporter):
    """Django's own, without the secrets that are known here: an exception's words and a function's variables may repeat them."""

    def get_traceback_html(self) -> SafeString:
        return self._shown(super().get_traceback_html())

    def get_traceback_text(self) -> SafeString:
        return self._shown(super().get_traceback_text())

    def _shown(self, report: str) -> SafeString:
        return SafeString(without_secrets(report, *secrets_of(self.request)))


def secrets_of(request: Any) -> Iterator[str]:
    """What the request brought in its address; and the installation's own, where those are not the known ones of development."""
    brought: Secret | None = getattr(request, "secret_parameter", None)
    if brought is not None:
        yield brought.reveal()
    if settings.DEBUG:
        return
    yield from (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *settings.SEALING_KEYS, *settings.AZURE_CLIENT_SECRETS)
    yield from (str(each.get("PASSWORD") or "") for each in settings.DATABASES.values())
    yield from (str(each.get("OPTIONS", {}).get("password") or "") for each in settings.MAILERS.values())
