"""People as they are named on the line: 16 hex digits, or one of their interactions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from omnictl.errors import OmnictlError
from omnictl.identity.person import Key, shown

if TYPE_CHECKING:
    import duckdb

_HEX = re.compile(r"[0-9a-f]{16}\Z", re.I)
FIND = "`omnictl journey show --interaction SOURCE/ID` names them by one of their interactions"

ANY_LINKED = "select exists (from identities)"
ANY = "select exists (from interactions)"
KNOWN = "select exists (from identities where person_id = $person)"
NEAREST = """
select person_id from (
  select distinct person_id, lpad(lower(to_hex(person_id)), 16, '0') as shown
  from identities where person_id is not null
)
where levenshtein(shown, $text) <= 2
order by levenshtein(shown, $text), person_id limit 1
"""
OF_INTERACTION = """
select i.person_id from identities as i where i.source = $source and i.interaction_id = $interaction
"""
THERE = "select exists (from interactions where source = $source and interaction_id = $interaction)"
SOURCES = "select distinct source from interactions order by source"


def person_of(text: str, connection: duckdb.DuckDBPyConnection) -> int:
    """The person of 16 hex digits.

    Raises:
        OmnictlError: it is none, or nobody has it; the hint names the nearest.
    """
    check_linked(connection)
    if not _HEX.match(text):
        raise OmnictlError(f"`{text}` is no person: they are named by 16 hex digits", hint=FIND)
    number = int(text, 16)
    person = number - (1 << 64) if number >= 1 << 63 else number
    if _value(connection, KNOWN, person=person):
        return person
    near = connection.execute(NEAREST, {"text": text.lower()}).fetchone()
    raise OmnictlError(
        f"there is no person `{text.lower()}`", hint=f"did you mean `{shown(near[0])}`?" if near else FIND
    )


def person_behind(name: str, connection: duckdb.DuckDBPyConnection) -> int:
    """The person of an interaction, named SOURCE/ID; an id may hold slashes of its own.

    Raises:
        OmnictlError: there is no such interaction, or nobody knows whose it is.
    """
    check_linked(connection)
    key = Key.of(name, [row[0] for row in connection.execute(SOURCES).fetchall()])
    given = {"source": key.source, "interaction": key.id}
    found = connection.execute(OF_INTERACTION, given).fetchone()
    if found is not None and found[0] is not None:
        return int(found[0])
    if found is not None or _value(connection, THERE, **given):
        hint = f"`omnictl identity explain {name}` says which identifiers it has"
        raise OmnictlError(f"nobody knows whose interaction `{name}` is", hint=hint)
    hint = f"omnictl show interactions --columns interaction_id --where \"source = '{key.source}'\""
    raise OmnictlError(f"`{key.source}` has no interaction `{key.id}`", hint=hint)


def check_linked(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse to answer questions about people before there are any.

    Raises:
        OmnictlError: nothing has been linked, or there is nothing to link.
    """
    if not _value(connection, ANY):
        hint = "`omnictl status` says what became of the records of each source"
        raise OmnictlError("no people are known: there are no interactions", hint=hint)
    if not _value(connection, ANY_LINKED):
        raise OmnictlError("no people are known yet: nothing has been linked", hint="`omnictl run` does it")


def _value(connection: duckdb.DuckDBPyConnection, sql: str, **given: object) -> object:
    row = connection.execute(sql, given).fetchone()
    return row[0] if row else None
