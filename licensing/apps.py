from django.apps import AppConfig


class LicensingConfig(AppConfig):
    """Who holds which license: a register that makes sense without credits pages."""

    name = "licensing"
    verbose_name = "Licensing"
