"""What the vendor has stated, held in the memory of each process: pages, mails and jobs read it without a statement.

    vendors_own().name                                # "Allotment" where neither page nor setting names another
    vendors_own().sales                               # as stated on the page, else as set

The page's statements go before the settings. What another process stated is seen within `SECONDS`: so often a process asks for
the number of the latest statement, and reads the rows only when it is another. Where the database cannot be asked, what was held
stays.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.functional import cached_property

from console.models import VendorStatement
from console.vendor.colors import SHIPPED_DARK, SHIPPED_LIGHT, Accent

SECONDS = 5.0
"""So long at most a process goes by what another one has changed."""
PRODUCT = "Allotment"
"""The product's own name: the vendor's where none is stated, and in the foot of every page."""


@dataclass(frozen=True)
class VendorsOwn:
    """What holds: `stated` is the latest text by what it is about, of those that are not empty."""

    stated: Mapping[str, str] = field(default_factory=dict)

    def _of(self, about: str, setting: str) -> str:
        return self.stated.get(about) or str(getattr(settings, setting, "") or "")

    @property
    def name(self) -> str:
        return self._of("name", "VENDOR_NAME") or PRODUCT

    @property
    def is_named(self) -> bool:
        """Whether it is another name than the product's."""
        return self.name != PRODUCT

    @property
    def sales(self) -> str:
        return self._of("sales", "SALES_CONTACT")

    @property
    def support(self) -> str:
        return self._of("support", "SUPPORT_CONTACT")

    @property
    def logo(self) -> str:
        """The hash by which the logo is served; empty without one."""
        return self.stated.get("logo", "")

    @property
    def logo_url(self) -> str:
        return f"/brand/{self.logo}.png" if self.logo else ""

    @cached_property
    def accent(self) -> Accent | None:
        """None where both are as shipped."""
        light, dark = self._of("accent-light", "VENDOR_ACCENT_LIGHT"), self._of("accent-dark", "VENDOR_ACCENT_DARK")
        return Accent(light or SHIPPED_LIGHT, dark or SHIPPED_DARK) if light or dark else None

    @property
    def stylesheet_url(self) -> str:
        return f"/brand/{self.accent.digest}.css" if self.accent else ""

    @property
    def apps(self) -> str:
        """The address with which those of its apps are made; it holds {feature}."""
        return self._of("apps", "VENDOR_APPS_URL")

    def address_of_app(self, feature: str, of_catalogue: str) -> str:
        """Where "Go to app" leads: as stated for the feature, as the catalogue says, or made from `apps`; empty for nowhere."""
        return self.stated.get(f"app:{feature}") or of_catalogue or self.apps.replace("{feature}", feature)


@dataclass
class _Held:
    own: VendorsOwn = field(default_factory=VendorsOwn)
    latest: int | None = None
    until: float = -math.inf


_held = _Held()
_one_asks = threading.Lock()


def vendors_own() -> VendorsOwn:
    """No statement, but for one every `SECONDS`, and a second one where something was stated since."""
    if monotonic() < _held.until or connection.needs_rollback or not _one_asks.acquire(blocking=False):
        return _held.own
    try:
        _ask()
    except (DatabaseError, InterfaceError):
        pass  # what was held is better than a page that says nothing
    finally:
        _held.until = max(_held.until, monotonic() + SECONDS)
        _one_asks.release()
    return _held.own


def held_in_memory() -> VendorsOwn:
    """The same where nothing may be asked: pages that say that the database is away."""
    return _held.own


def hold(stated: Mapping[str, str], *, seconds: float) -> None:
    """Go by these for so long, whatever the database says."""
    _held.own, _held.latest, _held.until = VendorsOwn(dict(stated)), None, monotonic() + seconds


def forget() -> None:
    """Ask anew at the next question: something was stated here."""
    _held.until = -math.inf
    _held.latest = None


def _ask() -> None:
    latest = VendorStatement.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if latest != _held.latest:
        _held.own = VendorsOwn(stated_now())
        _held.latest = latest


def stated_now() -> dict[str, str]:
    """The latest text by what it is about, without those taken back. One statement."""
    rows = VendorStatement.objects.order_by("about", "-pk").distinct("about").values_list("about", "text")
    return {about: text for about, text in rows if text}
