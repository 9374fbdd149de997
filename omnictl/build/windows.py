"""What a family finds, as windows that any engine knows: the definition of follow-ups.

Two things are carried through the windows per family: the time of the other, and `packed`, its place in the order and
the number of its offer (channel and solution) in the low bits, as one number which grows with the order.

Where another channel is looked for, the nearest contact is it if it is on another. If not, it is one of a run of
contacts on this channel, and what lies behind that run is looked for: its last contact, for a search that goes along
it, has that as its own nearest.
"""

from __future__ import annotations

from collections.abc import Callable

from omnictl.build.relatives import in_pool
from omnictl.relations.families import FAMILIES, Family

_NEAREST = """
    select *,
        {windows}
    from {origin}
"""
_TURNED = """
    select *,
        {turns}
    from {origin}
"""
_CHOSEN = """
    select *,
        {chosen}
    from {origin}
"""


def nearest_in(origin: str) -> str:
    """The SELECT of all rows with `<family>_packed` and `<family>_at`, but for families on another channel.

    Args:
        origin: where the rows stand: key, person_id, started_at, end_at, channel, intent, visit, phone, assisted,
            contact and packed.
    """
    plain = [family for family in FAMILIES.values() if not family.other]
    return _NEAREST.format(origin=origin, windows=",\n        ".join(map(_plain, plain)))


def turned_in(origin: str, channel: Callable[[str], str]) -> str:
    """What `nearest_in` finds with `<family>_turn_packed` (0: nothing lies behind) and `<family>_turn_at` of the rest.

    Args:
        channel: SQL of the number of the channel, of SQL of `packed`.
    """
    others = [family for family in FAMILIES.values() if family.other]
    return _TURNED.format(origin=origin, turns=",\n        ".join(_turn(family, channel) for family in others))


def chosen_in(origin: str, channel: Callable[[str], str]) -> str:
    """What `turned_in` finds with `<family>_packed` and `<family>_at` of the rest."""
    others = [family for family in FAMILIES.values() if family.other]
    return _CHOSEN.format(origin=origin, chosen=",\n        ".join(_chosen(family, channel) for family in others))


def pool_of(family: Family) -> str:
    """SQL: the rows that a family looks for. Those without an intent are in one partition, and follow none of them."""
    return in_pool(family) + (" and intent is not null" if "intent" in family.same else "")


def time_of(family: Family) -> str:
    """The time of the other that counts: the end of an earlier one, the start of a later one."""
    return "end_at" if family.back else "started_at"


def anywhere(family: Family) -> Family:
    """The family that looks for the same on any channel."""
    return next(
        other
        for other in FAMILIES.values()
        if (other.pool, other.same, other.back, other.other) == (family.pool, family.same, family.back, False)
    )


def turns_of(family: Family, channel: Callable[[str], str]) -> tuple[str, str, str]:
    """SQL of the rows that are the last of a run of contacts on one channel, for a search that goes along it; and of
    what lies behind them, `packed` and time."""
    any_ = anywhere(family).name
    condition = f"{pool_of(family)} and {channel(f'{any_}_packed')} is distinct from channel"
    return condition, f"coalesce({any_}_packed, 0)", f"coalesce({any_}_at, started_at)"


def _plain(family: Family) -> str:
    values = {"packed": "packed", "at": time_of(family)}
    return ", ".join(
        f"{_nearest(family, f'case when {pool_of(family)} then {value} end')} as {family.name}_{name}"
        for name, value in values.items()
    )


def _turn(family: Family, channel: Callable[[str], str]) -> str:
    condition, packed, at = turns_of(family, channel)
    return ", ".join(
        f"{_nearest(family, f'case when {condition} then {value} end')} as {family.name}_turn_{name}"
        for name, value in (("packed", packed), ("at", at))
    )


def _chosen(family: Family, channel: Callable[[str], str]) -> str:
    any_ = anywhere(family).name
    return ", ".join(
        f"case when {channel(f'{any_}_packed')} <> channel then {any_}_{what} "
        f"when {family.name}_turn_packed <> 0 then {family.name}_turn_{what} end as {family.name}_{what}"
        for what in ("packed", "at")
    )


def _nearest(family: Family, value: str) -> str:
    """The nearest value that there is before or after, of the same person and what else must be the same."""
    which = "last_value" if family.back else "first_value"
    frame = "unbounded preceding and 1 preceding" if family.back else "1 following and unbounded following"
    partition = ", ".join(("person_id", *family.same))
    return f"{which}({value} ignore nulls) over (partition by {partition} order by key rows between {frame})"
