from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Foundation (people, journal, ledger base) and roof (addresses, navigation, health)."""

    name = "console"
    verbose_name = "Console"

    def ready(self) -> None:
        from console import checks  # noqa: F401  registers the system checks
