"""An example plugin: what Cordeliane, a vendor that does not exist, exports.

This module is named by the entry point in pyproject.toml, and holds the hooks. It is imported by every command that
reads data or KPIs, so it imports little: connectors are named as texts, `name = package.module:Class`, and imported
when a source uses them. Giving the classes themselves works as well.
"""

from __future__ import annotations

from pathlib import Path

from omnictl.hookspecs import hookimpl
from omnictl.relations import Relation


@hookimpl
def omnictl_connectors() -> list[str]:
    return [
        "cordeliane_calls = omnictl_example.calls:Calls",
        "cordeliane_events = omnictl_example.events:Events",
        "cordeliane_breaks = omnictl_example.breaks:Breaks",
        "cordeliane_chats = omnictl_example.chats:Chats",
    ]


@hookimpl
def omnictl_relations() -> list[Relation]:
    from omnictl_example.relations import AGENT_BREAKS

    return [AGENT_BREAKS]


@hookimpl
def omnictl_glossaries() -> list[Path]:
    return [Path(__file__).parent / "kpis"]
