from django.apps import AppConfig


class PracticeConfig(AppConfig):
    """Installed only where settings.PRACTICE_MARKETPLACE is on: see console/settings/practice.py."""

    name = "licensing.marketplaces.practice"
    label = "practice"
    verbose_name = "Practice marketplace"
