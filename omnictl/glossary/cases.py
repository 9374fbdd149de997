"""The `tests:` of a KPI: given rows, and the figures that must come out."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omnictl.errors import Place, did_you_mean
from omnictl.glossary.kpi import DEFAULT, PERSON, STATES, Case, Expected
from omnictl.glossary.written import Written
from omnictl.places import Fields, Node, Scalar, Sequence
from omnictl.places import Mapping as MappingNode
from omnictl.referential import read_names
from omnictl.relations import RELATIONS
from omnictl.relations.column import BOOLEAN, COUNT, DECIMAL, SHARE

if TYPE_CHECKING:
    from omnictl.glossary.grammar import KpiReader

TIMES = "times"  # of a given row: how often it stands
ERROR = "error"  # of `expect`: the question must be refused with it
NUMBERS = (COUNT, DECIMAL, SHARE)
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
MOST_ROWS = 100_000
DATA = "data: {from: 2026-03-02, to: 2026-03-21}"

_DIGITS = r"[0-9]{1,30}(\.[0-9]{1,30})?"
_FIGURE = re.compile(rf"-?{_DIGITS}(/(?=[0-9.]*[1-9]){_DIGITS})?\Z")  # nothing is divided by zero


def read_cases(reader: KpiReader, root: Fields, variants: Collection[str]) -> tuple[Case, ...]:
    """The cases of a KPI. `variants` are its variants, which a case may expect figures of."""
    found = []
    for number, node in enumerate(root.items("tests"), 1):
        fields = reader.fields(node, f"test {number}")
        name = fields.text("name") or f"test {number}"
        by = tuple(fields.texts("by"))
        variant = fields.choice("variant", variants) or ""
        given = _given(reader, fields)
        oracles = _oracles(reader, fields, variant, variants)
        expected = _expected(reader, fields, variant, by, variants, needed=not oracles)
        whole = isinstance(fields.node.entries.get("expect"), Sequence)
        parameters = {
            key: reader.text(each, f"parameter `{key}`") or "" for key, _, each in fields.fields("parameters").entries()
        }
        since, until = _data(reader, fields)
        silence, timezone = fields.duration("silence"), _timezone(reader, fields)
        referential = read_names(reader, fields)
        fields.done()
        found.append(
            Case(
                name,
                fields.place,
                given,
                expected,
                parameters,
                by,
                since,
                until,
                silence or None,
                timezone,
                whole,
                oracles,
                referential,
            )
        )
    return tuple(found)


def _oracles(reader: KpiReader, fields: Fields, variant: str, variants: Collection[str]) -> dict[str, Written]:
    """One query, of the KPI or of the case's variant; or one per variant."""
    node = fields.take("oracle")
    if node is None:
        return {}
    named = {variant: node}
    if isinstance(node, MappingNode):
        named = {_variant(reader, key, place, variants): each for key, place, each in fields.fields("oracle").entries()}
    written = {name: reader.written(each, "an oracle") for name, each in named.items()}
    return {name: each for name, each in written.items() if each is not None}


def _variant(reader: KpiReader, key: str, place: Place, variants: Collection[str]) -> str:
    """The variant that a key names; '' for the KPI itself."""
    if key != DEFAULT and key not in variants:
        hint = did_you_mean(key, [DEFAULT, *variants])
        reader.fault("unknown-variant", f"there is no variant `{key}`", place, hint)
    return "" if key == DEFAULT else key


def _data(reader: KpiReader, fields: Fields) -> tuple[date | None, date | None]:
    """The local days between which the data of a case is complete."""
    if fields.take("data") is None:
        return None, None
    span = fields.fields("data")
    since, until = (_day(reader, span, key) for key in ("from", "to"))
    span.done()
    if since is not None and until is not None and since >= until:
        reader.fault("wrong-type", "`data` ends before it begins", fields.key_place("data"), DATA)
    return since, until


def _day(reader: KpiReader, span: Fields, key: str) -> date | None:
    text = span.text(key)
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        reader.fault("wrong-type", f"`{key}` of `data` must be a day, not `{text}`", span.key_place(key), DATA)
        return None


def _timezone(reader: KpiReader, fields: Fields) -> str:
    name = fields.text("timezone") or "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.fault("unknown-value", f"`{name}` is no time zone", fields.key_place("timezone"), "Europe/Paris")
        return "UTC"
    return name


def _given(reader: KpiReader, fields: Fields) -> dict[str, tuple[tuple[dict[str, str | None], int], ...]]:
    node = fields.take("given", required=True)
    found: dict[str, tuple[tuple[dict[str, str | None], int], ...]] = {}
    if node is None:
        return found
    known = [name for name, relation in RELATIONS.items() if relation.written_by != "omnictl"]
    for relation, place, rows in reader.fields(node, "`given`").entries():
        if relation not in known:
            message = f"there is no relation `{relation}`"
            reader.fault("unknown-relation", message, place, did_you_mean(relation, known))
            continue
        found[relation] = tuple(_row(reader, relation, row) for row in reader.items(rows, f"`{relation}`"))
    if sum(times for rows in found.values() for _, times in rows) > MOST_ROWS:
        reader.fault("too-many-rows", f"a test takes at most {MOST_ROWS:,} rows", node.place)
    return found


