"""Landed records to rows of a relation, with their identifiers and their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, quoted
from omnictl.ingest.landing import Landed
from omnictl.ingest.mapping import FILTERED, USED, identifier_name
from omnictl.ingest.meanings import GIVES, PAGE_TYPES, match_values, meanings, page_of, rules_for
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


def write_rows(connection: duckdb.DuckDBPyConnection, workspace: Workspace, landed: Landed) -> Written:
    """Insert the records that stand, and their identifiers."""
    relation, source = landed.mapping.relation, landed.mapping.source
    columns, joins = _columns(connection, workspace, landed)
    names = ", ".join(named(name) for name in columns)
    values = ",\n  ".join(f"{sql} as {named(name)}" for name, sql in columns.items())
    ((rows,),) = connection.execute(
        f"insert into {relation.name} ({names})\nselect {values}\nfrom landed l {joins}\nwhere l._fate = {USED}"
    ).fetchall()
    dropped = {}
    for kind in source.identifiers:
        column = named(identifier_name(kind))
        ((seen,),) = connection.execute(f"select count({column}) from landed where _fate = {USED}").fetchall()
        ((kept,),) = connection.execute(
            f"""
            insert into identifiers (source, owner, owner_id, kind, value, _file)
            select {quoted(source.name)}, {quoted(OWNERS[relation.name])}, l.{named(relation.key[1])}, {quoted(kind)},
                p.value, l._file
            from landed l join {table_of(kind)} p on p.raw = l.{column}
            where l._fate = {USED} and p.value is not null
            """
        ).fetchall()
        rows += kept
        if seen > kept:
            dropped[kind] = seen - kept
    return Written(rows, frozenset(columns), dropped)


def _columns(connection: duckdb.DuckDBPyConnection, workspace: Workspace, landed: Landed) -> tuple[dict[str, str], str]:
    """The SQL of every column of a row over the landed table `l`, and the joins that takes."""
    relation, source = landed.mapping.relation, landed.mapping.source
    filled = {name for name, _ in landed.mapping.types}
    columns = {}
    for column in relation.columns:
        if column.name in filled:
            columns[column.name] = f"l.{named(column.name)}"
        elif column.default is not None:
            columns[column.name] = quoted(column.default)
    columns["source"] = quoted(source.name)
    hidden = HIDDEN.get(relation.name, RECORD)
    columns["_file"] = "l._file"
    joins = ""
    if "_record" in hidden:
        columns["_record"], joins = _record(connection, landed)
    for name in hidden:
        if name in filled:
            columns[name] = f"l.{name}"
    if relation.name == "interactions":
        joins += _interaction_columns(connection, workspace, landed, columns, filled)
    elif relation.name == "steps":
        joins += _step_columns(connection, workspace, landed, columns, filled)
    return columns, joins


def _record(connection: duckdb.DuckDBPyConnection, landed: Landed) -> tuple[str, str]:
    """The number of a record in its file, from the place of its row; and the join that takes."""
    if len(landed.files) == 1:
        return f"l.rowid - {landed.files[0].first_row} + 1 + l._skipped", ""
    connection.execute(
        """
        create or replace temp table first_rows as
        select unnest($numbers::integer[]) as number, unnest($firsts::bigint[]) as row
        """,
        {"numbers": [file.number for file in landed.files], "firsts": [file.first_row for file in landed.files]},
    )
    return "l.rowid - first.row + 1 + l._skipped", "join temp.first_rows first on first.number = l._file\n"


def _interaction_columns(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    landed: Landed,
    columns: dict[str, str],
    filled: set[str],
) -> str:
    """Add what the channel, the caller's number and the match rules say; returns the joins that takes."""
    source = landed.mapping.source
    visits = [quoted(name) for name, channel in workspace.referential.channels.items() if channel.kind == "visit"]
    of_channel = f"case when l.channel in ({', '.join(visits) or 'null'}) then 'visit' else 'contact' end"
    columns["kind"] = f"coalesce(l.kind, {of_channel})" if "kind" in filled else of_channel
    if "outcome" in filled and "outcome_detail" not in filled:
        columns["outcome_detail"] = "l._outcome"
    joins = ""
    if "phone" in source.identifiers:
        joins = f"left join {table_of('phone')} phone on phone.raw = l.{named(identifier_name('phone'))}\n"
        for name in ("line_type", "area"):
            own = f"l.{name}, " if name in filled else ""
            columns[name] = f"coalesce({own}phone.{name})"
    inputs = match_inputs(filled)
    rules = rules_for(workspace.referential, source.name)
    keys = match_values(connection, rules, inputs)
    own_values = {given: f"l.{given}" if given in filled else "null::varchar" for given in GIVES}
    meaning = meanings(rules, workspace.referential, keys, inputs, own_values)
    for given in (*GIVES, "intent_source"):
        columns[given] = getattr(meaning, given)
    return joins + meaning.joins


def match_inputs(filled: set[str]) -> dict[str, str]:
    """The SQL of what match rules see of a contact or visit, over the landed table `l`."""
    inputs = {"queue": "l.queue", "wrap_up": "l._wrap_up", "ivr_node": "l._ivr_node"}
    found = {key: sql for key, sql in inputs.items() if sql.removeprefix("l.") in filled}
    pages = [f"l.{name}" for name in ("_page", "entry_point") if name in filled]
    if pages:
        found["page"] = page_of(f"coalesce({', '.join(pages)})")
    return found


def _step_columns(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    landed: Landed,
    columns: dict[str, str],
    filled: set[str],
) -> str:
    """Add what the page rules say of the pages and articles seen; returns the joins that takes."""
    rules = [rule for rule in rules_for(workspace.referential, landed.mapping.source.name) if rule.key == "page"]
    if not rules or "object" not in filled:
        return ""
    shown = f"l.type in ({', '.join(map(quoted, PAGE_TYPES))})"
    value = f"case when {shown} then {page_of('l.object')} end"
    inputs = {"page": value}
    keys = match_values(connection, rules, inputs)
    own = {"intent": "l.intent" if "intent" in filled else "null::varchar"}
    own |= {"solution": "null::varchar", "business_line": "null::varchar"}
    meaning = meanings(rules, workspace.referential, keys, inputs, own)
    columns["intent"], columns["_solution"] = meaning.intent, meaning.solution
    return meaning.joins
