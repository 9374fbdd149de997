"""Landed records to rows of a relation, with their identifiers and their meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, one_of, quoted
from omnictl.ingest import bulk
from omnictl.ingest.hours import hours_of
from omnictl.ingest.landing import Landed
from omnictl.ingest.mapping import FILTERED, USED, identifier_name
from omnictl.ingest.meanings import GIVES, PAGE_TYPES, Meanings, match_values, meanings, page_of, rules_for
from omnictl.ingest.pseudonyms import hash_identifiers, table_of
from omnictl.ingest.schema import HIDDEN, RECORD
from omnictl.ingest.secret import Secret
from omnictl.ingest.versions import OWNERS
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Written:
    """What was written: the number of rows, the columns that may hold something, and how many identifiers of each
    kind identify nobody and were dropped."""

    rows: int
    columns: frozenset[str]
    dropped: Mapping[str, int]


def hash_landed(connection: duckdb.DuckDBPyConnection, workspace: Workspace, landed: Landed, secret: Secret) -> None:
    """Make the pseudonyms of the landed identifiers.

    Rows of the relation `identifiers` get theirs in place of the value; those that identify nobody are filtered.
    """
    kinds = dict.fromkeys(landed.mapping.feed.identifiers)
    table = landed.table
    spellings = {kind: _spellings(table, named(identifier_name(kind))) for kind in kinds}
    direct = landed.mapping.relation.name == "identifiers"
    if direct:
        found = connection.execute(f"select distinct kind from {table} where _fate = {USED} order by kind").fetchall()
        spellings = {kind: _spellings(table, "value", f"and kind = {quoted(kind)}") for (kind,) in found}
    for kind, select in spellings.items():
        ignore = workspace.identity.ignore.get(kind, ())
        hash_identifiers(connection, kind, select, secret=secret, country=workspace.country, ignore=ignore)
    if direct:
        _replace_values(connection, table, list(spellings))


def _spellings(table: str, column: str, condition: str = "") -> str:
    return f"select distinct {column} as raw from {table} where _fate = {USED} and {column} is not null {condition}"


def _replace_values(connection: duckdb.DuckDBPyConnection, table: str, kinds: list[str]) -> None:
    joins = "\n".join(
        f"left join {table_of(kind)} p{n} on l.kind = {quoted(kind)} and p{n}.raw = l.value"
        for n, kind in enumerate(kinds)
    )
    value = f"coalesce({', '.join(f'p{n}.value' for n in range(len(kinds)))})" if kinds else "null::bigint"
    connection.execute(
        f"""
        create or replace temp table hashed as
        select l.* replace ({value} as value), l.rowid as _row from {table} l {joins} order by _row
        """
    )
    connection.execute(f"drop table temp.{table}")
    connection.execute("alter table hashed drop column _row")
    connection.execute(f"alter table hashed rename to {table}")
    connection.execute(f"update {table} set _fate = {FILTERED} where _fate = {USED} and value is null")


@dataclass
class Shape:
    """What a row is made of: the SQL of its columns over the landed table `l` and what is joined to it. Columns that
    hold one value throughout stand apart, as literals."""

    varying: dict[str, str]
    constant: dict[str, str]
    joins: list[str]
    derivable: set[str] = field(default_factory=set)


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    landed: Landed,
    others: Sequence[Landed],
    table: str,
    identifiers: str,
) -> Written:
    """Insert the records that stand, and their identifiers.

    Args:
        others: what the same records give of other relations.
        table: the store's table they go to.
        identifiers: that of their identifiers.
    """
    relation = landed.mapping.relation
    shape = shape_of(connection, workspace, landed, others)
    origin = f"{landed.table} l {' '.join(shape.joins)} where l._fate = {USED}"
    rows = bulk.insert(connection, table, origin, shape.varying, shape.constant, shape.derivable)
    columns = shape.varying.keys() | shape.constant.keys()
    if relation.name == "interactions":  # steps may give these later
        columns |= {*GIVES, "intent_source"}
    dropped = _dropped(connection, landed)
    return Written(rows + _write_identifiers(connection, landed, identifiers), frozenset(columns), dropped)


def _write_identifiers(connection: duckdb.DuckDBPyConnection, landed: Landed, table: str) -> int:
    relation, source, kinds = landed.mapping.relation, landed.mapping.source, landed.mapping.feed.identifiers
    if not kinds:
        return 0
    key = named(relation.key[1])
    seen = [
        f"""
        select l.{key} as owner_id, {quoted(kind)} as kind, p.value, l._file
        from {landed.table} l join {table_of(kind)} p on p.raw = l.{named(identifier_name(kind))}
        where l._fate = {USED} and p.value is not null
        """
        for kind in kinds
    ]
    varying = {"owner_id": "owner_id", "kind": "kind", "value": "value"}
    constant = {"source": quoted(source.name), "owner": quoted(OWNERS[relation.name])}
    _one_file(landed, varying, constant, "_file")
    return bulk.insert(connection, table, f"({' union all '.join(seen)}) seen", varying, constant)


def _dropped(connection: duckdb.DuckDBPyConnection, landed: Landed) -> dict[str, int]:
    """How many identifiers of each kind identify nobody."""
    dropped = {}
    for kind in landed.mapping.feed.identifiers:
        ((count,),) = connection.execute(
            f"""
            select count(*) from {landed.table} l semi join (select raw from {table_of(kind)} where value is null) p
            on p.raw = l.{named(identifier_name(kind))} where l._fate = {USED}
            """
        ).fetchall()
        if count:
            dropped[kind] = count
    return dropped


def shape_of(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, landed: Landed, others: Sequence[Landed]
) -> Shape:
    """What the rows of a landed table are made of. To be called when identifiers have their pseudonyms."""
    relation, source = landed.mapping.relation, landed.mapping.source
    filled = _filled(connection, landed)
    shape = Shape({}, {}, [])
    for column in relation.columns:
        if column.name in filled:
            shape.varying[column.name] = f"l.{named(column.name)}"
        elif column.default is not None:
            shape.constant[column.name] = quoted(column.default)
    shape.constant["source"] = quoted(source.name)
    hidden = HIDDEN.get(relation.name, RECORD)
    shape.varying |= {name: f"l.{name}" for name in hidden if name in filled}
    if "_outcome" in filled and "outcome_detail" not in filled:
        shape.varying["outcome_detail"] = "l._outcome"
    _one_file(landed, shape.varying, shape.constant, "l._file")
    if "_record" in hidden:
        _number_records(connection, landed, shape)
    if relation.name == "interactions":
        _shape_interactions(connection, workspace, landed, shape, filled, others)
    elif relation.name == "steps":
        _shape_steps(connection, workspace, landed, shape, filled)
    return shape


def _filled(connection: duckdb.DuckDBPyConnection, landed: Landed) -> set[str]:
    """The landed columns, without those by the way (codes that are no outcome, versions) that hold nothing."""
    names = [name for name, _ in landed.mapping.types]
    doubtful = [name for name in names if name in ("_outcome", "_version_time", "version_at")]
    if not doubtful:
        return set(names)
    counts = ", ".join(f"count({name})" for name in doubtful)
    (found,) = connection.execute(f"select {counts} from {landed.table} where _fate = {USED}").fetchall()
    return set(names) - {name for name, count in zip(doubtful, found, strict=True) if not count}


def _one_file(landed: Landed, varying: dict[str, str], constant: dict[str, str], sql: str) -> None:
    """Say which file a row is from."""
    if len(landed.files) == 1:
        constant["_file"] = str(landed.files[0].number)
    else:
        varying["_file"] = sql


def _number_records(connection: duckdb.DuckDBPyConnection, landed: Landed, shape: Shape) -> None:
    """Give each row the number of its record in its file: that of the first, where it is made of several; records that
    could not be parsed are counted only where rows are landed straight from the files."""
    place = f"l.{landed.ordinal}"
    skipped = "" if landed.staged else " + l._skipped"
    if len(landed.files) == 1:
        shape.varying["_record"] = f"{place} - {landed.files[0].first_row} + 1{skipped}"
        return
    connection.execute(
        """
        create or replace temp table first_rows as
        select unnest($numbers::integer[]) as number, unnest($firsts::bigint[]) as row
        """,
        {"numbers": [file.number for file in landed.files], "firsts": [file.first_row for file in landed.files]},
    )
    shape.varying["_record"] = f"{place} - first.row + 1{skipped}"
    shape.joins.append("join temp.first_rows first on first.number = l._file")


def _shape_interactions(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    landed: Landed,
    shape: Shape,
    filled: set[str],
    others: Sequence[Landed],
) -> None:
    """Add what the channel, the caller's number and the match rules say."""
    source = landed.mapping.source
    visits = [name for name, channel in workspace.referential.channels.items() if channel.kind == "visit"]
    of_channel = f"case when {one_of('l.channel', visits)} then 'visit' else 'contact' end"
    shape.varying["kind"] = f"coalesce(l.kind, {of_channel})" if "kind" in filled else of_channel
    if "_version_time" in filled:
        as_text = "l._version_time::varchar"
        shape.varying["version_at"] = f"coalesce(l.version_at, {as_text})" if "version_at" in filled else as_text
        shape.derivable |= {"version_at"} - filled
    callers = _callers(connection, landed, others)
    if callers:
        shape.joins.append(callers)
        for name in ("line_type", "area"):
            own = f"l.{name}, " if name in filled else ""
            shape.varying[name] = f"coalesce({own}phone.{name})"
    hours = hours_of(connection, workspace, landed.table) if "started_at" in filled else None
    if hours is not None:
        shape.joins.append(hours.join)
        shape.varying["in_hours"] = f"coalesce(l.in_hours, {hours.inside})" if "in_hours" in filled else hours.inside
    inputs = match_inputs(filled)
    rules = rules_for(workspace.referential, source.name)
    keys = match_values(connection, landed.table, rules, inputs)
    own_values = {given: f"l.{given}" for given in GIVES if given in filled}
    _add_meanings(shape, meanings(rules, workspace.referential, keys, inputs, own_values))


