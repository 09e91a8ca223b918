"""Collect the static files as production serves them, before any of its settings are known: for who builds an image.

Usage: python -m console.launch.production.collect_static
"""

from __future__ import annotations

import os

import django

from console.launch.check import SAMPLE_PRODUCTION


def main() -> None:
    # None of these values leaves a trace in the files.
    os.environ.update(SAMPLE_PRODUCTION, DJANGO_SETTINGS_MODULE="console.settings.prod")
    django.setup()
    from console.serving.static_files import collect

    collect()


if __name__ == "__main__":
    main()
