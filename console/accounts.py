"""Who may sign in: people who were invited. Nobody makes an account by signing up or through a provider."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up by form is closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """A provider signs in an existing person only: one who connected it, or whose address it has verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        return False
