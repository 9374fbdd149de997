"""Plans kept from earlier questions, in `.omnictl/cache`, one file each, named by a digest of all that shapes them.

A kept plan is found again without reading the glossary's YAML or loading the SQL parser. Whatever a plan follows from
is in the digest, so a kept plan is never stale; what is no longer asked for is dropped after some time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import omnictl
from omnictl.compiler.plan import Plan
from omnictl.compiler.question import Question

if TYPE_CHECKING:
    import duckdb

MOST_KEPT = 500
FOLDER = "cache"

_MADE_OF = """
select string_agg(line, chr(10) order by line)
from (
  select key || '=' || value as line from meta where key = 'format' or key like 'stamp%'
  union all
  select source || ' ' || coalesce(cast(watermark as varchar), '') || ' '
    || coalesce(cast(until as varchar), '')
  from sources
) as lines
"""


def store_state(con: duckdb.DuckDBPyConnection) -> str:
    """What a plan takes from a store, as a text that changes with it."""
    row = con.execute(_MADE_OF).fetchone()
    return str(row[0]) if row and row[0] is not None else ""


def key_of(question: Question, *made_of: str) -> str:
    """The digest of a question and of all else that shapes its plan."""
    import duckdb

    asked = (
        question.kpis, question.by, question.every, question.period.start, question.period.end, question.where,
        question.total, question.parts, question.long, question.lang, question.personal, question.status,
        question.settings,
        question.compare, question.interval, question.top, question.floor, question.agents, question.fiscal,
        question.links,
    )  # fmt: skip
    shape = repr((omnictl.__version__, duckdb.__version__, asked, made_of))
    return hashlib.sha256(shape.encode()).hexdigest()[:32]


def files_of(folders: Sequence[tuple[str, Path]]) -> str:
    """A digest of the names and bytes of every glossary file."""
    digest = hashlib.sha256()
    for name, folder in folders:
        digest.update(f"{name}\0{folder}\0".encode())
        for path in sorted(folder.rglob("*.y*ml")):
            content = path.read_bytes() if path.is_file() else b""
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def find(folder: Path, key: str) -> Plan | None:
    """A kept plan; None when there is none, or it cannot be read."""
    file = folder / f"{key}.json"
    try:
        plan = Plan.from_json(file.read_text(encoding="utf-8"))
        os.utime(file)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return plan


def keep(folder: Path, key: str, plan: Plan) -> None:
    """Keep a plan, whole or not at all. A folder that cannot be written only costs time."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=".plan.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(plan.to_json())
        os.replace(name, folder / f"{key}.json")
        _drop_oldest(folder)


def _drop_oldest(folder: Path) -> None:
    files = list(folder.glob("*.json"))
    if len(files) > MOST_KEPT:
        for file in sorted(files, key=lambda file: file.stat().st_mtime)[: len(files) - MOST_KEPT]:
            file.unlink(missing_ok=True)
