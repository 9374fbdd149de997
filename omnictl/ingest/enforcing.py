"""Landed rows against the rules of a plan: which row breaks which, and what becomes of its record.

Rows are looked at as they would be written: with what match rules, the channel and the caller's number say of them. A
row that breaks a rule of an event in quarantine makes its record a reject; one of a stamped event stands, and is
stamped once it is settled which rows do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, one_of, quoted
from omnictl.ingest.landing import Landed
from omnictl.ingest.mapping import QUARANTINED, USED, identifier_name
from omnictl.ingest.pseudonyms import table_of
from omnictl.ingest.rows import shape_of
from omnictl.ingest.rules import IDENTIFIER, Action, Bounds, EventRules, Kind, Rules
from omnictl.ingest.schema import stored
from omnictl.ingest.versions import OWNERS
from omnictl.relations.column import BIGINT, COUNT, DECIMAL, SHARE, TEXT, Column
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

TOLD = 100  # characters of a value
NUMBERS = (COUNT, BIGINT, DECIMAL, SHARE)


@dataclass(frozen=True)
class Breach:
    """One way of breaking the rules of a relation: a condition over `seen`, the rows with the columns asked about.

    Attributes:
        event: None of a row that no event plans.
        why: in words, behind what stands there.
    """

    event: str | None
    action: Action
    rule: Kind
    column: str
    condition: str
    value: str  # as SQL over `seen`
    why: str


@dataclass(frozen=True)
class Broken:
    """The rows of a landed table that break rules: `table` has row, code (a place in `breaches`), value."""

    rules: Rules
    table: str
    breaches: Sequence[Breach]

    def reasons(
        self, connection: duckdb.DuckDBPyConnection, landed: Landed, file: int, first: int, limit: int
    ) -> Iterator[tuple[int, str, str]]:
        """The first records of a file in quarantine: ordinal from `first`, column and reason."""
        rows = connection.execute(
            f"""
            select l.{landed.ordinal} - $first as ordinal, min(b.code), arg_min(b.value, b.code), count(*)
            from {self.table} b join {landed.table} l on l.rowid = b.row
            where l._fate = {QUARANTINED} and l._file = $file
            group by all order by ordinal limit {limit}
            """,
            {"first": first, "file": file},
        ).fetchall()
        for ordinal, code, value, count in rows:
            breach = self.breaches[code]
            shown = "" if value is None else f"`{value}` "
            more = f"; {count - 1} more" if count > 1 else ""
            yield ordinal, breach.column, f"{breach.column}: {shown}{breach.why}{more}"


@dataclass
class _Seen:
    """The columns that rules ask about, each computed once: their names here, their SQL, and the joins it needs."""

    columns: dict[str, str] = field(default_factory=dict)  # column → its name here
    sql: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)

    def add(self, column: str, sql: str) -> None:
        self.columns[column] = f"c{len(self.sql)}"
        self.sql.append(f"{sql} as {self.columns[column]}")


def enforce(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    landed: Sequence[Landed],
    rules: Sequence[Rules],
    *,
    held: bool,
) -> dict[str, Broken]:
    """Find the landed rows that break rules; those in quarantine get the fate of a reject.

    To be called when identifiers have their pseudonyms, and before versions are settled: a reject replaces nothing.

    Args:
        held: whether the rows of the source are held apart.

    Returns:
        By relation, what is broken there.
    """
    found = {}
    for each in rules:
        own = next((one for one in landed if one.mapping.relation.name == each.relation), None)
        if own is not None:
            broken = _find(connection, workspace, own, landed, each, held=held)
            if broken is not None:
                found[each.relation] = broken
    return found


def _find(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    own: Landed,
    landed: Sequence[Landed],
    rules: Rules,
    *,
    held: bool,
) -> Broken | None:
    others = [other for other in landed if other is not own]
    seen = _seen(connection, workspace, own, others, rules, held=held)
    breaches: list[Breach] = []
    branches: list[tuple[str, range]] = []  # which rows, and the codes of what they may break
    for event in rules.events:
        first = len(breaches)
        breaches += _breaches(event, rules, seen, own)
        branches.append((_of_event(event, rules, seen), range(first, len(breaches))))
    if rules.planned:
        telling = seen.columns[rules.telling]
        why = f"is planned by no event of plan {rules.plan} {rules.version}"
        condition = f"not {one_of(telling, rules.planned)}"
        breaches.append(Breach(None, rules.unplanned, "unplanned", rules.telling, condition, _text(telling), why))
        branches.append((condition, range(len(breaches) - 1, len(breaches))))
    if not breaches:
        return None
    table = f"temp.broken_{rules.relation}"
    connection.execute(
        f"create or replace temp table broken_{rules.relation} as {_select(own, seen, breaches, branches)}"
    )
    quarantined = [code for code, breach in enumerate(breaches) if breach.action == "quarantine"]
    if quarantined:
        connection.execute(
            f"""
            update {own.table} set _fate = {QUARANTINED}
            where rowid in (select row from {table} where list_contains($codes::integer[], code))
            """,
            {"codes": quarantined},
        )
    return Broken(rules, table, breaches)


def _select(own: Landed, seen: _Seen, breaches: Sequence[Breach], branches: Sequence[tuple[str, range]]) -> str:
    """One pass over the rows: those that break anything, once for each rule they break.

    A row is of one event, so only the conditions of that event are tried on it.
    """
    anything = " ".join(
        f"when {rows} then {' or '.join(breaches[code].condition for code in codes) or 'false'}"
        for rows, codes in branches
    )
    each = " ".join(
        f"when {rows} then [{', '.join(f'case when {breaches[code].condition} then {code} end' for code in codes)}]"
        for rows, codes in branches
        if codes
    )
    values = " ".join(f"when {code} then {breach.value}" for code, breach in enumerate(breaches))
    return f"""
        select row, code, case code {values} end as value
        from (
            select *, unnest(case {each} else []::integer[] end) as code
            from (
                select l.rowid as row, {", ".join(seen.sql)} from {own.table} l {" ".join(seen.joins)}
                where l._fate = {USED}
            ) seen
            where coalesce(case {anything} end, false)
        ) broken
        where code is not null
        order by row, code
    """


def _seen(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    own: Landed,
    others: Sequence[Landed],
    rules: Rules,
    *,
    held: bool,
) -> _Seen:
    """What rules ask about."""
    shape = shape_of(connection, workspace, own, others)
    given = shape.constant | shape.varying
    seen = _Seen(joins=list(shape.joins))
    asked = [each.column for event in rules.events for each in event.bounds]
    asked += [rules.told_by] if rules.told_by else []
    for column in dict.fromkeys([*asked, *(["channel"] if rules.relation == "interactions" else [])]):
        if column.startswith(IDENTIFIER):
            seen.add(column, _carried(own, others, column.removeprefix(IDENTIFIER), seen))
        else:
            kind = own.mapping.relation.column(column)
            seen.add(column, given.get(column, f"null::{kind.type if kind else 'varchar'}"))
    if rules.relation != "interactions" and any(event.channel is not None for event in rules.events):
        seen.add("channel", _channel(own, others, seen, held=held))
    return seen


def _carried(own: Landed, others: Sequence[Landed], kind: str, seen: _Seen) -> str:
    """Whether a row carries an identifier of a kind, by its own record or by rows of `identifiers`: true or NULL."""
    relation = own.mapping.relation
    found = []
    if kind in own.mapping.feed.identifiers:
        name = f"id{len(seen.joins)}"
        seen.joins.append(f"left join {table_of(kind)} {name} on {name}.raw = l.{named(identifier_name(kind))}")
        found.append(f"{name}.value")
    for other in others:
        if other.mapping.relation.name == "identifiers":
            name = f"id{len(seen.joins)}"
            owner = "owner" if "owner" in dict(other.mapping.types) else "'interaction'"
            seen.joins.append(
                f"""left join (
                    select owner_id, min(value) as value from {other.table}
                    where _fate = {USED} and kind = {quoted(kind)} and {owner} = {quoted(OWNERS[relation.name])}
                    group by all
                ) {name} on {name}.owner_id = l.{named(relation.key[1])}"""
            )
            found.append(f"{name}.value")
    return f"case when coalesce({', '.join(found)}) is not null then true end" if found else "null::boolean"


def _channel(own: Landed, others: Sequence[Landed], seen: _Seen, *, held: bool) -> str:
    """The channel of the interaction a row belongs to: as it is loaded along with it, else as the store has it."""
    source = quoted(own.mapping.source.name)
    found = []
    for other in others:
        if other.mapping.relation.name == "interactions":
            seen.joins.append(
                f"""left join (select interaction_id, min(channel) as channel from {other.table}
                    where _fate = {USED} group by all) along on along.interaction_id = l.interaction_id"""
            )
            found.append("along.channel")
    if not held or found:  # of a source that is held and gives none, there is no table of them
        seen.joins.append(
            f"""left join (select interaction_id, min(channel) as channel
                from {stored("interactions", held=held)} where source = {source} group by all
            ) before on before.interaction_id = l.interaction_id"""
        )
        found.append("before.channel")
    return f"coalesce({', '.join(found)})" if found else "null::varchar"


def _of_event(event: EventRules, rules: Rules, seen: _Seen) -> str:
    """Which rows are of an event, as SQL over `seen`."""
    said = []
    if event.kind and rules.told_by:
        said.append(f"{seen.columns[rules.told_by]} = {quoted(event.kind)}")
    if event.channel is not None:
        channel = seen.columns["channel"]
        known = f"coalesce({channel}, {quoted(event.channel)})" if event.sole else channel
        said.append(f"{known} = {quoted(event.channel)}")
    return " and ".join(said) or "true"


def _breaches(event: EventRules, rules: Rules, seen: _Seen, own: Landed) -> Iterator[Breach]:
    if not event.action:
        return
    by = f"{event.event} of plan {rules.plan} {rules.version}"
    for bounds in event.bounds:
        name = seen.columns[bounds.column]
        column = own.mapping.relation.column(bounds.column)
        personal = column is None or column.personal
        value = "null::varchar" if column is None or column.personal else _text(name, column.type)
        conditions: dict[Kind, tuple[str, str]] = {
            "missing": (f"{name} is null", f"it is empty, and {by} needs it"),
            "value": (_strange(name, column, bounds.values), f"is none of the values of {by}"),
            "range": (_outside(name, bounds), f"lies outside {_range(bounds)}, the range of {by}"),
        }
        for kind in bounds.kinds:
            condition, why = conditions[kind]
            why = f"the value {why}" if personal and kind != "missing" else why
            yield Breach(event.event, event.action, kind, bounds.column, condition, value, why)


def _strange(name: str, column: Column | None, values: Sequence[str]) -> str:
    """A condition: something stands there, and it is none of some values; '' is nothing."""
    if column is not None and column.type in NUMBERS:
        try:
            numbers = [format(Decimal(value), "f") for value in values]
            cases = " ".join(f"when {number} then false" for number in numbers)
            return f"case {name} {cases} else {name} is not null end"
        except InvalidOperation:  # a word among the values, which no number is
            pass
    text = name if column is None or column.type == TEXT else f"{name}::varchar"
    return f"(nullif({text}, '') is not null and not {one_of(text, values)})"


def _outside(name: str, bounds: Bounds) -> str:
    ends = [f"{name} < {bounds.low:f}"] if bounds.low is not None else []
    ends += [f"{name} > {bounds.high:f}"] if bounds.high is not None else []
    return f"({' or '.join(ends)})"


def _range(bounds: Bounds) -> str:
    if bounds.low is None or bounds.high is None:
        return f"{_plain(bounds.low)} and more" if bounds.low is not None else f"up to {_plain(bounds.high)}"
    return f"{_plain(bounds.low)} to {_plain(bounds.high)}"


def _plain(number: Decimal | None) -> str:
    """A number without zeros that say nothing."""
    return "" if number is None else f"{number.normalize():f}"


def _text(name: str, kind: str = TEXT) -> str:
    """What stands there, as it is told."""
    if kind == DECIMAL:
        return f"rtrim(rtrim({name}::varchar, '0'), '.')"
    return f"left({name}::varchar, {TOLD})"
