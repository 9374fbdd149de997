"""The functions that mappings and connectors may use besides DuckDB's own, as temporary macros of the writer.

A text that cannot be read becomes a value no cell can take (`infinity`, `nan`), so that it is counted as unreadable
and not taken for an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnictl.engines.connection import one_of, quoted
from omnictl.ingest.cells import TRAILED
from omnictl.ingest.zones import to_utc
from omnictl.relations.column import OUTCOMES

if TYPE_CHECKING:
    import duckdb

FUNCTIONS = {  # for people: what each gives
    "local_time(text, format)": "a local time of the source's zone; formats as of strptime, or a list of them",
    "utc(time)": "the instant of a local time of the source's zone, to count with; NULL where the clock skipped it",
    "seconds(value)": "a duration in seconds: `90`, `1,5`, `01:30` (min:s), `00:01:30`",
    "row_id(column, …)": "an id from what identifies a record, where the export has none",
    "outcome(code)": "our outcome of the vendor's code, by the connector's `outcomes`",
}
MOST_COLUMNS = 16  # that row_id() takes

# What a text that cannot be read becomes: a value no cell can take; NULL where SQL goes on to count with it.
MARKS = {True: ("'infinity'::timestamp", "'nan'::double"), False: ("null::timestamp", "null::double")}

LOCAL_TIME = f"""
create or replace temp macro local_time
    (value, format) as coalesce(
        try_strptime(trim(value::varchar), format),
        case when trim(value::varchar) <> '' then {{mark}} end),
    (value) as coalesce(
        case
            when not regexp_matches(trim(value::varchar), '{TRAILED}') then try_cast(trim(value::varchar) as timestamp)
        end,
        case when trim(value::varchar) <> '' then {{mark}} end)
"""
CLOCK = "-?[0-9]+:[0-5]?[0-9](:[0-5]?[0-9])?([.,][0-9]+)?"
SECONDS = f"""
create or replace temp macro seconds(value) as
    case when trim(value::varchar) <> '' then coalesce(
        case
            when not contains(value::varchar, ':') then try_cast(replace(value::varchar, ',', '.') as double)
            when regexp_full_match(trim(value::varchar), '{CLOCK}') then
                case when starts_with(trim(value::varchar), '-') then -1 else 1 end * list_reduce(
                    list_transform(
                        str_split(ltrim(replace(value::varchar, ',', '.'), '- '), ':'), lambda part: part::double),
                    lambda larger, smaller: larger * 60 + smaller)
        end, {{mark}}) end
"""


def define(connection: duckdb.DuckDBPyConnection, outcomes: Mapping[str, str], zone: str) -> None:
    """Make the functions, `outcome()` for the codes of one connector, `utc()` for the zone of a source."""
    define_times(connection, marked=True)
    connection.execute(_utc(zone))
    connection.execute(_row_id())
    connection.execute(_outcome(outcomes))


def define_times(connection: duckdb.DuckDBPyConnection, *, marked: bool) -> None:
    """Make `local_time` and `seconds`.

    Args:
        marked: mark what cannot be read, so that the cell is counted; False for a SELECT that computes with it.
    """
    time, number = MARKS[marked]
    connection.execute(LOCAL_TIME.format(mark=time))
    connection.execute(SECONDS.format(mark=number))


def _row_id() -> str:
    """80 bits of a digest; JSON tells NULL from '' and one column from the next."""
    shapes = []
    for count in range(1, MOST_COLUMNS + 1):
        names = [f"c{number}" for number in range(count)]
        listed = ", ".join(f"{name}::varchar" for name in names)
        shapes.append(f"({', '.join(names)}) as left(sha256(to_json([{listed}])::varchar), 20)")
    return f"create or replace temp macro row_id {', '.join(shapes)}"


def _utc(zone: str) -> str:
    """TIMESTAMPTZ, so that the host does not take it for a local time. A lambda has its argument computed once."""
    instant = f"list_transform([epoch_us(value)], lambda local: {to_utc('local', zone)})[1]"
    return f"create or replace temp macro utc(value) as case when isfinite(value) then {instant}::timestamptz end"


def _outcome(outcomes: Mapping[str, str]) -> str:
    cases = " ".join(f"when {quoted(code)} then {quoted(outcome)}" for code, outcome in outcomes.items())
    # a code that is not listed means nothing, even when it is spelt like an outcome of ours: a space keeps it apart
    apart = f"code::varchar || case when {one_of('code::varchar', OUTCOMES)} then ' ' else '' end"
    looked_up = f"case code::varchar {cases} else {apart} end" if cases else "code::varchar"
    return f"create or replace temp macro outcome(code) as {looked_up}"
