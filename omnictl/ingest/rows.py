"""Landed records to rows of a relation, with their identifiers and their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, one_of, quoted
from omnictl.ingest import bulk
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
    kinds = dict.fromkeys(landed.mapping.source.identifiers)
    spellings = {kind: _spellings(named(identifier_name(kind))) for kind in kinds}
    direct = landed.mapping.relation.name == "identifiers"
    if direct:
        found = connection.execute(f"select distinct kind from landed where _fate = {USED} order by kind").fetchall()
        spellings = {kind: _spellings("value", f"and kind = {quoted(kind)}") for (kind,) in found}
    for kind, select in spellings.items():
        ignore = workspace.identity.ignore.get(kind, ())
        hash_identifiers(connection, kind, select, secret=secret, country=workspace.country, ignore=ignore)
    if direct:
        _replace_values(connection, list(spellings))


def _spellings(column: str, condition: str = "") -> str:
    return f"select distinct {column} as raw from landed where _fate = {USED} and {column} is not null {condition}"


def _replace_values(connection: duckdb.DuckDBPyConnection, kinds: list[str]) -> None:
    joins = "\n".join(
        f"left join {table_of(kind)} p{n} on l.kind = {quoted(kind)} and p{n}.raw = l.value"
        for n, kind in enumerate(kinds)
    )
    value = f"coalesce({', '.join(f'p{n}.value' for n in range(len(kinds)))})" if kinds else "null::bigint"
    connection.execute(
        f"""
        create or replace temp table hashed as
        select l.* replace ({value} as value), l.rowid as _row from landed l {joins} order by _row
        """
    )
    connection.execute("drop table temp.landed")
    connection.execute("alter table hashed drop column _row")
    connection.execute("alter table hashed rename to landed")
    connection.execute(f"update landed set _fate = {FILTERED} where _fate = {USED} and value is null")


@dataclass
class Shape:
    """What a row is made of: the SQL of its columns over the landed table `l` and what is joined to it. Columns that
    hold one value throughout stand apart, as literals."""

    varying: dict[str, str]
    constant: dict[str, str]
    joins: list[str]
    derivable: set[str] = field(default_factory=set)


def write_rows(connection: duckdb.DuckDBPyConnection, workspace: Workspace, landed: Landed) -> Written:
    """Insert the records that stand, and their identifiers."""
    relation = landed.mapping.relation
    shape = _shape(connection, workspace, landed)
    origin = f"landed l {' '.join(shape.joins)} where l._fate = {USED}"
    rows = bulk.insert(connection, relation.name, origin, shape.varying, shape.constant, shape.derivable)
    columns = shape.varying.keys() | shape.constant.keys()
    if relation.name == "interactions":  # steps may give these later
        columns |= {*GIVES, "intent_source"}
    dropped = _dropped(connection, landed)
    return Written(rows + _write_identifiers(connection, landed), frozenset(columns), dropped)


def _write_identifiers(connection: duckdb.DuckDBPyConnection, landed: Landed) -> int:
    relation, source = landed.mapping.relation, landed.mapping.source
    if not source.identifiers:
        return 0
    key = named(relation.key[1])
    seen = [
        f"""
        select l.{key} as owner_id, {quoted(kind)} as kind, p.value, l._file
        from landed l join {table_of(kind)} p on p.raw = l.{named(identifier_name(kind))}
        where l._fate = {USED} and p.value is not null
        """
        for kind in source.identifiers
    ]
    varying = {"owner_id": "owner_id", "kind": "kind", "value": "value"}
    constant = {"source": quoted(source.name), "owner": quoted(OWNERS[relation.name])}
    _one_file(landed, varying, constant, "_file")
    return bulk.insert(connection, "identifiers", f"({' union all '.join(seen)}) seen", varying, constant)


def _dropped(connection: duckdb.DuckDBPyConnection, landed: Landed) -> dict[str, int]:
    """How many identifiers of each kind identify nobody."""
    dropped = {}
    for kind in landed.mapping.source.identifiers:
        ((count,),) = connection.execute(
            f"""
            select count(*) from landed l semi join (select raw from {table_of(kind)} where value is null) p
            on p.raw = l.{named(identifier_name(kind))} where l._fate = {USED}
            """
        ).fetchall()
        if count:
            dropped[kind] = count
    return dropped


def _shape(connection: duckdb.DuckDBPyConnection, workspace: Workspace, landed: Landed) -> Shape:
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
    _one_file(landed, shape.varying, shape.constant, "l._file")
    if "_record" in hidden:
        _number_records(connection, landed, shape)
    if relation.name == "interactions":
        _shape_interactions(connection, workspace, landed, shape, filled)
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
    (found,) = connection.execute(f"select {counts} from landed where _fate = {USED}").fetchall()
    return set(names) - {name for name, count in zip(doubtful, found, strict=True) if not count}


def _one_file(landed: Landed, varying: dict[str, str], constant: dict[str, str], sql: str) -> None:
    """Say which file a row is from."""
    if len(landed.files) == 1:
        constant["_file"] = str(landed.files[0].number)
    else:
        varying["_file"] = sql


def _number_records(connection: duckdb.DuckDBPyConnection, landed: Landed, shape: Shape) -> None:
    """Give each row the number of its record in its file, from the place of the landed one."""
    if len(landed.files) == 1:
        shape.varying["_record"] = f"l.rowid - {landed.files[0].first_row} + 1 + l._skipped"
        return
    connection.execute(
        """
        create or replace temp table first_rows as
        select unnest($numbers::integer[]) as number, unnest($firsts::bigint[]) as row
        """,
        {"numbers": [file.number for file in landed.files], "firsts": [file.first_row for file in landed.files]},
    )
    shape.varying["_record"] = "l.rowid - first.row + 1 + l._skipped"
    shape.joins.append("join temp.first_rows first on first.number = l._file")


def _shape_interactions(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, landed: Landed, shape: Shape, filled: set[str]
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
    if "_outcome" in filled and "outcome_detail" not in filled:
        shape.varying["outcome_detail"] = "l._outcome"
    if "phone" in source.identifiers:
        shape.joins.append(f"left join {table_of('phone')} phone on phone.raw = l.{named(identifier_name('phone'))}")
        for name in ("line_type", "area"):
            own = f"l.{name}, " if name in filled else ""
            shape.varying[name] = f"coalesce({own}phone.{name})"
    inputs = match_inputs(filled)
    rules = rules_for(workspace.referential, source.name)
    keys = match_values(connection, rules, inputs)
    own_values = {given: f"l.{given}" for given in GIVES if given in filled}
    _add_meanings(shape, meanings(rules, workspace.referential, keys, inputs, own_values))


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
    keys = match_values(connection, rules, inputs)
    own = {"intent": "l.intent"} if "intent" in filled else {}
    meaning = meanings(rules, workspace.referential, keys, inputs, own)
    shape.joins += meaning.joins
    shape.varying |= {
        name: meaning.columns[given]
        for name, given in (("intent", "intent"), ("_solution", "solution"))
        if given in meaning.columns
    }
