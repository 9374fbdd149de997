"""The connectors of the house, by the same door as everybody's: named here, imported when used."""

from __future__ import annotations

from omnictl.hookspecs import hookimpl


@hookimpl
def omnictl_connectors() -> list[str]:
    return ["table = omnictl.connectors.table:Table"]
