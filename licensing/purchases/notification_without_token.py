"""A notification is kept as it came, but for any token in it."""

from __future__ import annotations

import json
import re
from typing import Any

from console.security.without_secrets import LEAST_PIECE, without_secrets


def without_token(body: bytes) -> str:
    """The notification as it came, but for any token that it may carry, whatever escapes its member's name is written in."""
    tokens: list[Any] = []

    def blanked(members: list[tuple[str, Any]]) -> dict[str, Any]:
        tokens.extend(value for name, value in members if value is not None and _names_a_token(name))
        return {name: None if _names_a_token(name) else value for name, value in members}

    try:
        said = json.loads(body or b"null", object_pairs_hook=blanked)
    except (ValueError, RecursionError):  # nobody can say where a token stands in it
        return ""
    text = json.dumps(said, ensure_ascii=False) if tokens else body.decode(json.detect_encoding(body), "replace")
    # One may be cited elsewhere in it too; a short one would only blank words that it happens to be part of.
    cited = [each for each in tokens if isinstance(each, str) and len(each) >= LEAST_PIECE]
    return without_secrets(text, *cited).encode("utf-8", "replace").decode().replace("\0", "")


def _names_a_token(name: str) -> bool:
    return re.sub(r"[\W_]", "", name).casefold().endswith("token")
