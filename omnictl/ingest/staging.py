"""Records staged: every record of the files of a load in one temporary table, over which a connector's SELECTs run.

`file` is what they see: the columns of the export, `record` (from 1, over all files read together, in their order in
time) and `path`. Files are read each by itself; those of a connector that looks back, all together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from omnictl.connectors.contract import Reads
from omnictl.connectors.names import folded
from omnictl.engines.connection import named, quoted
from omnictl.errors import PluginError
from omnictl.ingest.cells import family
from omnictl.ingest.feeds import FILE, PATH, RECORD, Feed, Prepared, Query, given_feed
from omnictl.ingest.functions import define_times
from omnictl.ingest.landing import Landed, LandedFile, land_staged, of_stretch
from omnictl.ingest.mapping import COMPLETING, read_mapping
from omnictl.ingest.opening import Opened, fits, read_in
from omnictl.progress import Stage

if TYPE_CHECKING:
    import duckdb

STAGED = "staged"
WHOLE = ("INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER")  # types of the number of a record
Span = tuple[int, datetime | None, datetime | None]  # of a file's records
PLACES = "staged_files"  # number, path, first (row), rows, before (records of the files before it), written


@dataclass
class Staged:
    """The staged records. `columns` are their names and types; `files` begin at the row `first_row`; `prepared` are the
    tables that SELECTs read beside them."""

    source: str
    columns: dict[str, str] = field(default_factory=dict)
    files: list[LandedFile] = field(default_factory=list)
    rows: int = 0
    prepared: tuple[Prepared, ...] = ()
    prepared_of: int | str | None = ""  # the file they are made of at present, None: all of them


def stage_files(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    files: Iterable[Opened],
    stage: Stage,
    reads: Reads | None = None,
) -> None:
    """Stage the records of files, after those that are staged already.

    Raises:
        SourceError: a file cannot be read.
        EngineError: the disk is full.
    """
    optional = list(reads.optional) if reads is not None else []
    batch: list[Opened] = []
    for opened in files:
        stage.advance(0, opened.file.shown)
        if batch and not fits(batch, opened):
            _stage_batch(connection, staged, batch, optional)
            batch = []
        batch.append(opened)
        stage.advance(1)
    if batch:
        _stage_batch(connection, staged, batch, optional)


def _stage_batch(
    connection: duckdb.DuckDBPyConnection, staged: Staged, batch: list[Opened], optional: list[str]
) -> None:
    columns = dict(batch[0].export.columns)
    here = {folded(name) for name in columns}
    columns |= {name: "VARCHAR" for name in optional if folded(name) not in here}
    _widen(connection, staged, columns)
    given = {folded(name): name for name in batch[0].export.columns}
    chosen = [
        f"{named(given[folded(name)])}::{kind} as {named(name)}" if folded(name) in given else f"null as {named(name)}"
        for name, kind in staged.columns.items()
    ]

    def statement(exports: list[tuple[int, str]]) -> str:
        parts = (f"select {', '.join(chosen)}, {number} as _file from ({select}\n)" for number, select in exports)
        return f"insert into {STAGED} {' union all '.join(parts)}"

    for opened, rows in read_in(connection, STAGED, staged.rows, batch, statement, staged.source):
        staged.files.append(LandedFile(opened.number, opened.file, opened.export, staged.rows, rows))
        staged.rows += rows


def _widen(connection: duckdb.DuckDBPyConnection, staged: Staged, columns: Mapping[str, str]) -> None:
    """Let the staged table hold these columns too; types that differ become one that holds both."""
    if not staged.columns:
        shape = ", ".join(f"{named(name)} {kind}" for name, kind in columns.items())
        connection.execute(f"create or replace temp table {STAGED} ({shape}, _file integer)")
        staged.columns = dict(columns)
        return
    ours = {folded(name): name for name in staged.columns}
    widened = False
    for name, kind in columns.items():
        own = ours.get(folded(name))
        if own is None:
            staged.columns[name] = kind
            widened = True
        elif staged.columns[own] != kind:
            staged.columns[own] = common_type(connection, staged.columns[own], kind)
            widened = True
    if widened:  # `_file` stays last, and a struct takes its new fields
        chosen = ", ".join(
            f"{named(name) if folded(name) in ours else 'null'}::{kind} as {named(name)}"
            for name, kind in staged.columns.items()
        )
        connection.execute(f"create temp table widened as select {chosen}, _file from {STAGED} order by {STAGED}.rowid")
        connection.execute(f"drop table temp.{STAGED}")
        connection.execute(f"alter table widened rename to {STAGED}")


def common_type(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> str:
    """A type that holds the values of both: text when nothing else does."""
    import duckdb

    try:
        rows = connection.execute(
            f"describe select null::{one} as v union all by name select null::{other} as v"
        ).fetchall()
    except duckdb.Error:
        return "VARCHAR"
    return str(rows[0][1])


def write_places(
    connection: duckdb.DuckDBPyConnection,
    files: list[LandedFile],
    order: list[int],
    written: frozenset[int],
) -> list[LandedFile]:
    """Make the table that tells where each file's records stand.

    Args:
        order: the numbers of the files in the order of their time, which `record` follows.
        written: the files whose rows are kept; those of the others only complete them.

    Returns:
        All of them, in that order, each with the ordinal (from 0) of its first record.
    """
    rows_of = {file.number: file.rows for file in files}
    before: dict[int, int] = {}
    passed = 0
    for number in order:
        before[number] = passed
        passed += rows_of[number]
    connection.execute(
        f"""
        create or replace temp table {PLACES} as
        select unnest($numbers::integer[]) as number, unnest($paths::varchar[]) as path,
            unnest($firsts::bigint[]) as first, unnest($rows::bigint[]) as rows, unnest($before::bigint[]) as before,
            unnest($written::boolean[]) as written
        """,
        {
            "numbers": [file.number for file in files],
            "paths": [file.file.shown for file in files],
            "firsts": [file.first_row for file in files],
            "rows": [file.rows for file in files],
            "before": [before[file.number] for file in files],
            "written": [file.number in written for file in files],
        },
    )
    by_number = {file.number: file for file in files}
    return [replace(by_number[number], first_row=before[number]) for number in order]


def view_file(connection: duckdb.DuckDBPyConnection, staged: Staged, only: int | None = None) -> None:
    """Make `file`: all staged records, or those of one file."""
    own = []
    for name in staged.columns:
        clash = folded(name) in (RECORD, PATH)
        own.append(f"s.{named(name)} as {named(name + '_1')}" if clash else f"s.{named(name)}")
    before = "p.before" if only is None else "0"
    condition = "" if only is None else f"where s._file = {only}"
    connection.execute(
        f"""
        create or replace temp view {FILE} as
        select {", ".join(own)}, s.rowid - p.first + {before} + 1 as {RECORD}, p.path as {PATH}
        from {STAGED} s join {PLACES} p on p.number = s._file {condition}
        """
    )


def land_relations(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    feeds: list[Feed | Query],
    files: list[LandedFile],
    *,
    together: bool,
) -> list[Landed]:
    """Land what each feed makes of the staged records.

    Args:
        files: those whose rows are kept, as `write_places` gives them.
        together: records of several files may make one row.

    Raises:
        PluginError: a SELECT fails, or its columns are none of the relation's.
        DefinitionError: an expression does not fit the columns.
    """
    landed = [
        _land_feed(connection, staged, feed, files)
        if isinstance(feed, Feed)
        else _land_query(connection, staged, feed, files, together)
        for feed in feeds
    ]
    _drop_prepared(connection, staged)
    if len(files) < len(staged.files):
        others = f"_file in (select number from {PLACES} where not written)"
        for one in landed:
            connection.execute(f"update {one.table} set _fate = {COMPLETING} where {others}")
    return landed


def _land_feed(connection: duckdb.DuckDBPyConnection, staged: Staged, feed: Feed, files: list[LandedFile]) -> Landed:
    columns = {folded(name): name for name in staged.columns}
    added = {RECORD: "BIGINT", PATH: "VARCHAR"}
    shown = staged.columns | {name: kind for name, kind in added.items() if name not in columns}
    extra = "".join(
        f", {sql} as {name}"
        for name, sql in ((RECORD, "s.rowid - p.first + p.before + 1"), (PATH, "p.path"))
        if name not in columns
    )
    origin = f"""
        select s.* exclude (_file){extra}, s._file as "file number",
            s.rowid - p.first + p.before as "record number"
        from {STAGED} s join {PLACES} p on p.number = s._file
    """
    mapping = read_mapping(connection, feed)
    return land_staged(connection, mapping, origin, shown, files, listed=False)


def _land_query(
    connection: duckdb.DuckDBPyConnection, staged: Staged, query: Query, files: list[LandedFile], together: bool
) -> Landed:
    table = f"given_{query.relation.name}"
    connection.execute(f"drop table if exists temp.{table}")
    for number, rows in [(None, staged.rows)] if together else [(file.number, file.rows) for file in staged.files]:
        _run(connection, staged, query, table, number, rows)
    columns = _described(connection, table)
    listed = columns[RECORD].endswith("[]")
    own = {name: kind for name, kind in columns.items() if name not in (RECORD, "file number")}
    feed = given_feed(query.source, query.relation, own, query.what, outcomes=False)
    origin = _origin(connection, table, together=together, listed=listed)
    return land_staged(connection, read_mapping(connection, feed), origin, own, files, listed=listed)


def _run(
    connection: duckdb.DuckDBPyConnection, staged: Staged, query: Query, table: str, number: int | None, rows: int
) -> None:
    """Run a connector's SELECT over the records of one file, or of all: `rows` of them."""
    import duckdb

    from omnictl.ingest.opening import is_of_the_machine

    view_file(connection, staged, number)
    wanted = staged.prepared if staged.prepared_of != number else ()
    if wanted and staged.prepared_of != "":
        _drop_prepared(connection, staged)
    making: Prepared | Query = query
    define_times(connection, marked=False)
    try:
        for making in wanted:
            connection.execute(f"create temp table {named(making.name)} as {making.sql}", dict(making.parameters))
        staged.prepared_of = number
        making = query
        connection.execute(f"create or replace temp table given as {query.sql}", dict(query.parameters))
    except duckdb.Error as error:
        if is_of_the_machine(error):
            raise
        words = str(error).split("\n\nLINE", 1)[0].strip()
        hint = "cells are text: try_cast(…), local_time(…) and seconds(…) read those that can be read"
        raise PluginError(f"{making.what}: {words}", hint=hint) from error
    finally:
        define_times(connection, marked=True)
    _check_record(connection, query, rows)
    present = connection.execute(
        f"select count(*) from duckdb_tables() where table_name = {quoted(table)} and temporary"
    ).fetchall()[0][0]
    file = "null" if number is None else str(number)
    if present:
        connection.execute(f'insert into {table} by name select *, {file}::integer as "file number" from temp.given')
        return
    connection.execute(f"alter table temp.given rename to {table}")  # the first file's rows need no copy
    connection.execute(f'alter table temp.{table} add column "file number" integer default {file}')


