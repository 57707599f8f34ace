"""Judges can be looked at in the admin, and their terms changed; what they are cannot. No key is shown."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from llm_judges.models import JudgeTerms
from llm_judges.registry import set_key
from tests.factories import make_project, make_user
from tests.llm_judges.makers import make_judge

pytestmark = pytest.mark.django_db


def test_a_judge_is_listed_with_its_model_and_its_identity_is_read_only(client: Client) -> None:
    judge = make_judge(make_project(), "http://127.0.0.1:9/v1", model="model-of-note")
    set_key(judge, "sk-swordfish")
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert b"model-of-note" in client.get(reverse("admin:llm_judges_judge_changelist")).content
    page = client.get(reverse("admin:llm_judges_judge_change", args=[judge.pk])).content.decode()
    assert "model-of-note" in page
    assert 'name="version"' not in page
    assert 'name="base_url"' not in page
    assert "swordfish" not in page
    assert judge.api_key_sealed not in page
    assert client.get(reverse("admin:llm_judges_judge_add")).status_code == 403


def test_a_price_changed_there_leaves_a_trace(client: Client) -> None:
    judge = make_judge(make_project(), "http://127.0.0.1:9/v1")
    client.force_login(make_user(is_staff=True, is_superuser=True))
    values = {"input_price": "3", "output_price": "10", "concurrency": "8", "timeout_seconds": "5"}
    values |= {"transport": "direct", "batch_share": "0.5", "breaker_share": "0.2"}
    client.post(reverse("admin:llm_judges_judge_change", args=[judge.pk]), values)
    judge.refresh_from_db()
    assert (judge.input_price, judge.revision) == (3, 2)
    old, new = JudgeTerms.objects.filter(judge=judge).order_by("revision")
    assert [Decimal(terms.values["input_price"]) for terms in (old, new)] == [2, 3]
