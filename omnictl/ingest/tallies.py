"""What the store knows of its sources besides their rows: how far each is filled, what has no meaning yet, and up to
when each is complete.

Made anew for the sources that changed, in one scan of their rows each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from omnictl.engines.connection import named, quoted
from omnictl.ingest.meanings import page_of, rules_for
from omnictl.ingest.schema import HIDDEN, stored, stored_relations
from omnictl.relations import RELATIONS, Relation
from omnictl.relations.column import TIME
from omnictl.workspace import Retrieval, Source, Workspace
from omnictl.zone import Zone

if TYPE_CHECKING:
    import duckdb

UNMAPPED_LISTED = 1_000  # values kept of one source and kind, the most frequent ones
_LINE = ("channel", "name", "total", "filled", "low", "high")  # of `fills`, for one source and relation


def refresh_tallies(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: str, added: Sequence[int] | None = None
) -> None:
    """Count anew how far a source is filled and what has no meaning yet.

    Args:
        added: numbers of the files that have come, when no row has gone.
    """
    for relation, filled in stored_relations(connection, source).items():
        refresh_fills(connection, RELATIONS[relation], source, filled, added)
    if source in workspace.sources:
        refresh_unmapped(connection, workspace, workspace.sources[source])


def refresh_fills(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    source: str,
    filled: Sequence[str],
    added: Sequence[int] | None = None,
) -> None:
    """Count, per channel, the filled cells of each column of a source's rows.

    Args:
        filled: the columns that may hold something; the others are empty without being looked at.
        added: numbers of the files that have come, when no row has gone: only their rows are counted, and added.
    """
    known = {"source": source, "relation": relation.name}
    of_source = "source = $source and relation = $relation"
    lines = _filled_cells(connection, relation, source, filled, added)
    if added is None:
        connection.execute(f"delete from fills where {of_source}", known)
    connection.execute(
        """
        insert into fills
        select $relation, $source, unnest($channel::varchar[]), unnest($name::varchar[]), unnest($total::bigint[]),
            unnest($filled::bigint[]), unnest($low::timestamp[]), unnest($high::timestamp[])
        """,
        known | {name: [line[n] for line in lines] for n, name in enumerate(_LINE)},
    )
    if added is not None:
        connection.execute(
            f"""
            create or replace temp table filled_now as
            select relation, source, channel, column_name, sum(row_count)::bigint, sum(filled)::bigint,
                min(lowest), max(highest)
            from fills where {of_source} group by all
            """,
            known,
        )
        connection.execute(f"delete from fills where {of_source}", known)
        connection.execute("insert into fills from filled_now")


def _filled_cells(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    source: str,
    filled: Sequence[str],
    added: Sequence[int] | None,
) -> list[tuple[str | None, str, int, int, datetime | None, datetime | None]]:
    """Lines as `_LINE` names them, one per channel and column of the relation."""
    rows = "" if added is None else f" and list_contains({list(added)}::integer[], _file)"
    origin = f"(select * from {relation.name} where source = {quoted(source)}{rows}) t"
    channel = "t.channel" if relation.column("channel") is not None else "null::varchar"
    if relation.name == "surveys":  # asked about an interaction, a survey has its channel
        channel = "coalesce(t.channel, i.channel)"
        origin += " left join interactions i on i.source = t.interaction_source and i.interaction_id = t.interaction_id"
    counted = [column for column in relation.columns if column.name in filled]
    times = [column for column in counted if column.type == TIME]
    asked = [f"count(t.{named(column.name)})" for column in counted]
    asked += [f"{end}(t.{named(column.name)})" for column in times for end in ("min", "max")]
    found = connection.execute(
        f"select {channel} as channel, count(*), {', '.join(asked)} from {origin} group by 1 order by 1"
    ).fetchall()
    lines: list[tuple[str | None, str, int, int, datetime | None, datetime | None]] = []
    for channel_name, total, *figures in found:
        counts = {column.name: figure for column, figure in zip(counted, figures, strict=False)}
        ends = iter(figures[len(counted) :])
        spans = {column.name: (next(ends), next(ends)) for column in times}
        for column in relation.columns:
            low, high = spans.get(column.name, (None, None))
            lines.append((channel_name, column.name, total, counts.get(column.name, 0), low, high))
    return lines


def refresh_unmapped(connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: Source) -> None:
    """Count what has no meaning: values of rows without intent, for the keys that have match rules; outcomes and
    channels omnictl does not know."""
    connection.execute("delete from unmapped where source = $source", {"source": source.name})
    for relation, columns in stored_relations(connection, source.name).items():
        for kind, (value, condition) in _asked(workspace, source, relation, columns).items():
            # columns that hold one value throughout are no group, and without a group there is always one row
            connection.execute(
                f"""
                insert into unmapped
                select source, {quoted(kind)}, {value} as value, count(*) as row_count
                from {relation} where source = $source and {condition} and {value} is not null
                group by all having row_count > 0
                order by row_count desc, value limit {UNMAPPED_LISTED}
                """,
                {"source": source.name},
            )


def _asked(workspace: Workspace, source: Source, relation: str, columns: Collection[str]) -> dict[str, tuple[str, str]]:
    """What may have no meaning in rows of a relation: kind → (value, condition)."""
    asked: dict[str, tuple[str, str]] = {}
    if relation == "interactions":
        values = {"queue": "queue", "wrap_up": "_wrap_up", "ivr_node": "_ivr_node"}
        values["page"] = page_of("coalesce(_page, entry_point)")
        with_rules = {rule.key for rule in rules_for(workspace.referential, source.name)}
        asked = {key: (value, "intent is null") for key, value in values.items() if key in with_rules}
        known = ", ".join(map(quoted, workspace.referential.channels))
        asked["channel"] = ("channel", f"channel not in ({known})")
    if "_outcome" in HIDDEN.get(relation, {}) and "outcome" in columns:
        asked["outcome" if relation == "interactions" else f"outcome of {relation}"] = ("_outcome", "true")
    return asked


def write_feed(
    connection: duckdb.DuckDBPyConnection, source: str, relation: Relation, columns: Collection[str]
) -> None:
    """Write down that a source feeds a relation, and which of its columns; rows of earlier files may fill others."""
    known = {"source": source, "relation": relation.name}
    before = set(stored_relations(connection, source, own=True).get(relation.name, ()))
    filled = [name for name in relation.names if name in before or name in columns]
    connection.execute("delete from feeds where source = $source and relation = $relation and _by is null", known)
    connection.execute(
        "insert into feeds values ($source, $relation, $columns::varchar[], null)", known | {"columns": filled}
    )


def refresh_source(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    source: Source,
    shape: str,
    now: datetime,
    *,
    held: bool,
) -> None:
    """Write down when a source was received, its newest event, and up to when it is complete. Times are naive UTC.

    `until` is written once that day is over: before, the source is as alive as any.

    Args:
        shape: a digest of all that shapes its rows.
    """
    described = _describe(connection, workspace, source, now, held=held)
    connection.execute("delete from sources where source = $source", {"source": source.name})
    connection.execute(
        """
        insert into sources values ($source, $connector, $timezone, $received_at, $newest_at, $watermark, $until,
            $fingerprint, $held, true)
        """,
        {
            "source": source.name,
            "connector": source.connector,
            "timezone": source.timezone,
            "fingerprint": shape,
            "held": held,
            **described,
        },
    )


def promised_anew(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: Source, now: datetime, *, held: bool
) -> bool:
    """Whether a source is complete up to another time than is written down: `retrieval` or `until` were changed, or
    the day of `until` is over since."""
    known = connection.execute(
        "select watermark, until from sources where source = $source", {"source": source.name}
    ).fetchall()
    if not known:
        return False
    described = _describe(connection, workspace, source, now, held=held)
    return known[0] != (described["watermark"], described["until"])


def _describe(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: Source, now: datetime, *, held: bool
) -> dict[str, Any]:
    """`received_at`, `newest_at`, `watermark` and `until` of a source."""
    ((received_at,),) = connection.execute(
        "select max(modified) from files where source = $source", {"source": source.name}
    ).fetchall()
    received_at = min(received_at, now) if received_at is not None else None
    newest: list[datetime] = []
    newest_past: list[datetime] = []
    for name in stored_relations(connection, source.name, own=True):
        at = RELATIONS[name].at
        if not at:
            continue
        (found,) = connection.execute(
            f"""
            select max({named(at)})::timestamp, max({named(at)}) filter (where {named(at)} <= $received)::timestamp
            from {stored(name, held=held)} where source = $source
            """,
            {"source": source.name, "received": received_at},
        ).fetchall()
        newest += [found[0]] if found[0] is not None else []
        newest_past += [found[1]] if found[1] is not None else []
    complete = watermark(received_at, max(newest_past, default=None), source.retrieval)
    ended = _end_of(source.until, workspace.timezone)
    over = ended is not None and ended <= now
    if ended is not None and over and complete is not None:
        complete = max(complete, ended)
    return {
        "received_at": received_at,
        "newest_at": max(newest, default=None),
        "watermark": complete,
        "until": source.until if over else None,
    }


def _end_of(day: date | None, timezone: str) -> datetime | None:
    """The instant at which a local day is over."""
    if day is None:
        return None
    return Zone(timezone).to_utc(datetime.combine(day + timedelta(days=1), time()))


def watermark(received_at: datetime | None, newest_at: datetime | None, retrieval: Retrieval | None) -> datetime | None:
    """The time up to which a source is complete.

    `received_at - lateness` when the load was on time: its newest event is no older than one round of retrieval and
    the lateness allowed. Otherwise, or when nobody said how often the export comes, its newest event.

    Args:
        received_at: when its last file was written.
        newest_at: its newest event not after that.
    """
    if received_at is None or newest_at is None or retrieval is None or retrieval.every is None:
        return newest_at
    lateness = retrieval.lateness or timedelta(0)
    on_time = newest_at >= received_at - retrieval.every - lateness
    return received_at - lateness if on_time else newest_at
