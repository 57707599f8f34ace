"""Fixtures of routing's tests."""

import pytest

from routing import quality


@pytest.fixture
def few_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals from few replicates: enough where a test is not about them."""
    monkeypatch.setattr(quality, "REFITS", 5)
