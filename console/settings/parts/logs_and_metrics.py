"""How the log is written, where counts are kept, and who may ask for metrics."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from console.settings_from_environment import Environment

FORMATS = {"text": "console.logs.lines.LineFormatter", "json": "console.logs.lines.JsonFormatter"}
SHORTEST_TOKEN = 20


def logging_to_terminal(env: Environment, *, default: str) -> dict[str, Any]:
    """What is logged stands on the standard error, a line each, as LOG_FORMAT says: `text` or `json`."""
    chosen = env.text("LOG_FORMAT", default)
    if chosen not in FORMATS:
        env.wrong("LOG_FORMAT", f'"{chosen}" is neither text nor json', fix="Write LOG_FORMAT=json, or LOG_FORMAT=text")
        chosen = default
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": FORMATS[chosen]}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        # Each job has a line of ours; what went wrong in one stands in its own words too.
        "loggers": {"procrastinate": {"level": "WARNING"}},
    }


def metrics_token(env: Environment) -> str:
    """What whoever is not on this machine sends to read `/metrics`; empty: nobody else reads them."""
    token = env.secret("METRICS_TOKEN") or ""
    if token and len(token) < SHORTEST_TOKEN:
        env.wrong("METRICS_TOKEN", "is too short to be safe", fix="Make one: openssl rand -hex 24")
    return token


def metrics_folder(env: Environment, base: Path) -> str:
    """METRICS_DIR; where it is not set, one of this installation and of whoever runs it, among what is temporary."""
    named = f"allotment-metrics-{os.getuid()}-{sha256(str(base).encode()).hexdigest()[:8]}"
    return env.text("METRICS_DIR") or str(Path(tempfile.gettempdir()) / named)
