"""A client that sends forms of acts as a person does: looks at what an act does, says that the unusual is meant, and confirms."""

from __future__ import annotations

from typing import Any

from django.test import Client


class Confirming(Client):
    """Every effect that it is shown first is confirmed at once. `look` shows the effect alone."""

    def post(self, path: str, data: Any = None, *args: Any, **kwargs: Any) -> Any:
        shown = super().post(path, data, *args, **kwargs)
        effect = shown.context["effect"] if shown.context and "effect" in shown.context else None
        if shown.status_code != 200 or effect is None:
            return shown
        return super().post(path, {**data, "previewed": effect.fingerprint, "ticked": "1"}, *args, **kwargs)

    def look(self, path: str, data: Any) -> Any:
        return super().post(path, data)
