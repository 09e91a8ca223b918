"""A superuser at the support desk."""

import pytest
from django.test import Client

from console.models import User
from tests.factories import make_user


@pytest.fixture
def superuser() -> User:
    return make_user(email="root@vendor.example", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, superuser: User) -> Client:
    client.force_login(superuser)
    return client