def _row(reader: KpiReader, relation: str, node: Node) -> tuple[dict[str, str | None], int]:
    fields = reader.fields(node, f"a row of {relation}")
    names = RELATIONS[relation].names
    cells: dict[str, str | None] = {}
    times = 1
    for column, place, cell in fields.entries():
        if column == TIMES:
            amount = reader.number(cell, "`times`")
            if amount is not None and (amount < 1 or amount != int(amount)):
                reader.fault("wrong-type", "`times` must be a whole number from 1", cell.place)
            times = int(amount or 1)
        elif column not in names and not (column == PERSON and relation == "interactions"):
            message = f"{relation} has no column `{column}`"
            known = [*names, TIMES, *([PERSON] if relation == "interactions" else [])]
            reader.fault("unknown-column", message, place, did_you_mean(column, known))
        elif isinstance(cell, Scalar) and cell.value is None and not cell.quoted:
            cells[column] = None
        else:
            cells[column] = reader.text(cell, f"`{column}`")
            _can_stand(reader, relation, column, cell)
    return cells, max(1, times)


def _can_stand(reader: KpiReader, relation: str, column: str, cell: Node) -> None:
    """Note a value that the column of a relation cannot hold: no row has it, or the given rows cannot be read."""
    found = RELATIONS[relation].column(column)
    if found is None or not isinstance(cell, Scalar):
        return
    if found.among and cell.text not in found.among:
        hint = did_you_mean(cell.text, [each for each in found.among if each])
        reader.fault("unknown-value", f"`{column}` is never '{cell.text}'", cell.place, hint)
    elif found.type == BOOLEAN and cell.text.casefold() not in ("true", "false"):
        reader.fault("wrong-type", f"`{column}` is true or false, not `{cell.text}`", cell.place)
    elif found.type in NUMBERS and not NUMBER.match(cell.text.strip()):
        reader.fault("wrong-type", f"`{column}` is a number, not `{cell.text}`", cell.place)


def _expected(
    reader: KpiReader, fields: Fields, variant: str, by: tuple[str, ...], variants: Collection[str], *, needed: bool
) -> tuple[Expected, ...]:
    """What a case expects: one figure, or one per variant, or with `by` one per cut; or that it is refused."""
    if needed and "expect" not in fields.node.entries:
        reader.fault("missing-key", f"{fields.what} needs `expect`, or `oracle`", fields.place)
    fields.take("expect")  # null is an expectation: an empty value
    node = fields.node.entries.get("expect")
    unknown = fields.take("unknown")
    if node is None:
        return ()
    if isinstance(node, MappingNode) and list(node.entries) == [ERROR] and ERROR not in variants:
        return (Expected(variant, (), None, error=reader.text(node.entries[ERROR], "the code of a finding") or ""),)
    if by:
        return _by_cut(reader, node, variant, by)
    if not isinstance(node, MappingNode):
        figures = {variant: _figure(reader, node)}
    else:
        entries = reader.fields(node, "`expect`").entries()
        figures = {_variant(reader, key, place, variants): _figure(reader, each) for key, place, each in entries}
    counts = _unknown(reader, unknown, list(figures), variants)
    return tuple(Expected(name, (), figure, counts.get(name)) for name, figure in figures.items())


def _by_cut(reader: KpiReader, node: Node, variant: str, by: tuple[str, ...]) -> tuple[Expected, ...]:
    if isinstance(node, MappingNode) and len(by) == 1:
        entries = reader.fields(node, "`expect`").entries()
        return tuple(Expected(variant, (value,), _figure(reader, each)) for value, _, each in entries)
    found = []
    for item in reader.items(node, "`expect`"):
        fields = reader.fields(item, "an expected row")
        cut = tuple(fields.text(dimension, required=True) or "" for dimension in by)
        figure = _figure(reader, fields.node.entries["expect"]) if "expect" in fields.node.entries else None
        fields.take("expect")
        count = fields.number("unknown")
        fields.done()
        found.append(Expected(variant, cut, figure, None if count is None else int(count)))
    return tuple(found)


def _figure(reader: KpiReader, node: Node) -> str | None:
    if isinstance(node, Scalar) and node.value is None:
        return None
    text = reader.text(node, "an expected figure")
    if text is not None and not _FIGURE.match(text) and text not in STATES:
        hint = "a number, a fraction such as 760/960, null, or a state: " + ", ".join(STATES)
        reader.fault("wrong-type", f"`{text}` is no figure", node.place, hint)
    return text


def _unknown(
    reader: KpiReader, node: Node | None, expected: Collection[str], variants: Collection[str]
) -> dict[str, int]:
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        count = reader.number(node, "`unknown`")
        return {} if count is None else dict.fromkeys(expected, int(count))
    found = {}
    for key, place, each in reader.fields(node, "`unknown`").entries():
        count = reader.number(each, "`unknown`")
        if count is not None:
            found[_variant(reader, key, place, variants)] = int(count)
    return found
