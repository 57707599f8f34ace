"""A key that is kept in the database opens only here and only for its address."""

import pytest
from django.test import override_settings

from annotation.models import JudgeCall
from llm_judges.client import KeyMissing, connect, key_of, limit_key
from llm_judges.keys import CannotOpen, seal, unseal
from llm_judges.models import Judge
from llm_judges.registry import set_judge, set_key
from llm_judges.trial import try_on
from tests.factories import make_project
from tests.fake_judge import FakeJudge
from tests.llm_judges.makers import make_judge, make_pairs

URL = "https://models.example.org/v1"
KEY = "sk-quite-a-long-key-that-fills-more-than-one-block-of-the-stream-0123456789"
ENTRY = {"name": "careful", "base_url": URL, "model": "m-1"}


def test_a_sealed_key_opens_again_and_never_looks_the_same_twice() -> None:
    one, other = seal(KEY, URL), seal(KEY, URL)
    assert one != other
    assert KEY[:8] not in one
    assert unseal(one, URL) == unseal(other, f"{URL}/") == KEY


def test_it_opens_for_no_other_address_no_other_secret_and_not_when_altered() -> None:
    sealed = seal(KEY, URL)
    altered = [
        sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:],
        sealed[:-4],
        "v1.",
        "",
        "v2" + sealed,
    ]
    for bad in altered:
        with pytest.raises(CannotOpen):
            unseal(bad, URL)
    for url in (
        "https://models.example.org:8443/v1",
        "http://models.example.org/v1",
        "https://evil.example.org",
    ):
        with pytest.raises(CannotOpen):
            unseal(sealed, url)
    with override_settings(SECRET_KEY="another"), pytest.raises(CannotOpen, match="set the key again"):
        unseal(sealed, URL)


@pytest.mark.django_db
def test_a_stored_key_is_sent_and_stands_in_no_row_as_it_is() -> None:
    project = make_project()
    make_pairs(project, 1)
    with FakeJudge() as fake:
        judge = make_judge(project, fake)
        set_key(judge, KEY)
        try_on(judge)
    headers = {name.lower(): value for name, value in fake.headers[0].items()}
    assert headers["authorization"] == f"Bearer {KEY}"
    stored = [str(row) for row in (*Judge.objects.values(), *JudgeCall.objects.values())]
    assert not any(KEY in row for row in stored)


@pytest.mark.django_db
def test_a_stored_key_goes_with_the_judge_to_a_new_version_but_not_to_another_host() -> None:
    project = make_project()
    set_key(set_judge(project, **ENTRY), KEY)
    assert key_of(set_judge(project, **ENTRY, temperature=1)) == KEY
    assert key_of(set_judge(project, **ENTRY | {"base_url": "https://models.example.org/v2"})) == KEY
    assert set_judge(project, **ENTRY | {"base_url": "https://evil.example.org/v1"}).api_key_sealed == ""


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["two words", "new\nline", "schlüssel", "k" * 1001])
def test_what_can_be_no_key_is_refused(key: str) -> None:
    judge = set_judge(make_project(), **ENTRY)
    with pytest.raises(ValueError, match="a key is printable ASCII"):
        set_key(judge, key)


@pytest.mark.django_db
def test_a_variable_that_is_not_set_and_a_key_that_does_not_open_are_said() -> None:
    judge = set_judge(make_project(), **ENTRY, api_key_env="NOT_SET_ANYWHERE")
    with pytest.raises(KeyMissing, match="NOT_SET_ANYWHERE is not set"):
        connect(judge)
    stored = set_judge(make_project(), **ENTRY)
    set_key(stored, KEY)
    with override_settings(SECRET_KEY="another"), pytest.raises(KeyMissing, match="cannot be opened"):
        connect(stored)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["TANDEM_SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "tandem_secret_key"]
)
def test_secrets_of_the_installation_are_nobodys_key(name: str) -> None:
    with pytest.raises(ValueError, match="holds a secret of this installation"):
        set_judge(make_project(), **ENTRY, api_key_env=name)


@pytest.mark.django_db
def test_judges_share_their_limits_where_address_model_and_key_are_the_same() -> None:
    project = make_project()
    one = set_judge(project, **ENTRY)
    twin = set_judge(project, **ENTRY | {"name": "twin"}, temperature=1)
    other = set_judge(project, **ENTRY | {"name": "other", "model": "m-2"})
    assert limit_key(one) == limit_key(twin) != limit_key(other)
    set_key(twin, KEY)
    assert limit_key(one) != limit_key(twin)
    assert KEY not in limit_key(twin)
