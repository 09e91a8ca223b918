"""What the console checks of an identity provider's answers, beyond what django-allauth does."""
