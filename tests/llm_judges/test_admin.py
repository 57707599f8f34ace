"""Judges can be looked at and switched off in the admin; what they are cannot be changed there."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_project, make_user
from tests.llm_judges.makers import make_judge

pytestmark = pytest.mark.django_db


def test_a_judge_is_listed_with_its_model_and_its_identity_is_read_only(client: Client) -> None:
    judge = make_judge(make_project(), "http://127.0.0.1:9/v1", model="model-of-note")
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert b"model-of-note" in client.get(reverse("admin:llm_judges_judge_changelist")).content
    page = client.get(reverse("admin:llm_judges_judge_change", args=[judge.pk])).content.decode()
    assert "model-of-note" in page
    assert 'name="version"' not in page
    assert client.get(reverse("admin:llm_judges_judge_add")).status_code == 403
