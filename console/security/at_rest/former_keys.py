"""`check --deploy`: whether something kept still hangs on a key that is about to go, or on one that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from console.company_in_hand import for_all
from console.security.at_rest.seal_anew import on_former_keys
from console.security.at_rest.sessions import former_sessions


@register(Tags.security, deploy=True)
@for_all("secrets of all companies are sealed under the first key")
def nothing_hangs_on_former_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Asks the database; one that does not answer, or has no tables yet, can be asked later."""
    try:
        found, in_clear = on_former_keys(), former_sessions()
    except DatabaseError:
        return []
    said: list[CheckMessage] = []
    if lost := ", ".join(f"{each.lost:,} {each.label}" for each in found if each.lost):
        hint = "Put the right sealing-keys back: the key it was sealed under, behind the others in SEALING_KEYS."
        said.append(Error(f"Something kept opens with no key that is set: {lost}.", hint, id="console.E023"))
    if where := ", ".join(f"{each.rows:,} {each.label}" for each in found if each.rows):
        hint = "Run manage.py seal_anew before the former key is taken away."
        said.append(Warning(f"Something kept would not open without a former sealing key: {where}.", hint, id="console.W021"))
    if in_clear:
        hint = "Once no earlier version runs any more: manage.py seal_anew."
        said.append(
            Warning(f"{in_clear:,} sessions of an earlier version are kept under their keys themselves.", hint, id="console.W022")
        )
    return said
