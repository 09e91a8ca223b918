"""The one password of the demo people, which is public: whoever has it must not be reachable from elsewhere."""

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password

DEMO_PASSWORD = "allotment-demo"
KNOWN_PERSON = "viewer@aster.example"


def have_demo_password() -> bool:
    """Can a demo person sign in with the demo password? One stands for all: checking a password takes 0.8 s."""
    person = get_user_model()._default_manager.filter(email=KNOWN_PERSON, is_active=True).first()
    # Not the person's own method: it would renew an outdated hash, and a question must not write.
    return person is not None and check_password(DEMO_PASSWORD, person.password)
