"""A plan as one flat table for implementers: a row per event, property and source that feeds it.

Names of columns and keys are never translated; descriptions are in the language asked for. Several values stand in one
cell with commas between; a value that a comma would tear apart is written as JSON writes texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from omnictl.glossary.card import in_language
from omnictl.render.table import Col, Table
from omnictl.sources import Retrieval
from omnictl.tracking.document.fields import made_by_omnictl
from omnictl.tracking.document.spans import written
from omnictl.tracking.plan import Event, Feed, Plan, Property

COLUMNS = (
    *("event", "event_id", "version", "channel", "property", "column", "type", "unit", "required"),
    *("allowed_values", "looked_for", "min", "max", "nulls", "description", "personal_data", "purposes", "owner"),
    *("source", "vendor_fields", "expression", "retrieval_method", "frequency", "lateness", "backfill"),
    *("target_store", "retention", "enforcement", "kpis", "helps", "cuts"),
)
NUMBERS = ("min", "max", "nulls")
MOST_FIELDS = 4  # told in a terminal
NARROW = ("event", "property", "required", "source", "vendor_fields", "kpis")


def plan_table(plan: Plan, lang: str) -> Table:
    """Every property of the plan with every source that feeds it; `source` is NULL where none does.

    `required` is `required`: a record without it cannot be used; `needed`: a KPI cannot be computed without it;
    `one_of`: nor without both it and the other identifiers that are so; `optional`; or `unplanned`: a source has it and
    nothing needs it. Durations are written as in omnictl.yml, `nulls` is the share of rows that may lack it, and `kpis`
    those that cannot be computed without it.
    """
    columns = [Col(name, type="decimal(18,3)" if name in NUMBERS else "varchar") for name in COLUMNS]
    rows = [tuple(row[name] for name in COLUMNS) for row in _rows(plan, lang)]
    return Table(columns, rows, title=in_language(plan.title, lang) or plan.id)


def narrow_table(plan: Plan, lang: str) -> Table:
    """The same rows with what fits a terminal; `kpis` is how many cannot be computed without the property."""
    rows = []
    for event, each, feed in _fed(plan):
        fields = _some(feed.fields) if feed else None
        rows.append((event.name, each.name, degree(each), feed.source if feed else None, fields, len(each.kpis)))
    columns = [Col(name, "count" if name == "kpis" else "") for name in NARROW]
    return Table(columns, rows, title=in_language(plan.title, lang) or plan.id)


def _some(fields: Sequence[str]) -> str | None:
    """The first fields, and how many more there are."""
    told = listed(fields[:MOST_FIELDS])
    return f"{told} and {len(fields) - MOST_FIELDS} more" if len(fields) > MOST_FIELDS else told


def degree(property: Property) -> str:
    """How much a property is needed: one of required, needed, one_of, optional, unplanned."""
    if property.unplanned:
        return "unplanned"
    if property.required:
        return "required"
    if not property.kpis:
        return "optional"
    return "one_of" if property.one_of else "needed"


def listed(values: Iterable[str]) -> str | None:
    """Values with commas between; None for none. What a comma, a quote or a blank would hide is quoted as in JSON."""
    found = [_value(each) for each in values]
    return ", ".join(found) if found else None


def _value(value: str) -> str:
    plain = value and value == value.strip() and not set(value) & set(',"\n\r')
    return value if plain else json.dumps(value, ensure_ascii=False)


def _fed(plan: Plan) -> Iterator[tuple[Event, Property, Feed | None]]:
    for event in plan.events:
        for each in event.properties:
            for feed in each.feeds or (None,):
                yield event, each, feed


def _rows(plan: Plan, lang: str) -> Iterator[dict[str, Any]]:
    for event, each, feed in _fed(plan):
        source = plan.sources.get(feed.source) if feed else None
        fetched = source.retrieval if source else Retrieval()
        yield {
            "event": event.name,
            "event_id": event.id,
            "version": event.version,
            "channel": event.channel,
            "enforcement": event.enforcement,
            **_of_property(each, lang),
            "owner": event.owner or fetched.owner or None,
            "source": feed.source if feed else None,
            "vendor_fields": listed(feed.fields) if feed else None,
            "expression": (made_by_omnictl(feed.expression, lang) or feed.expression or None) if feed else None,
            "retrieval_method": fetched.method or None,
            "frequency": written(fetched.every),
            "lateness": written(fetched.lateness),
            "backfill": written(fetched.backfill),
            "target_store": fetched.store or None,
            "retention": fetched.retention or None,
        }


def _of_property(each: Property, lang: str) -> dict[str, str | Decimal | None]:
    return {
        "property": each.name,
        "column": each.column,
        "type": each.type,
        "unit": each.unit or None,
        "required": degree(each),
        "allowed_values": listed(each.values),
        "looked_for": listed(each.looked_for),
        "min": each.low,
        "max": each.high,
        "nulls": each.nulls,
        "description": in_language(each.meaning, lang) or None,
        "personal_data": each.privacy or None,
        "purposes": listed(each.purposes),
        "kpis": listed(each.kpis),
        "helps": listed(each.helps),
        "cuts": listed(each.cuts),
    }
