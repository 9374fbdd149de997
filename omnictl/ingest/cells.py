"""From a value of the export to a cell of ours: the SQL that reads it, and that tells when it cannot be read.

One bad cell never aborts a load. An expression runs inside `try({'v': …})`, which costs no more than the bare
expression and tells an error (no struct) from a value that is NULL; then the value is cast with `try_cast`. A value
that fails either becomes NULL and is counted, or makes its record a reject where the column is required.

A cell is read in three steps, each a projection of its own so that nothing is evaluated twice: `t` what the expression
gives, `r` that read as our type, `v` the cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from omnictl.engines.connection import one_of, quoted
from omnictl.errors import DefinitionError
from omnictl.ingest.expressions import Expression
from omnictl.ingest.zones import to_utc
from omnictl.relations.column import BIGINT, BOOLEAN, COUNT, DATE, DECIMAL, SHARE, TEXT, TIME, Column

URLS = frozenset({"entry_point", "object", "page"})  # columns that may hold an address, whose query is dropped
YES = ("true", "t", "yes", "y", "oui", "o", "vrai", "1")
NO = ("false", "f", "no", "n", "non", "faux", "0")

# A time with something behind it: an offset, a zone's name, AM. A cast to TIMESTAMP would silently drop it.
TRAILED = r"[Tt ][0-9]+:[0-9:.]*\s*[^0-9:.\s]"
CLOCK = r"-?[0-9]+:[0-9]{2}:[0-9]{2}([.,][0-9]+)?"


@dataclass(frozen=True)
class Cell:
    """One cell of a record, as SQL.

    Attributes:
        tried, read, value: the three steps; `read` may hold several columns, `value` is NULL for what is unreadable.
        unreadable: a condition over the steps, never NULL; '' when the cell can always be read.
        skipped_time: a condition: the value is a local time that the zone's clock skipped; '' for other types.
        foreign: an outcome's code that is no outcome of ours, as SQL; '' elsewhere.
        moment: a version that is a time, as SQL: it is landed as one, and `value` is NULL; '' elsewhere.
        local: whether the value is a time without offset, read as the source's zone.
    """

    column: Column
    tried: str
    read: tuple[tuple[str, str], ...]
    value: str
    unreadable: str = ""
    skipped_time: str = ""
    foreign: str = ""
    moment: str = ""
    local: bool = False

    @property
    def name(self) -> str:
        return self.column.name


@dataclass(frozen=True)
class Given:
    """What is to be read: a value of the export, the family of its type, and for which column."""

    number: int  # tells the steps of one cell from those of another
    raw: str
    kind: str
    zone: str  # of times without offset
    column: Column

    @property
    def r(self) -> str:
        return f"r{self.number}"

    @property
    def z(self) -> str:
        return f"z{self.number}"

    @property
    def v(self) -> str:
        return f"v{self.number}"


@dataclass(frozen=True)
class Reading:
    """How a value of one type becomes a value of another; see `Cell`."""

    value: str
    read: tuple[tuple[str, str], ...] = ()
    fallible: bool = False
    skipped_time: str = ""
    foreign: str = ""
    moment: str = ""
    local: bool = False


def cell(number: int, column: Column, expression: Expression, zone: str) -> Cell:
    """The cell of a column filled by an expression whose type is known.

    Args:
        number: tells this cell's steps from those of others.
        zone: the source's, for times without offset.

    Raises:
        DefinitionError: values of the expression's type cannot fill the column.
    """
    t, v = f"t{number}", f"v{number}"
    raw = t if expression.is_column else f"{t}.v"
    kind = family(expression.type)
    reading = READERS[column.type](Given(number, raw, kind, zone, column))
    if reading is None:
        message = f"{expression.what} is of type {expression.type}, which cannot fill a column of type {column.type}"
        raise DefinitionError(expression.text.finding("expression-type", message, _type_hint(column, kind)))
    failed = "" if expression.is_column else f"{t} is null"
    filled = f"{raw} is not null" + (f" and {raw} <> ''" if kind == "text" else "")
    lost = f"{filled} and {v} is null" if reading.fallible else ""
    return Cell(
        column=column,
        tried=expression.sql if expression.is_column else f"try({{'v': {expression.sql}}})",
        read=reading.read,
        value=reading.value,
        unreadable=" or ".join(f"({condition})" for condition in (failed, lost) if condition),
        skipped_time=reading.skipped_time,
        foreign=reading.foreign,
        moment=reading.moment,
        local=reading.local,
    )


def family(kind: str) -> str:
    """What a DuckDB type is to a mapping: text, boolean, integer, decimal, double, date, time, timestamp, instant
    (a timestamp with its offset), interval, nothing (the type of a bare NULL), or other."""
    name = kind.upper()
    if name == "VARCHAR" or name.startswith("ENUM"):
        return "text"
    if re.fullmatch(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM", name):
        return "integer"
    if name.startswith("DECIMAL("):
        return "decimal"
    if re.fullmatch(r"TIMESTAMP(_S|_MS|_NS)?", name):
        return "timestamp"
    return {
        "BOOLEAN": "boolean",
        "DOUBLE": "double",
        "FLOAT": "double",
        "DATE": "date",
        "TIME": "time",
        "TIMESTAMP WITH TIME ZONE": "instant",
        "INTERVAL": "interval",
        '"NULL"': "nothing",
    }.get(name, "other")


def _text(given: Given) -> Reading:
    column, r = given.column, given.r
    if column.name == "version_at" and given.kind in ("date", "timestamp", "instant"):
        return Reading("null::varchar", moment=f"{given.raw}::timestamp")
    text = _as_text(given.raw, given.kind)
    if column.name in URLS:
        address = f"contains({text}, '?') and regexp_matches({text}, '^(https?://|/)')"
        text = f"case when {address} then regexp_replace({text}, '[?][^#]*', '') else {text} end"
    text = f"coalesce({text}, '')" if "" in column.among else f"nullif({text}, '')"
    if not column.among:
        return Reading(text)
    inside = one_of(r, column.among)
    value = f"case when {inside} then {r} end"
    if column.name == "outcome":
        return Reading(value, ((r, text),), foreign=f"case when not {inside} then {r} end")
    return Reading(value, ((r, text),), fallible=True)


def _as_text(raw: str, kind: str) -> str:
    if kind == "text":
        return raw
    if kind == "double":  # an id that a tool keeps as a double is written without its `.0`
        whole = f"{raw} = trunc({raw}) and abs({raw}) < 1e15"
        return f"case when {whole} then {raw}::bigint::varchar else {raw}::varchar end"
    if kind == "instant":
        return f"{raw}::timestamp::varchar"
    if kind == "other":
        return f"case when typeof({raw}) in ('JSON', 'UUID') then {raw}::varchar else to_json({raw})::varchar end"
    return f"{raw}::varchar"


def _boolean(given: Given) -> Reading | None:
    raw, r = given.raw, given.r
    if given.kind in ("boolean", "nothing"):
        return Reading(f"{raw}::boolean")
    if given.kind in ("integer", "decimal", "double"):
        return Reading(f"case {raw} when 1 then true when 0 then false end", fallible=True)
    if given.kind != "text":
        return None
    value = f"case when {one_of(r, YES)} then true when {one_of(r, NO)} then false end"
    return Reading(value, ((r, f"lower(trim({raw}))"),), fallible=True)


def _whole(given: Given) -> Reading | None:
    raw, r, type_ = given.raw, given.r, given.column.type
    if given.kind in ("boolean", "integer", "nothing"):
        return Reading(f"try_cast({raw} as {type_})", fallible=True)
    if given.kind not in ("text", "decimal", "double"):
        return None
    # through a decimal: a cast to INTEGER would round 12.7 to 13
    number = f"try_cast({raw} as decimal(38, 6))"
    if given.kind == "text":
        number = f"coalesce({number}, try_cast({_ungrouped(raw)} as decimal(38, 6)))"
    value = f"case when {r} = trunc({r}) then try_cast({r} as {type_}) end"
    return Reading(value, ((r, number),), fallible=True)


def _decimal(given: Given) -> Reading | None:
    raw = given.raw
    if given.kind in ("interval", "time"):
        return Reading(f"try_cast(epoch({raw}) as {DECIMAL})", fallible=True)
    if given.kind == "text":
        dotted = f"replace({raw}, ',', '.')"
        clock = f"regexp_full_match(trim({raw}), '{CLOCK}')"
        # tried only where it stands a chance: a cast that fails costs more than the question
        value = f"""case
            when contains({raw}, ':')
            then case when {clock} then try_cast(epoch(try_cast(trim({dotted}) as interval)) as {DECIMAL}) end
            when contains({raw}, ',') and not contains({raw}, '.') then try_cast({dotted} as {DECIMAL})
            else try_cast({raw} as {DECIMAL}) end"""
        return Reading(f"coalesce({value}, try_cast({_ungrouped(raw)} as {DECIMAL}))", fallible=True)
    if given.kind in ("boolean", "integer", "decimal", "double", "nothing"):
        return Reading(f"try_cast({raw} as {DECIMAL})", fallible=True)
    return None


def _ungrouped(raw: str) -> str:
    """The plain number of a text with its thousands grouped, as SQL; NULL for any other text.

    Groups parted by blanks (`1 234,5`), or by the one of `.` and `,` that is not the decimal sign (`1.234,5`). A single
    one (`1,234`) is the decimal sign, which it is in all exports that write durations so.
    """
    bare = f"trim({raw})"
    return f"""case
        when regexp_full_match({bare}, '[-+]?[0-9]{{1,3}}([ \\x{{a0}}\\x{{202f}}][0-9]{{3}})+([.,][0-9]+)?')
        then replace(regexp_replace({raw}, '[ \\x{{a0}}\\x{{202f}}]', '', 'g'), ',', '.')
        when regexp_full_match({bare}, '[-+]?[0-9]{{1,3}}([.][0-9]{{3}})+,[0-9]+')
        then replace(replace({bare}, '.', ''), ',', '.')
        when regexp_full_match({bare}, '[-+]?[0-9]{{1,3}}(,[0-9]{{3}})+[.][0-9]+') then replace({bare}, ',', '') end"""


def _share(given: Given) -> Reading | None:
    raw, r = given.raw, given.r
    if given.kind == "text":
        number = f"coalesce(try_cast({raw} as double), try_cast(replace({raw}, ',', '.') as double))"
    elif given.kind in ("integer", "decimal", "double", "nothing"):
        number = f"try_cast({raw} as double)"
    else:
        return None
    return Reading(f"case when isfinite({r}) then {r} end", ((r, number),), fallible=True)


def _instant(given: Given) -> Reading | None:
    raw, r, z = given.raw, given.r, given.z
    if given.kind == "nothing":
        return Reading("null::timestamp")
    if given.kind == "instant":
        # the session's zone is UTC: the microseconds are the same, and a cast would look them up in a calendar
        return Reading(f"case when isfinite({raw}) then make_timestamp(epoch_us({raw})) end", fallible=True)
    if given.kind not in ("date", "timestamp", "text"):
        return None
    local = f"try_cast({raw} as timestamp)"
    trailed = f"regexp_matches({raw}, '{TRAILED}')" if given.kind == "text" else "false"
    read = [(r, f"case when not {trailed} and isfinite({local}) then epoch_us({local}) end")]
    value, skipped = to_utc(r, given.zone), f"{r} is not null and {given.v} is null"
    if given.kind == "text":
        joined = f"replace(replace({raw}, ' +', '+'), ' -', '-')"
        read.append((z, f"case when {trailed} then try_cast({joined} as timestamptz)::timestamp end"))
        value = f"coalesce({z}, {value})"
    return Reading(value, tuple(read), fallible=True, skipped_time=skipped, local=True)


def _day(given: Given) -> Reading | None:
    if given.kind == "instant":
        return Reading(f"({given.raw} at time zone {quoted(given.zone)})::date")
    if given.kind in ("text", "date", "timestamp", "nothing"):
        return Reading(f"try_cast({given.raw} as date)", fallible=True)
    return None


READERS: dict[str, Callable[[Given], Reading | None]] = {
    TEXT: _text,
    BOOLEAN: _boolean,
    COUNT: _whole,
    BIGINT: _whole,
    DECIMAL: _decimal,
    SHARE: _share,
    TIME: _instant,
    DATE: _day,
}


def _type_hint(column: Column, kind: str) -> str:
    if column.type == TIME and kind in ("integer", "decimal", "double"):
        return "seconds since 1970: to_timestamp(x); milliseconds: to_timestamp(x / 1000)"
    if column.type == TIME and kind == "time":
        return "add the day: strptime(day || ' ' || time, '%d/%m/%Y %H:%M:%S')"
    if column.type == BOOLEAN:
        return "write a condition, such as state = 'resolved'"
    return "cast it"
