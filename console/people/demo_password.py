"""The one password of the demo people, which is public: whoever has it must not be reachable from elsewhere."""

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password

DEMO_PASSWORD = "allotment-demo"
KNOWN_PERSON = "viewer@aster.example"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
RESERVED = ".example"
"""All demo people, support among them, have addresses in this top-level domain, which nobody else can have."""


def have_demo_password() -> bool:
    """Can any demo person sign in with the demo password?

    Checking a password takes 0.8 s. Those that were never changed are the same hash, so each different one is checked once.
    """
    people = get_user_model()._default_manager.filter(email__iendswith=RESERVED, is_active=True)
    # Not the person's own method: it would renew an outdated hash, and a question must not write.
    return any(check_password(DEMO_PASSWORD, each) for each in people.order_by().values_list("password", flat=True).distinct())


def open_to_others(host: str) -> bool:
    """Whether a server that listens on `host` could be reached from another machine, where everybody knows the password."""
    return host not in LOOPBACK
