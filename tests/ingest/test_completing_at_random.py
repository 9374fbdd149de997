"""Sources that complete others, in whatever order and pieces their files come: what all of them at once give."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ingest_bench import Bench

from omnictl.ingest.schema import columns_of

SOURCES = """
calls:
  connector: table
  path: calls*.csv
  columns: {interaction_id: id, channel: "'phone'", started_at: begun, queue: one, talk_s: two}
  identifiers: {phone: phone}
cdr:
  connector: table
  path: cdr*.csv
  columns: {interaction_id: id, channel: "'phone'", started_at: begun, queue: one, agent: two}
  identifiers: {phone: phone, email: phone}
  completes: calls
  match: [interaction_id, {phone: 2 min}]
  unmatched: %s
visits:
  connector: table
  path: visits*.csv
  relation: segments
  columns: {segment_id: id || begun, interaction_id: id, kind: "'queue'", queue: one, started_at: begun}
  completes: calls
  unmatched: %s
votes:
  connector: table
  path: votes*.csv
  relation: surveys
  columns: {survey_id: id || begun, question: "'nps'", score: two, answered_at: begun, interaction_id: id}
  identifiers: {phone: phone}
  completes: calls
  match: [interaction_id, {phone: 3 min}]
  unmatched: %s
"""
NAMES = ("calls", "cdr", "visits", "votes")
RELATIONS = ("interactions", "segments", "surveys", "identifiers")


@dataclass(frozen=True)
class Record:
    id: str
    minute: int
    one: str
    two: str
    phone: str

    @property
    def line(self) -> str:
        return f"{self.id},2026-05-01 10:{self.minute:02},{self.one},{self.two},{self.phone}\n"


RECORDS = st.lists(
    st.builds(
        Record,
        id=st.sampled_from("abcdefgh"),
        minute=st.integers(0, 6),
        one=st.sampled_from(["", "q", "r"]),
        two=st.sampled_from(["", "3", "5"]),
        phone=st.sampled_from(["", "0612345671", "0612345672"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda record: record.id,
)
UNMATCHED = st.sampled_from(["keep", "drop", "reject"])


def bench_in(folder: str, unmatched: Sequence[str]) -> Bench:
    bench = Bench(Path(folder))
    bench.write(".omnictl/secret", "the same secret in every folder\n")
    bench.sources(SOURCES % tuple(unmatched))
    return bench


def write(bench: Bench, name: str, records: Sequence[Record], number: int = 0) -> None:
    lines = "".join(record.line for record in records)
    bench.write(f"{name}{number}.csv", f"id,begun,one,two,phone\n{lines}", minutes=number)


def contents(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    selects = {
        "accounts": """
            select source, sum(records)::int, sum(used)::int, sum(rejected)::int, sum(superseded)::int,
                sum(filtered)::int
            from files group by all
        """,
        "fills": "from fills",
        "feeds": "select source, relation, columns from feeds",
        "rejects": 'select source, "column", reason, count(*) from rejects group by all',
    }
    for name in RELATIONS:
        columns = ", ".join(f'"{column}"' for column in columns_of(name) if column not in ("_file", "_record"))
        selects[name] = f"select {columns} from {name}"
    return bench.answers(selects)


@settings(max_examples=5, deadline=None, phases=[Phase.generate])
@given(
    records=st.fixed_dictionaries(dict.fromkeys(NAMES, RECORDS)),
    unmatched=st.tuples(UNMATCHED, UNMATCHED, UNMATCHED),
    data=st.data(),
)
def test_any_order_and_split_gives_what_all_at_once_give(
    records: dict[str, list[Record]], unmatched: tuple[str, str, str], data: st.DataObject
) -> None:
    pieces = []
    for name in NAMES:
        cut = data.draw(st.integers(0, len(records[name]) - 1), label=f"{name} cut at")
        pieces += [(name, part) for part in (records[name][:cut], records[name][cut:]) if part]
    order = data.draw(st.permutations(range(len(pieces))))
    with tempfile.TemporaryDirectory() as folder:
        bench = bench_in(folder, unmatched)
        for number in order:
            write(bench, *pieces[number], number)
            if data.draw(st.booleans(), label="run"):
                bench.run(only=data.draw(st.sampled_from([(), (), ("calls",), ("cdr", "votes")])))
        bench.run()
        stepwise = contents(bench)
    with tempfile.TemporaryDirectory() as folder:
        bench = bench_in(folder, unmatched)
        for name in NAMES:
            write(bench, name, records[name])
        report = bench.run()
        assert {row.status for row in report.rows} <= {"done", "too_many_rejects"}
        assert stepwise == contents(bench)
        told = [(row.source, row.records, row.used, row.rejected, row.superseded, row.filtered) for row in report.rows]
        assert sorted(told) == stepwise["accounts"]  # the printed row says what the ledger says


@settings(max_examples=4, deadline=None, phases=[Phase.generate])
@given(
    records=st.fixed_dictionaries(dict.fromkeys(NAMES, RECORDS)),
    changes=st.lists(st.tuples(st.sampled_from(NAMES), st.one_of(st.none(), RECORDS)), min_size=1, max_size=3),
    unmatched=st.lists(st.tuples(UNMATCHED, UNMATCHED, UNMATCHED), min_size=2, max_size=2),
)
def test_changes_and_withdrawals_give_what_is_left_at_once(
    records: dict[str, list[Record]],
    changes: list[tuple[str, list[Record] | None]],
    unmatched: list[tuple[str, str, str]],
) -> None:
    """Each source has two files; the second is changed or goes, and `unmatched` is another one in the end."""
    from omnictl.ingest.ledger import Corrections

    with tempfile.TemporaryDirectory() as folder:
        bench = bench_in(folder, unmatched[0])
        second: dict[str, list[Record]] = {}
        for name in NAMES:
            second[name] = records[name][1:]
            write(bench, name, records[name][:1])
            write(bench, name, second[name], 1)
        bench.run()
        for number, (name, changed) in enumerate(changes):
            kept = [record for record in changed or [] if record.id != records[name][0].id]
            second[name] = kept
            if kept:
                write(bench, name, kept, 1)
                bench.write(f"{name}1.csv", (bench.folder / f"{name}1.csv").read_text(), minutes=number + 2)
                bench.run()
            else:
                (bench.folder / f"{name}1.csv").unlink(missing_ok=True)
                bench.run(corrections=Corrections(forget=(f"{name}1.csv",)))
        bench.sources(SOURCES % unmatched[1])
        bench.run()
        corrected = contents(bench)
    with tempfile.TemporaryDirectory() as folder:
        bench = bench_in(folder, unmatched[1])
        for name in NAMES:
            write(bench, name, [*records[name][:1], *second[name]])
        bench.run()
        assert corrected == contents(bench)
