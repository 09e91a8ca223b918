from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Foundation (people, journal, ledger base) and roof (addresses, navigation, health)."""

    name = "console"
    verbose_name = "Console"

    def ready(self) -> None:
        from console import unsafe_settings  # noqa: F401  registers the system checks
        from console.logs.sign_ins import listen

        listen()
