"""A web process looks for cycles of objects rarely."""

from __future__ import annotations

import os
import subprocess
import sys

from console.serving.cycles import BETWEEN


def test_what_is_loaded_with_the_application_is_looked_at_no_more_and_the_rest_rarely() -> None:
    asked = f"import gc, console.wsgi; print(gc.get_threshold() == {BETWEEN}, gc.get_freeze_count() > 10_000)"
    told = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "console.settings.test"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert told.stdout.split() == ["True", "True"]
