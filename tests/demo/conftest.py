"""The demo's telephone is read by a plugin: these tests have it, and no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from omnictl.plugins import LIMIT

SWITCH = "asterisk"


@pytest.fixture(scope="module", autouse=True)
def switch_for_what_modules_share() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(LIMIT, SWITCH)
        yield


@pytest.fixture(autouse=True)
def switch_for_each_test(no_plugins: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT, SWITCH)
