"""Our words for what the pages of django-allauth say: headings in sentence case, and one verb for one thing.

Its own templates are kept, so that its forms stay as they are; headings, buttons, labels and titles are looked up here on
their way to the page. What is not listed is said as it is.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

WORDS: dict[str, str | Promise] = {
    "Account Connections": gettext_lazy("Connections"),
    "Activate": gettext_lazy("Set up"),  # what is activated in this console is a purchase
    "Activate Authenticator App": gettext_lazy("Set up an authenticator app"),
    "Add": gettext_lazy("Add a security key"),
    "Add a Third-Party Account": gettext_lazy("Add an account elsewhere"),
    "Add Security Key": gettext_lazy("Add a security key"),
    "An authenticator app is not active.": gettext_lazy("No authenticator app is set up."),
    "Authentication using an authenticator app is active.": gettext_lazy("An authenticator app is set up."),
    "Authenticator App": gettext_lazy("Authenticator app"),
    "Bad Token": gettext_lazy("This link cannot be used"),
    "Change Password": gettext_lazy("Change your password"),
    "Confirm Access": gettext_lazy("Confirm that it is you"),
    "Current Password": gettext_lazy("Current password"),
    "Deactivate": gettext_lazy("Remove"),
    "Deactivate Authenticator App": gettext_lazy("Remove the authenticator app"),
    "Edit Security Key": gettext_lazy("Rename the security key"),
    "Generate": gettext_lazy("Make new codes"),
    "Generate new codes": gettext_lazy("Make new codes"),
    "New Password": gettext_lazy("New password"),
    "New Password (again)": gettext_lazy("New password, again"),
    "No recovery codes set up.": gettext_lazy("There are no recovery codes yet."),
    "Please reauthenticate to safeguard your account.": gettext_lazy("You are about to change how you sign in."),
    "Recovery Codes": gettext_lazy("Recovery codes"),
    "Remove Security Key": gettext_lazy("Remove the security key"),
    "Security Keys": gettext_lazy("Security keys"),
    "Set Password": gettext_lazy("Set a password"),
    "Sign In": gettext_lazy("Sign in"),
    "Two-Factor Authentication": gettext_lazy("Sign-in security"),
    "You are about to deactivate authenticator app based authentication. Are you sure?": gettext_lazy(
        "Codes of the app will not be asked for any more when you sign in."
    ),
}
"""What django-allauth says in English -> what we say."""


def our_words(said: str) -> str:
    """Ours for the same, whatever blanks stand around it; else what was said."""
    return str(WORDS.get(" ".join(said.split()), said))
