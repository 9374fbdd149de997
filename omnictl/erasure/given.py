"""Identifiers as somebody gives them, in the clear, as the pseudonyms that the store holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.errors import OmnictlError, did_you_mean
from omnictl.ingest.pseudonyms import hash_identifiers, table_of
from omnictl.ingest.schema import held_tables
from omnictl.ingest.secret import Secret
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Given:
    """One identifier in the clear; never shown. `place` says where it was given, in words."""

    kind: str
    raw: str = field(repr=False)
    place: str


def read_given(arguments: Sequence[str], lines: Iterable[str], kind: str | None = None) -> list[Given]:
    """The identifiers of a command line and of a list, one per line.

    Args:
        kind: of all of them; without it each is written KIND=VALUE.

    Raises:
        OmnictlError: one is not written so, or there is none.
    """
    told = [(text, f"argument {n}") for n, text in enumerate(arguments, 1)]
    told += [(text.rstrip("\r\n"), f"line {n}") for n, text in enumerate(lines, 1) if text.strip()]
    found = []
    for text, place in told:
        if not text.isprintable() and any("\ud800" <= char <= "\udfff" for char in text):
            raise OmnictlError(f"{place} is not UTF-8")
        own, equals, raw = (kind, "=", text) if kind else text.partition("=")
        if not (own and own.strip() and equals and raw):
            raise OmnictlError(
                f"{place} is not KIND=VALUE", hint="such as customer_id=C-42, or --kind customer_id for all"
            )
        found.append(Given(own.strip(), raw, place))
    if not found:
        raise OmnictlError("no value is given", hint="KIND=VALUE, or --values FILE with one per line, - for stdin")
    return found


def hash_given(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, secret: Secret, given: Sequence[Given]
) -> None:
    """Make the temporary table `given` of what is given: kind, value (its pseudonym), each once.

    Raises:
        OmnictlError: a kind that neither the store nor omnictl.yml knows, or a value that identifies nobody. Its
            message tells the place, never the value.
    """
    known = _kinds(connection, workspace)
    for each in given:
        if each.kind not in known:
            hint = did_you_mean(each.kind, known)
            raise OmnictlError(f"{each.place}: `{each.kind}` is no kind of identifier here", hint=hint)
    connection.execute("create or replace temp table in_the_clear (kind varchar, raw varchar, place varchar)")
    connection.execute(
        """
        insert into in_the_clear
        select unnest($kinds::varchar[]), unnest($raws::varchar[]), unnest($places::varchar[])
        """,
        {
            "kinds": [each.kind for each in given],
            "raws": [each.raw for each in given],
            "places": [each.place for each in given],
        },
    )
    connection.execute("create or replace temp table given (kind varchar, value bigint)")
    try:
        for kind in dict.fromkeys(each.kind for each in given):
            _hash_kind(connection, workspace, secret, kind)
    finally:
        connection.execute("drop table temp.in_the_clear")


def _hash_kind(connection: duckdb.DuckDBPyConnection, workspace: Workspace, secret: Secret, kind: str) -> None:
    spellings = f"select distinct raw from temp.in_the_clear where kind = {quoted(kind)}"
    ignore = workspace.identity.ignore.get(kind, ())
    hash_identifiers(connection, kind, spellings, secret=secret, country=workspace.country, ignore=ignore)
    try:
        nobody = connection.execute(
            f"""
            select place from temp.in_the_clear c join {table_of(kind)} p using (raw)
            where c.kind = {quoted(kind)} and p.value is null order by c.rowid limit 1
            """
        ).fetchall()
        if nobody:
            hint = "no number, `unknown` and the like, or on the list `identity: {ignore: …}`"
            raise OmnictlError(f"{nobody[0][0]}: as a {kind} it identifies nobody", hint=hint)
        connection.execute(
            f"insert into given select distinct {quoted(kind)}, value from {table_of(kind)} where value is not null"
        )
    finally:
        connection.execute(f"drop table {table_of(kind)}")


def _kinds(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> set[str]:
    """The kinds of identifiers that the store holds or the settings name."""
    tables = ["identifiers", *(["held_identifiers"] if "identifiers" in held_tables(connection) else [])]
    rows = connection.execute(" union ".join(f"select kind from {table}" for table in tables)).fetchall()
    return {kind for (kind,) in rows} | {*workspace.identity.link_on, *workspace.identity.limits}