def _callers(connection: duckdb.DuckDBPyConnection, landed: Landed, others: Sequence[Landed]) -> str:
    """The join that gives each contact what its caller's number tells; '' when there are no numbers."""
    if "phone" in landed.mapping.feed.identifiers:
        return f"left join {table_of('phone')} phone on phone.raw = l.{named(identifier_name('phone'))}"
    hashed = connection.execute(
        "select count(*) from duckdb_tables() where table_name = 'pseudonyms_phone' and temporary"
    ).fetchall()[0][0]
    for other in others:
        if hashed and other.mapping.relation.name == "identifiers":
            # of several numbers, that with the least pseudonym: any other would do, but it must be the same each time
            return f"""left join (
                select n.owner_id, min_by(p.line_type, p.value) as line_type, min_by(p.area, p.value) as area
                from {other.table} n join {table_of("phone")} p using (value)
                where n._fate = {USED} and n.kind = 'phone' and n.owner = 'interaction' group by all
            ) phone on phone.owner_id = l.interaction_id"""
    return ""


def _add_meanings(shape: Shape, meaning: Meanings) -> None:
    shape.joins += meaning.joins
    shape.varying |= meaning.columns


def match_inputs(filled: set[str]) -> dict[str, str]:
    """The SQL of what match rules see of a contact or visit, over the landed table `l`."""
    inputs = {"queue": "l.queue", "wrap_up": "l._wrap_up", "ivr_node": "l._ivr_node"}
    found = {key: sql for key, sql in inputs.items() if sql.removeprefix("l.") in filled}
    pages = [f"l.{name}" for name in ("_page", "entry_point") if name in filled]
    if pages:
        found["page"] = page_of(f"coalesce({', '.join(pages)})")
    return found


def _shape_steps(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, landed: Landed, shape: Shape, filled: set[str]
) -> None:
    """Add what the page rules say of the pages and articles seen."""
    rules = [rule for rule in rules_for(workspace.referential, landed.mapping.source.name) if rule.key == "page"]
    if not rules or "object" not in filled:
        return
    inputs = {"page": f"case when {one_of('l.type', PAGE_TYPES)} then {page_of('l.object')} end"}
    keys = match_values(connection, landed.table, rules, inputs)
    own = {"intent": "l.intent"} if "intent" in filled else {}
    meaning = meanings(rules, workspace.referential, keys, inputs, own)
    shape.joins += meaning.joins
    shape.varying |= {
        name: meaning.columns[given]
        for name, given in (("intent", "intent"), ("_solution", "solution"))
        if given in meaning.columns
    }
