"""Who works in the admin."""

import pytest
from django.test import Client

from tests.factories import make_user


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_user("boss@example.org", is_staff=True, is_superuser=True))
    return client