def _drop_prepared(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    if staged.prepared_of == "":
        return
    for each in staged.prepared:
        connection.execute(f"drop table if exists temp.{named(each.name)}")
    staged.prepared_of = ""


def _check_record(connection: duckdb.DuckDBPyConnection, query: Query, rows: int) -> None:
    """See that every given row names a record that is there, or a list of such."""
    kind = _described(connection, "given").get(RECORD)
    hint = "add `min(record) as record`, or `list(record) as record` to have all of them counted as used"
    if kind is None:
        raise PluginError(f"{query.what}: rows must tell which `record` they are made of", hint=hint)
    if kind.removesuffix("[]") not in WHOLE:
        raise PluginError(f"{query.what}: `record` must be a number or a list of numbers, not {kind}", hint=hint)
    least, most = (f"list_min({RECORD})", f"list_max({RECORD})") if kind.endswith("[]") else (RECORD, RECORD)
    gap = f"len({RECORD}) > list_count({RECORD})" if kind.endswith("[]") else "false"
    ((count,),) = connection.execute(
        f"select count(*) from temp.given where not coalesce({least} >= 1 and {most} <= {rows}, false) or {gap}"
    ).fetchall()
    if count:
        raise PluginError(f"{query.what}: {count:,} rows name no `record` of the file", hint=hint)


def _origin(connection: duckdb.DuckDBPyConnection, table: str, *, together: bool, listed: bool) -> str:
    """The given rows, with the file and the ordinals of their records."""
    first = f"list_min({RECORD})" if listed else RECORD
    number = _file_of(connection, "g.first_record") if together else "p.number"
    joined = "" if together else f'join {PLACES} p on p.number = g."file number"'
    shift = "- 1" if together else "- 1 + p.before"
    numbers = f', list_transform(g.{RECORD}, lambda r: r {shift}) as "record numbers"' if listed else ""
    return f"""
        select g.* exclude ({RECORD}, first_record, "file number"), {number} as "file number",
            g.first_record {shift} as "record number"{numbers}
        from (select *, {first}::bigint as first_record from temp.{table}) g {joined}
    """


def _file_of(connection: duckdb.DuckDBPyConnection, record: str) -> str:
    """The number of the file that a record (from 1, over all files) stands in, as SQL."""
    places = connection.execute(f"select before + 1, number from {PLACES} where rows > 0 order by before").fetchall()
    return f"({of_stretch(record, places)})::integer"


def _described(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = connection.execute(f"select column_name, column_type from (describe temp.{table})").fetchall()
    return dict(rows)


def spans(connection: duckdb.DuckDBPyConnection, staged: Staged, at: str) -> Iterator[Span]:
    """The first and last time of the records of each staged file, by a connector's expression `at`: a time, or seconds
    since 1970; what is none of them is left out."""
    everywhere = [file.number for file in staged.files]
    write_places(connection, staged.files, everywhere, frozenset(everywhere))
    view_file(connection, staged)
    described = connection.execute(f"select column_type from (describe select ({at}) as t from {FILE})").fetchall()
    number = family(described[0][0]) in ("integer", "decimal", "double")
    moment = f"try(to_timestamp(({at})::double)::timestamp)" if number else f"try_cast(({at}) as timestamp)"
    rows = connection.execute(
        f"""
        select {_file_of(connection, RECORD)} as number, min(moment), max(moment)
        from (
            select {RECORD}, case when isfinite(moment) then moment end as moment
            from (select {RECORD}, {moment} as moment from {FILE})
        )
        group by all order by 1
        """
    ).fetchall()
    yield from rows
