"""One page, one language: while there are no catalogues, a browser's language changes nothing."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["de", "ar", "zh-hans"])
def test_no_words_of_another_language_are_mixed_in(client: Client, language: str) -> None:
    page = client.post(reverse("sign-in"), {}, headers={"accept-language": language})
    assert '<html lang="en">' in page.text
    assert "This field is required." in page.text
