"""What people did next, worked out row by row in plain Python from rows of interactions with a person: an independent
telling of identities and followups, for rows without parents, duplicates and changes of the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from omnictl.relations.column import CHANNELS
from omnictl.relations.families import FAMILIES, PHONE_CHANNELS, Family

Row = Mapping[str, Any]
DAY = timedelta(days=1)


def identities(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """A row of identities per interaction. `rows` name source, interaction_id and person (None for nobody)."""
    return [
        {
            "source": row["source"],
            "interaction_id": row["interaction_id"],
            "person_id": row["person"],
            "link": "none" if row["person"] is None else "certain",
            "via": None if row["person"] is None else "email",
        }
        for row in rows
    ]


def followups(rows: list[Row], first: datetime, end: datetime) -> list[dict[str, Any]]:
    """A row of followups per interaction, of data that is whole between two midnights (UTC)."""
    order = sorted(rows, key=lambda row: (row["started_at"], row["source"], row["interaction_id"]))
    keys = {id(row): number for number, row in enumerate(order, 1)}
    found = []
    for row in rows:
        told: dict[str, Any] = {name: row[name] for name in ("source", "interaction_id")}
        told |= {"key": keys[id(row)], "person_id": row["person"], "weight": None if row["person"] is None else 1.0}
        if row["person"] is not None and not row.get("excluded"):
            for family in FAMILIES.values():
                told |= _of(family, row, order, keys, first, end)
        found.append(told)
    return found


def nearest(family: Family, row: Row, order: list[Row]) -> Row | None:
    """The other one of the same person that a family looks for."""
    place = next(number for number, each in enumerate(order) if each is row)
    others = order[place + 1 :] if not family.back else order[:place][::-1]
    return next((other for other in others if _fits(family, row, other)), None)


def ended(row: Row) -> datetime:
    end: datetime = row.get("ended_at") or row["started_at"]
    return end


def _fits(family: Family, row: Row, other: Row) -> bool:
    if other["person"] != row["person"] or other.get("excluded"):
        return False
    kind = CHANNELS[other["channel"]][1]
    contact = kind == "contact" and other.get("direction", "inbound") == "inbound"
    pools = {
        "anything": True,
        "contacts": contact,
        "assisted": contact and CHANNELS[other["channel"]][0] == "assisted",
        "phone": contact and other["channel"] in PHONE_CHANNELS,
        "visits": kind == "visit",
    }
    same = all(row.get(name) is not None and row.get(name) == other.get(name) for name in family.same)
    return pools[family.pool] and same and (not family.other or row["channel"] != other["channel"])


def _of(
    family: Family, row: Row, order: list[Row], keys: Mapping[int, int], first: datetime, end: datetime
) -> dict[str, Any]:
    name = family.name
    seen = row["started_at"] - first if family.back else end - ended(row)
    days = (row["started_at"].date() - first.date()).days if family.back else (end.date() - ended(row).date()).days - 1
    found: dict[str, Any] = {f"{name}_observed_s": seen.total_seconds(), f"{name}_observed_days": days}
    other = nearest(family, row, order)
    if other is None:
        return found
    earlier, later = (other, row) if family.back else (row, other)
    found |= {
        f"{name}_key": keys[id(other)],
        f"{name}_gap_s": max(0.0, (later["started_at"] - ended(earlier)).total_seconds()),
        f"{name}_days": (later["started_at"].date() - ended(earlier).date()).days,
        f"{name}_overlap": later["started_at"] < ended(earlier),
    }
    for shown in family.shown:
        told = CHANNELS[other["channel"]][0] if shown == "mode" else other.get(shown)
        found[f"{name}_{shown}"] = told
    return found


def probable(
    rows: list[Row], candidates: Iterable[tuple[Row, int, float]], first: datetime, end: datetime
) -> list[dict[str, Any]]:
    """A row per candidate, as in `followups`: what follows the row if it is that person's, among that person's own.

    `candidates` are rows with a person each may belong to, and how likely that is.
    """
    order = sorted(rows, key=lambda row: (row["started_at"], row["source"], row["interaction_id"]))
    keys = {id(row): number for number, row in enumerate(order, 1)}
    found = []
    for row, person, weight in candidates:
        theirs = {**row, "person": person}
        others = [each for each in rows if each is not row]
        among = sorted([*others, theirs], key=lambda each: (each["started_at"], each["source"], each["interaction_id"]))
        told: dict[str, Any] = {name: row[name] for name in ("source", "interaction_id")}
        told |= {"person_id": person, "weight": weight}
        if not row.get("excluded"):
            for family in FAMILIES.values():
                told |= _of(family, theirs, among, keys, first, end)
        found.append(told)
    return found
