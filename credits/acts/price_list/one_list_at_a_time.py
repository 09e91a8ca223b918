"""While a price list is being applied, another one waits."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

from django.utils.translation import gettext as _

from console.errors import Refused
from credits.catalogue.files_and_rows import Catalogue
from credits.models import PriceListRun


def digest_of(catalogue: Catalogue) -> str:
    """The same for the same rows in the same order."""
    return hashlib.sha256(repr(asdict(catalogue)).encode()).hexdigest()


def is_being_applied(digest: str) -> bool:
    """Whether the catalogue with this digest is the one being applied. Raises Refused while another one is. One statement."""
    run = PriceListRun.objects.filter(under_way=True).first()
    if run is None:
        return False
    if run.digest != digest:
        raise Refused(
            _(
                "Another price list is being applied since %(since)s UTC: %(done)s of %(companies)s companies are done. "
                "Wait until it is done, or run manage.py load_catalogue --resume, and load this one then."
            )
            % {"since": f"{run.started_at:%Y-%m-%d %H:%M}", "done": f"{run.done:,}", "companies": f"{run.companies:,}"}
        )
    return True
