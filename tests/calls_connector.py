"""A connector for tests, one of whose records gives rows of five relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest

from omnictl.connectors.contract import Connector, Csv
from omnictl.connectors.registry import Offer, Registry
from omnictl.connectors.table import Table
from omnictl.plugins import Plugin, Plugins


class Calls(Connector):
    """Columns: id, begun, version, queue, talk, phone, page, score; the last three may be empty."""

    name = "test_calls"
    reads = Csv(needs=("id", "begun"))
    relations: ClassVar[Mapping[str, str]] = {
        "interactions": """
            select id as interaction_id, 'phone' as channel, begun as started_at, version as version_at, queue,
                talk as talk_s
            from file
        """,
        "segments": """
            select id || '/1' as segment_id, id as interaction_id, 'queue' as kind, queue, begun as started_at
            from file where queue is not null
        """,
        "steps": """
            select id || '/1' as step_id, id as interaction_id, begun as occurred_at, 'ivr_node' as type, page as object
            from file where page is not null
        """,
        "identifiers": """
            select 'interaction' as owner, id as owner_id, 'phone' as kind, phone as value
            from file where phone is not null
        """,
        "surveys": """
            select id as survey_id, id as interaction_id, 'tested' as interaction_source, 'nps' as question, score,
                begun as answered_at
            from file where score is not null
        """,
    }


def offer(monkeypatch: pytest.MonkeyPatch, *connectors: type[Connector]) -> None:
    """Have workspaces of this test find some connectors, and the declarative one."""
    plugin = Plugin("tested", __name__, "")
    offers = {each.name: Offer(each.name, each, plugin) for each in (Table, *connectors)}
    monkeypatch.setattr("omnictl.connectors.registry.registry", lambda _: Registry(offers, {}, Plugins()))
