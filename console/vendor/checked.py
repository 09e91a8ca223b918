"""What each text of the vendor's own has to be. `require_good` is held to by the act, so that no way round the page exists."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from console.allowed_text import require_visible
from console.contacts import CONTACT
from console.errors import Refused
from console.vendor import mail_texts
from console.vendor.colors import COLOR, LEAST, measured, nearest_that_passes
from console.vendor.to_tell import EVENTS

MOST = {"name": 60, "sales": 200, "support": 200, "apps": 500}
MOST_ADDRESSES = 20
LOGO = re.compile(r"[0-9a-f]{40}")


def require_good(about: str, text: str) -> str:
    """The text as it is kept. Raises Refused; an empty text is always good."""
    text = text.replace("\r\n", "\n").strip()
    kind, _colon, rest = about.partition(":")
    if not text:
        return ""
    if kind == "mail":
        return _mail(about, rest, text)
    if kind == "tell":
        return _addresses(about, rest, text)
    require_visible(text, field=about)
    if len(text) > MOST.get(kind, 500):
        raise Refused(_("Write at most %(most)s characters.") % {"most": MOST.get(kind, 500)}, field=about)
    if kind in ("sales", "support"):
        if not re.fullmatch(CONTACT, text):
            raise Refused(_("Write an e-mail address, or an address that starts with https://."), field=about)
    elif kind in ("accent-light", "accent-dark"):
        return _accent(about, text.lower())
    elif kind == "apps":
        _web_address(about, text.replace("{feature}", "feature"))
        if "{feature}" not in text:
            raise Refused(_("Write {feature} where the name of the feature comes."), field=about)
    elif kind == "app":
        _web_address(about, text)
    elif kind == "logo" and not LOGO.fullmatch(text):
        raise Refused(_("Choose the logo again."), field=about)
    elif kind not in ("name", "logo"):
        raise Refused(_("Nothing of this name can be stated."), field=about)
    return text


def _accent(about: str, color: str) -> str:
    theme = about.removeprefix("accent-")
    if not COLOR.fullmatch(color):
        raise Refused(_("Write the color as # and six digits, for example #0f6a55."), field=about)
    if (found := measured(color, theme)) < LEAST:
        nearest = nearest_that_passes(color, theme)
        said = _("%(color)s has a contrast of %(found)s : 1, and text needs 4.5 : 1. The nearest that has it is %(nearest)s.")
        raise Refused(said % {"color": color, "found": f"{found - 0.005:.2f}", "nearest": nearest}, field=about)
    return color


def _web_address(about: str, text: str) -> None:
    try:
        URLValidator(schemes=["https", "http"])(text)
    except ValidationError:
        raise Refused(_("Write an address in full, for example https://apps.example.com/."), field=about) from None


def _addresses(about: str, event: str, text: str) -> str:
    """One a line, or between commas; kept one a line, each once."""
    if event.partition("@")[0] not in EVENTS:
        raise Refused(_("Nothing of this name can be stated."), field=about)
    found = list(dict.fromkeys(each.strip().lower() for each in re.split(r"[\s,;]+", text) if each.strip()))
    if len(found) > MOST_ADDRESSES:
        raise Refused(_("Name at most 20 addresses; a list of your mail server can hold more."), field=about)
    for each in found:
        try:
            validate_email(each)
        except ValidationError:
            raise Refused(_("“%(text)s” is no e-mail address.") % {"text": each[:100]}, field=about) from None
    return "\n".join(found)


def _mail(about: str, rest: str, text: str) -> str:
    kind, _colon, part = rest.rpartition(":")
    shipped = mail_texts.shipped(kind)
    if shipped is None or part not in ("subject", "body"):
        raise Refused(_("Nothing of this name can be stated."), field=about)
    if part == "subject":
        require_visible(text, field=about)
    else:
        require_visible(text, field=about, lines=True)
    if len(text) > (200 if part == "subject" else 8_000):
        raise Refused(_("The text is too long. Shorten it."), field=about)
    if wrong := mail_texts.what_is_wrong(shipped, part, text):
        raise Refused(wrong, field=about)
    return text
