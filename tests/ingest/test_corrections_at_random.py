"""Random histories of files, mappings and corrections give what a plain reckoning gives, and, when no file has
vanished, the very contents of a store loaded at once."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from ingest_bench import Bench

from omnictl.ingest.ledger import Corrections

MAPPINGS = ("queue", "upper(queue)")
SOURCE = """
    log:
      connector: table
      path: log_*
      format: csv
      columns: {{interaction_id: id, channel: "'phone'", started_at: begun, version_at: version, queue: {queue}}}
      identifiers: {{customer_id: customer}}
"""
HEADER = "id,begun,version,queue,customer\n"
NAMES = st.sampled_from(["log_a", "log_b", "log_c", "log_d"])


@dataclass(frozen=True)
class Record:
    id: int
    version: int
    queue: str
    good: bool = True

    @property
    def line(self) -> str:
        begun = f"2026-05-0{self.id} 10:00" if self.good else "never"
        return f"{self.id},{begun},{self.version},{self.queue},C{self.id}\n"


Content = tuple[Record, ...]
RECORDS = st.builds(
    Record, st.integers(1, 3), st.integers(1, 2), st.sampled_from("xy"), st.sampled_from([True, True, True, False])
)
CONTENTS = st.lists(RECORDS, min_size=1, max_size=3).map(tuple)


def text(content: Content) -> str:
    return HEADER + "".join(record.line for record in content)


@dataclass
class Held:
    """A file whose rows the store should hold. `lost`: records of a vanished file that newer ones had replaced."""

    name: str
    minute: int
    content: Content
    mapping: int
    vanished: bool = False
    lost: set[int] = field(default_factory=set)


def standing(files: list[Held]) -> dict[int, tuple[Held, int]]:
    """Which record stands for each id: the greatest version, then that of the file modified later, then the later."""
    found: dict[int, tuple[tuple[int, int, str, int], Held, int]] = {}
    for file in files:
        for place, record in enumerate(file.content):
            if not record.good or place in file.lost:
                continue
            rank = (record.version, file.minute, file.name, place)
            if record.id not in found or rank > found[record.id][0]:
                found[record.id] = (rank, file, place)
    return {key: (file, place) for key, (_, file, place) in found.items()}


class Histories(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.bench = Bench(Path(self.folder.name) / "w")
        self.bench.folder.mkdir()
        self.bench.write(".omnictl/secret", "the same secret in every folder\n")
        self.present: dict[str, tuple[int, Content]] = {}
        self.held: list[Held] = []
        self.mapping, self.minute, self.fresh = 0, 0, True
        self.bench.sources(SOURCE.format(queue=MAPPINGS[0]))

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule(name=NAMES, content=CONTENTS)
    def write(self, name: str, content: Content) -> None:
        self.minute += 1
        self.bench.write(name, text(content), minutes=self.minute)
        self.present[name] = (self.minute, content)

    @precondition(lambda self: self.present)
    @rule(data=st.data(), record=RECORDS)
    def grow(self, data: st.DataObject, record: Record) -> None:
        name = data.draw(st.sampled_from(sorted(self.present)))
        self.write(name, (*self.present[name][1], record))

    @precondition(lambda self: self.present)
    @rule(data=st.data(), to=NAMES)
    def rename(self, data: st.DataObject, to: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.present)))
        (self.bench.folder / name).rename(self.bench.folder / to)
        self.present[to] = self.present.pop(name)

    @precondition(lambda self: self.present)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.present)))
        (self.bench.folder / name).unlink()
        del self.present[name]

    @precondition(lambda self: any(file.vanished for file in self.held))
    @rule(data=st.data(), name=NAMES)
    def bring_back(self, data: st.DataObject, name: str) -> None:
        self.write(name, data.draw(st.sampled_from([file.content for file in self.held if file.vanished])))

    @rule()
    def change_mapping(self) -> None:
        self.mapping = 1 - self.mapping
        self.bench.sources(SOURCE.format(queue=MAPPINGS[self.mapping]))

    @rule(
        full=st.booleans(),
        forget=st.one_of(st.none(), st.none(), NAMES, st.just("*")),
        replace=st.one_of(st.none(), st.none(), NAMES),
    )
    def run(self, full: bool, forget: str | None, replace: str | None) -> None:
        corrections = Corrections(full, (replace,) if replace else (), (forget,) if forget else ())
        self.reckon(forget)
        self.bench.run(corrections=corrections)
        self.check()

    def reckon(self, forget: str | None) -> None:
        """What should be there after a run."""

        def meets(name: str) -> bool:
            return forget in ("*", name)

        if not self.present and not any(meets(file.name) for file in self.held):
            return  # the source is missing, and keeps what it has
        places: dict[Content, list[tuple[int, str]]] = {}
        for name, (minute, content) in self.present.items():
            places.setdefault(content, []).append((minute, name))
        kept = []
        for file in self.held:
            now = {name for _, name in places.get(file.content, ())}
            moved = bool(now) and file.name not in now
            if not (meets(file.name) or (moved and any(map(meets, now)))):
                kept.append(file)
        places = {
            content: left
            for content, named in places.items()
            if (left := [each for each in named if not meets(each[1])])
        }
        known = {file.content for file in kept}
        new = {content: min(named)[1] for content, named in places.items() if content not in known}
        lost = [file for file in kept if file.content not in places]
        grown = {
            id(file): content
            for file in lost
            for content in new
            if len(content) > len(file.content) and content[: len(file.content)] == file.content
        }
        taken = {new[content] for content in grown.values()}
        by_name = {name for name in new.values() if name not in taken}
        winners = standing(self.held)
        still = []
        for file in lost:
            if id(file) in grown or file.name in by_name:
                continue  # changed
            file.vanished = True
            for place, record in enumerate(file.content):
                if record.good and winners[record.id] != (file, place):
                    file.lost.add(place)
            still.append(file)
        self.held = still + [Held(min(n)[1], min(n)[0], content, self.mapping) for content, n in places.items()]

    def check(self) -> None:
        if not self.bench.store.published.exists():
            assert not self.held
            return
        winners = standing(self.held)
        queues = {
            (str(key), file.name, place + 1, MAPPINGS[file.mapping].replace("queue", file.content[place].queue))
            for key, (file, place) in winners.items()
        }
        expected = {
            (key, name, place, queue[6].upper() if "(" in queue else queue) for key, name, place, queue in queues
        }
        found = self.bench.query(
            "select interaction_id, path, _record, queue from interactions i join files f on f.file_id = i._file"
        )
        assert set(found) == expected
        assert len(found) == len(expected)
        owners = self.bench.query("select owner_id from identifiers")
        assert sorted(owner for (owner,) in owners) == sorted(key for key, *_ in expected)
        used = [sum(file is each for file, _ in winners.values()) for each in self.held]
        bad = [sum(not record.good for record in each.content) for each in self.held]
        accounts = [
            (each.name, len(each.content), mine, wrong, len(each.content) - mine - wrong, 0)
            for each, mine, wrong in zip(self.held, used, bad, strict=True)
        ]
        asked = "select path, records, used, rejected, superseded, filtered from files"
        assert sorted(self.bench.query(asked)) == sorted(accounts)
        assert self.bench.value("select count(*) from rejects") == sum(bad)
        if self.held and not any(file.vanished for file in self.held):
            self.check_fresh()

    def check_fresh(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fresh = Bench(Path(folder))
            fresh.write(".omnictl/secret", "the same secret in every folder\n")
            for file in self.held:
                fresh.write(file.name, text(file.content), minutes=file.minute)
            fresh.sources(SOURCE.format(queue=MAPPINGS[self.mapping]))
            fresh.run()
            assert fresh.contents() == self.bench.contents()


Histories.TestCase.settings = settings(max_examples=6, stateful_step_count=16, deadline=None)
TestHistories = Histories.TestCase
