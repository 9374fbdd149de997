"""Erased people in the raw text of rejects, which lies beside the store, and in the people of earlier runs.

A raw text may name a person in any cell of it. It is cut into pieces wherever an export may put a delimiter; when the
pseudonym of a piece is on a tombstone, the text goes as a whole, and its place stays in the relation `rejects`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.ingest.pseudonyms import hash_identifiers, table_of
from omnictl.ingest.rejects import Reject
from omnictl.ingest.secret import Secret
from omnictl.ingest.tombstones import TOLD, pseudonym_of_id
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

CUTS = (r"[,;\t|\"{}\[\]\r\n]+", r"[,;\t|\"{}\[\]\r\n:=&?]+", r"[,;\t|\"'{}\[\]()<>:=&?\s]+")
GONE = "(the text named an erased person)"


def without_erased(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, secret: Secret, rejects: Sequence[Reject]
) -> list[Reject]:
    """The rejects, those without their text that name somebody who has been erased."""
    naming = naming_erased(connection, workspace, secret, [reject.raw for reject in rejects])
    return [replace(reject, raw=GONE) if n in naming else reject for n, reject in enumerate(rejects)]


def drop_raw_texts(connection: duckdb.DuckDBPyConnection, workspace: Workspace, secret: Secret, folder: Path) -> int:
    """Take the texts that name somebody who has been erased out of the files of raw texts; returns how many.

    Raises:
        OSError: the folder cannot be written.
    """
    dropped = 0
    for path in sorted(folder.glob("*.jsonl")):
        told = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        naming = naming_erased(connection, workspace, secret, [str(each.get("raw")) for each in told])
        if not naming:
            continue
        dropped += len(naming)
        fresh = path.with_name(path.name + ".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as writing:
            for n, each in enumerate(told):
                line = each | {"raw": GONE} if n in naming else each
                writing.write(json.dumps(line, ensure_ascii=False) + "\n")
        times = path.stat()
        os.utime(fresh, ns=(times.st_atime_ns, times.st_mtime_ns))  # raw texts go by their age
        os.replace(fresh, path)
    return dropped


def naming_erased(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, secret: Secret, texts: Sequence[str]
) -> Collection[int]:
    """The places of the texts that hold an erased value, or the id of an erased interaction, survey or decision."""
    kinds = connection.execute("select distinct name from tombstones where what = 'value' order by name").fetchall()
    ((any_,),) = connection.execute("select count(*) from tombstones").fetchall()
    if not any_ or not texts:
        return ()
    pieces = sorted({(n, piece) for n, text in enumerate(texts) for cut in CUTS for piece in _pieces(cut, text)})
    connection.execute(
        """
        create or replace temp table pieces as
        select unnest($places::integer[]) as place, unnest($texts::varchar[]) as raw
        """,
        {"places": [place for place, _ in pieces], "texts": [piece for _, piece in pieces]},
    )
    found: set[int] = set()
    spellings = "select distinct raw from temp.pieces"
    for (kind,) in kinds:
        hash_identifiers(connection, kind, spellings, secret=secret, country=workspace.country, ignore=())
        rows = connection.execute(
            f"""
            select distinct place from temp.pieces join {table_of(kind)} using (raw)
            where value in (select value from tombstones where what = 'value' and name = {quoted(kind)})
            """
        ).fetchall()
        found |= {place for (place,) in rows}
        connection.execute(f"drop table {table_of(kind)}")
    for owner in TOLD:
        rows = connection.execute(
            f"""
            select distinct place from temp.pieces
            where {pseudonym_of_id(quoted(owner), "raw")} in (select value from tombstones where what = '{owner}')
            """,
            secret.pads,
        ).fetchall()
        found |= {place for (place,) in rows}
    connection.execute("drop table temp.pieces")
    return found


def _pieces(cut: str, text: str) -> set[str]:
    return {piece.strip() for piece in re.split(cut, text) if piece.strip()}


def forget_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget that people became others, of those who are named by an erased value."""
    connection.execute(
        """
        delete from person_changes where was in (select value from tombstones where what = 'value')
            or coalesce(person_id in (select value from tombstones where what = 'value'), false)
        """
    )
