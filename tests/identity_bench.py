"""Interactions and identifiers written by a test, linked; and the same people found another way, one pair at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from omnictl.errors import EngineError
from omnictl.identity import link
from omnictl.ingest.schema import make_tables
from omnictl.ingest.touched import files_came, rows_go
from omnictl.referential import Referential
from omnictl.stages import RunRow, loaded
from omnictl.workspace import Identity, Workspace

DAY0 = datetime(2026, 5, 1, 9, 0)


@dataclass(frozen=True)
class Seen:
    """One interaction: `ids` are its identifiers as (kind, value)."""

    key: str
    ids: Sequence[tuple[str, int]] = ()
    day: float = 0.0
    source: str = "s"
    kind: str = "contact"
    consent: bool | None = None
    excluded: str = ""

    @property
    def at(self) -> datetime:
        return DAY0 + timedelta(days=self.day)


def pseudonym(kind: str, value: int) -> int:
    """A number that differs by kind, and is negative as often as not."""
    return ((hash((len(kind), sum(kind.encode()), value)) * 2_654_435_761) % (1 << 40)) - (1 << 39)


def workspace_of(identity: Identity) -> Workspace:
    return Workspace(
        root=Path(), file="omnictl.yml", name="test", timezone="UTC", country="FR", language="en", store=Path(),
        glossary=(), referential=Referential(), sources={}, identity=identity,
    )  # fmt: skip


@dataclass
class Linked:
    """A store in memory that is linked as often as a test wants."""

    identity: Identity = field(default_factory=Identity)
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    runs: int = 0
    loads: int = 0
    held: dict[tuple[str, str], Seen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection.execute("create table meta (key varchar primary key, value varchar)")
        make_tables(self.connection)

    def given(self, seen: Sequence[Seen]) -> Linked:
        """Let the store hold these interactions and no others; what differs from before comes and goes as by files."""
        self.loads += 1
        now = {(one.source, one.key): one for one in seen}
        gone = [key for key, one in self.held.items() if now.get(key) != one]
        for table, key in (("interactions", "interaction_id"), ("identifiers", "owner_id")) if gone else ():
            condition = " or ".join(f"(source = '{source}' and {key} = '{id_}')" for source, id_ in gone)
            rows_go(self.connection, table, condition)
            self.connection.execute(f"delete from {table} where {condition}")
        came = [one for key, one in now.items() if self.held.get(key) != one]
        rows = [(one.source, one.key, one.kind, one.excluded, one.at, one.consent, self.loads) for one in came]
        self._insert("interactions", "source, interaction_id, kind, excluded, started_at, consent, _file", rows)
        ids = [
            (one.source, "interaction", one.key, kind, pseudonym(kind, v), self.loads)
            for one in came
            for kind, v in one.ids
        ]
        self._insert("identifiers", "source, owner, owner_id, kind, value, _file", ids)
        files_came(self.connection, [self.loads], ["interactions", "identifiers"])
        self.held = now
        loaded(self.connection, f"load-{self.loads}")
        return self

    def _insert(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            places = f"({', '.join('?' * len(rows[0]))})"
            values = [cell for row in rows for cell in row]
            self.connection.execute(f"insert into {table} ({columns}) values {', '.join([places] * len(rows))}", values)

    def link(self, **options: Any) -> RunRow:
        self.runs += 1
        return link(workspace_of(self.identity), self.connection, run_id=f"run-{self.runs}", **options)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    @property
    def identities(self) -> dict[tuple[str, str], tuple[int | None, str, str | None]]:
        rows = self.query("select source, interaction_id, person_id, link, via from identities")
        assert len(rows) == len({row[:2] for row in rows})
        return {(source, key): (person, how, via) for source, key, person, how, via in rows}

    @property
    def people(self) -> dict[str, int | None]:
        """Who each interaction belongs to, by its id."""
        return {key: person for (_, key), (person, _, _) in self.identities.items()}

    @property
    def groups(self) -> set[frozenset[str]]:
        """The interactions of each person, by their ids."""
        found: dict[int, set[str]] = {}
        for key, person in self.people.items():
            if person is not None:
                found.setdefault(person, set()).add(key)
        return {frozenset(keys) for keys in found.values()}


def linked(seen: Sequence[Seen], identity: Identity | None = None) -> Linked:
    store = Linked(identity or Identity()).given(seen)
    assert store.link().status == "done"
    return store


def rules(
    *link_on: str,
    limits: Mapping[str, int] | None = None,
    busy: Mapping[str, int] | None = None,
    consent: Any = "unless_refused",
) -> Identity:
    """Settings without limits but those given."""
    return Identity(link_on=link_on or Identity().link_on, limits=limits or {}, busy=busy or {}, consent=consent)


def expected(seen: Sequence[Seen], identity: Identity) -> dict[tuple[str, str], tuple[int | None, str, str | None]]:
    """What `identities` must hold, found with sets, sorting and a union-find over single values."""
    order = {kind: rank for rank, kind in enumerate(identity.link_on)}

    def allowed(one: Seen) -> bool:
        agreed = one.consent if one.consent is not None else identity.consent != "required"
        return not one.excluded and (one.kind != "visit" or agreed)

    bundles = {
        (one.source, one.key): sorted(
            {(order[kind], pseudonym(kind, value)) for kind, value in one.ids if kind in order} if allowed(one) else ()
        )
        for one in seen
    }
    cut = set()
    for rank, kind in enumerate(identity.link_on):
        for value in {value for bundle in bundles.values() for at, value in bundle if at == rank}:
            carriers = [one for one in seen if (rank, value) in bundles[one.source, one.key]]
            firsts = {bundles[one.source, one.key][0] for one in carriers}
            owners = {first for first in firsts if first[0] < rank and identity.link_on[first[0]] != "token"}
            if len(owners) > identity.limits.get(kind, 10**9):
                cut.add((rank, value))
            times = sorted(one.at for one in carriers if one.kind == "contact")
            for begin in times:
                within = [time for time in times if timedelta(0) <= time - begin < timedelta(days=30)]
                if len(within) > identity.busy.get(kind, 10**9):
                    cut.add((rank, value))
    usable = {key: [each for each in bundle if each not in cut] for key, bundle in bundles.items()}
    parent: dict[tuple[int, int], tuple[int, int]] = {}

    def root(node: tuple[int, int]) -> tuple[int, int]:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for bundle in usable.values():
        for each in bundle:
            parent[root(bundle[0])] = root(each)
    names: dict[tuple[int, int], int] = {}
    found: dict[tuple[str, str], tuple[int | None, str, str | None]] = {}
    for one in sorted(seen, key=lambda one: (one.at, one.source, one.key)):
        bundle = usable[one.source, one.key]
        if not bundle:
            found[one.source, one.key] = (None, "none", None)
            continue
        name = names.setdefault(root(bundle[0]), bundle[0][1])
        found[one.source, one.key] = (name, "certain", identity.link_on[bundle[0][0]])
    return found


def moved(one: Seen, **changes: Any) -> Seen:
    return replace(one, **changes)


class Failing:
    """A connection that breaks at the statement with some words in it."""

    def __init__(self, connection: object, words: str) -> None:
        self.connection, self.words = connection, words

    def execute(self, sql: str, *args: object) -> object:
        if self.words in sql:
            raise EngineError("the plug was pulled")
        return self.connection.execute(sql, *args)  # type: ignore[attr-defined]
