"""A store in memory, made of rows written down in a test, and questions put to it through the compiler."""

from __future__ import annotations

import functools
import itertools
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from omnictl.compiler.answer import answer
from omnictl.compiler.catalog import read_catalog
from omnictl.compiler.plan import Plan
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Question
from omnictl.glossary import Glossary, load_glossary
from omnictl.ingest.schema import make_tables
from omnictl.relations import RELATIONS
from omnictl.relations.column import CHANNELS, TIME
from omnictl.render import Table

AT = datetime(2026, 3, 2, 10, 0)
HEAD = "label: {en: x, fr: x}\nquestion: {en: x, fr: x}\nunit: count\n"


def glossary_of(*kpis: str, below: Sequence[str | Path] = ()) -> Glossary:
    """A glossary of KPIs as YAML; keys that only people read are filled in."""
    folder = Path(tempfile.mkdtemp())
    for number, text in enumerate(kpis):
        missing = "".join(line + "\n" for line in HEAD.splitlines() if f"\n{line.split(':')[0]}:" not in f"\n{text}")
        (folder / f"{number}.yml").write_text(text.strip() + "\n" + missing, encoding="utf-8")
    return load_glossary([*below, folder])


def empty_store() -> tuple[duckdb.DuckDBPyConnection, str]:
    """A store in memory with all tables and no rows, and its name among those of this process.

    They are databases of one DuckDB, which takes as long to begin as all tables of one to be made.
    """
    name = f"store_{next(_NUMBERS)}"
    con = _instance().cursor()
    con.execute(f"attach ':memory:' as {name}; use {name}; create table meta (key varchar primary key, value varchar)")
    make_tables(con)
    return con, name


def _forget(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.close()
    _instance().execute(f"detach {name}")


_NUMBERS = itertools.count()


@functools.cache
def _instance() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


@dataclass(frozen=True)
class Setting:
    timezone: str = "UTC"
    language: str = "en"


class Asking:
    """Rows of relations, and what can be asked of them. Interactions and surveys need only say what matters."""

    def __init__(self, glossary: Glossary, timezone: str = "UTC", **rows: Iterable[Mapping[str, Any]]) -> None:
        self.glossary = glossary
        self.setting = Setting(timezone)
        self.con, name = empty_store()
        weakref.finalize(self, _forget, self.con, name)
        for relation, given in rows.items():
            self._insert(relation, [self._whole(relation, row, number) for number, row in enumerate(given)])
        self.count_fills()

    def _whole(self, relation: str, row: Mapping[str, Any], number: int) -> dict[str, Any]:
        known = RELATIONS[relation]
        whole: dict[str, Any] = {"source": "t"} if known.column("source") else {}
        whole |= {column.name: column.default for column in known.columns if column.default is not None}
        whole |= {name: f"{name[0]}{number}" for name in known.key if name.endswith("_id")}
        if relation == "interactions":
            whole |= {"channel": "phone", "started_at": AT}
            whole["kind"] = CHANNELS.get(row.get("channel", "phone"), ("", "contact"))[1]
        return whole | row

    def _insert(self, relation: str, rows: list[dict[str, Any]]) -> None:
        names = list(dict.fromkeys(name for row in rows for name in row))
        for start in range(0, len(rows), 500):
            some = rows[start : start + 500]
            marks = ", ".join(f"({', '.join('?' for _ in names)})" for _ in some)
            columns = ", ".join(f'"{name}"' for name in names)
            cells = [row.get(name) for row in some for name in names]
            self.con.execute(f"insert into {relation} ({columns}) values {marks}", cells)

    def count_fills(self) -> None:
        """What ingest and build write down of each source: filled cells by channel, first and last times."""
        self.con.execute("delete from fills")
        fills: list[tuple[Any, ...]] = []
        for name, relation in RELATIONS.items():
            if (relation.written_by != "connector" and name != "levels") or not self.con.execute(
                f"from {name} limit 1"
            ).fetchall():
                continue
            channel = "t.channel" if relation.column("channel") else "null"
            origin = f"{name} as t"
            if name == "surveys":
                channel = "coalesce(t.channel, i.channel)"
                origin += " left join interactions as i on i.source = t.interaction_source"
                origin += " and i.interaction_id = t.interaction_id"
            counts = []
            for column in relation.columns:
                cell = f't."{column.name}"'
                ends = (f"min({cell})", f"max({cell})") if column.type == TIME else ("null::timestamp",) * 2
                counts += [f"count({cell})", *ends]
            told = self.con.execute(
                f"select t.source, {channel}, count(*), {', '.join(counts)} from {origin} group by all"
            )
            for source, of, rows, *cells in told.fetchall():
                fills += [
                    (name, source, of, column.name, rows, *cells[3 * place : 3 * place + 3])
                    for place, column in enumerate(relation.columns)
                ]
        cells = zip(*fills, strict=True) if fills else ([] for _ in range(8))
        kinds = ("varchar",) * 4 + ("bigint",) * 2 + ("timestamp",) * 2
        unnested = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
        self.con.execute(f"insert into fills select {unnested}", [list(each) for each in cells])

    def complete_until(self, source: str, relation: str, watermark: datetime, until: datetime | None = None) -> None:
        self.con.execute(
            "insert into sources (source, watermark, until) values (?, ?, ?)",
            [source, watermark, until],
        )

    def plan(self, *kpis: str, **asked: Any) -> Plan:
        return plan(Question(kpis, **asked), self.glossary, self.setting, read_catalog(self.con))

    def table(self, *kpis: str, **asked: Any) -> Table:
        return answer(self.plan(*kpis, **asked), self.con)

    def rows(self, *kpis: str, **asked: Any) -> list[dict[str, Any]]:
        table = self.table(*kpis, **asked)
        names = [column.name for column in table.columns]
        return [dict(zip(names, row, strict=True)) for row in table.rows]

    def value(self, kpi: str, **asked: Any) -> Any:
        (row,) = self.rows(kpi, **asked)
        return row[kpi]
