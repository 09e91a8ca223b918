"""What an error report may show."""

import re

from django.views.debug import SafeExceptionReporterFilter


class ReporterFilter(SafeExceptionReporterFilter):
    """Django's own, and addresses too: the server copies the environment into each request, and DATABASE_URL holds a password."""

    hidden_settings = re.compile(SafeExceptionReporterFilter.hidden_settings.pattern + "|URL", flags=re.IGNORECASE)
