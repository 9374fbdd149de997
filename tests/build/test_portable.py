"""The SQL of the build runs on other engines as it stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import building
import pytest
from building import Row, built
from portable import Listening, faults

from omnictl.build import derive


def test_every_statement_is_portable(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def listened(connection: Any, **told: Any) -> dict[str, int]:
        listening = Listening(connection)
        made = derive(listening, **told, portable=True)
        heard.extend(listening.heard)
        return made

    monkeypatch.setattr(building, "derive", listened)
    begin = datetime(2026, 5, 4, 8)
    rows = [
        Row("a", 1, "phone", begin, begin + timedelta(hours=1), "bill", more={"answered_at": begin, "agent": "x"}),
        Row("b", 1, "phone", begin + timedelta(hours=2), None, "bill", parent="a"),
    ]
    built(rows)
    assert len(heard) > 15 and any("build_stepped" in sql for sql in heard)
    assert [(sql[:40], fault) for sql in heard for fault in faults(sql)] == []
