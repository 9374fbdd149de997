"""What a workspace shows of people: agents no finer than by team, and no figure about fewer people than a floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

from omnictl.places import Fields

Agents = Literal["agent", "team"]


@dataclass(frozen=True)
class Privacy:
    """`privacy` of omnictl.yml.

    Attributes:
        agents: how finely agents are told apart.
        floor: a figure about fewer people is hidden; 0 hides none.
    """

    agents: Agents = "agent"
    floor: int = 0


PUBLIC = Privacy()


def read_privacy(root: Fields) -> Privacy:
    """Read the key; faults go to the reader."""
    fields = root.fields("privacy")
    agents = fields.choice("agents", get_args(Agents)) or "agent"
    floor = fields.number("floor")
    if floor is not None and (floor < 0 or floor != int(floor)):
        fields.reader.fault("wrong-type", "`floor` is a number of people such as 11", fields.key_place("floor"))
        floor = None
    fields.done()
    return Privacy(cast("Agents", agents), int(floor or 0))
