"""What an interaction costs by the rate card, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from omnictl.build.clock import literal
from omnictl.engines.connection import quoted

if TYPE_CHECKING:
    from omnictl.referential import Rate
    from omnictl.zone import Zone

EUR = "decimal(18, 3)"


def cost_of(rates: Sequence[Rate], zone: Zone) -> str:
    """SQL: the cost of a row of `interactions` in EUR; NULL where there is no rate, or the seconds are unknown.

    The rate of its channel and solution goes before that of its solution, and that before the one of its channel.
    Talk is unknown where an interaction was handled and its time is not given; holding and after-work then count as 0.
    """
    if not rates:
        return f"cast(null as {EUR})"
    exact = sorted(rates, key=lambda rate: (rate.solution is None, rate.channel is None))
    branches = " ".join(f"when {_condition(rate, zone)} then {_price(rate)}" for rate in exact)
    return f"case {branches} end"


def _condition(rate: Rate, zone: Zone) -> str:
    said = [
        f"interactions.{column} = {quoted(value)}"
        for column, value in (("channel", rate.channel), ("solution", rate.solution))
        if value is not None
    ]
    for sign, day in ((">=", rate.since), ("<", rate.until)):
        if day is not None:
            said.append(f"started_at {sign} {literal(zone.to_utc(datetime(day.year, day.month, day.day)))}")
    return " and ".join(said)


def _price(rate: Rate) -> str:
    fixed = f"cast({rate.per_contact} as {EUR})"
    if not rate.per_second:
        return fixed
    talk = "case when talk_s is null and outcome = 'handled' then null else coalesce(talk_s, 0) end"
    seconds = f"({talk} + coalesce(hold_s, 0) + coalesce(acw_s, 0))"
    return f"cast({rate.per_contact} + {seconds} * {rate.per_second} as {EUR})"
