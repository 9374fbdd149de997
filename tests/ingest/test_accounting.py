"""Every record is in exactly one of used, rejected, superseded, filtered, and the right version stands."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_bench import Bench

SOURCE = """
    tickets:
      connector: table
      path: export*.csv
      columns:
        interaction_id: id
        channel: "case channel when 'oops' then channel::integer::varchar else channel end"
        started_at: strptime(begun, '%d/%m/%Y %H:%M')
        version_at: version
        wait_s: wait
      where: "state <> 'Cancelled' or state is null"
      identifiers: {customer_id: customer}
"""
HEADER = "id,channel,begun,version,wait,state,customer\n"


@dataclass(frozen=True)
class Record:
    id: str
    channel: str
    begun: str
    version: str
    wait: str
    state: str
    customer: str

    @property
    def line(self) -> str:
        return f'{self.id},{self.channel},{self.begun},{self.version},"{self.wait}",{self.state},{self.customer}\n'

    @property
    def fate(self) -> str:
        if not any((self.id, self.channel, self.begun, self.version, self.wait, self.state, self.customer)):
            return "filtered"
        if self.state == "Cancelled":
            return "filtered"
        if not self.id or self.channel in ("", "oops") or self.begun in ("", "31/02/2026 10:00", "29/03/2026 02:30"):
            return "rejected"
        return "used"

    @property
    def rank(self) -> tuple[bool, bool, Decimal, str]:
        """The order of versions: none, numbers as numbers, then texts."""
        try:
            number = Decimal(self.version)
            return (True, False, number, "")
        except InvalidOperation:
            return (bool(self.version), bool(self.version), Decimal(0), self.version)


RECORDS = st.builds(
    Record,
    id=st.sampled_from(["", "1", "2", "3", "4"]),
    channel=st.sampled_from(["phone", "web", "hologram", "", "oops"]),
    begun=st.sampled_from(["01/02/2026 10:00", "02/02/2026 11:30", "", "31/02/2026 10:00", "29/03/2026 02:30"]),
    version=st.sampled_from(["", "9", "10", "10.0", "2026-01-01", "b"]),
    wait=st.sampled_from(["", "5", "12,5", "?"]),
    state=st.sampled_from(["", "Open", "Cancelled"]),
    customer=st.sampled_from(["", "C1", "C2", "anonymous"]),
)
USABLE = st.builds(
    Record,
    id=st.sampled_from(["1", "2", "3"]),
    channel=st.just("phone"),
    begun=st.just("01/02/2026 10:00"),
    version=st.sampled_from(["", "9", "10", "10.0", "b"]),
    wait=st.integers(0, 99).map(str),
    state=st.just("Open"),
    customer=st.sampled_from(["", "C1", "C2"]),
)
EXPORTS = st.lists(st.one_of(RECORDS, USABLE, st.just(Record("", "", "", "", "", "", ""))), max_size=25)


def winners(records: list[Record]) -> dict[str, Record]:
    """Which record stands for each id: the greatest version, on a tie the later one."""
    found: dict[str, Record] = {}
    for record in records:
        if record.fate == "used" and (record.id not in found or record.rank >= found[record.id].rank):
            found[record.id] = record
    return found


def stored(bench: Bench) -> list[tuple[str, str, Decimal | None]]:
    return bench.query("select interaction_id, channel, wait_s from interactions order by interaction_id")


def expected(records: list[Record]) -> list[tuple[str, str, Decimal | None]]:
    def wait(text: str) -> Decimal | None:
        return Decimal(text.replace(",", ".")) if text not in ("", "?") else None

    return [(record.id, record.channel, wait(record.wait)) for _, record in sorted(winners(records).items())]


def fresh_bench(folder: str) -> Bench:
    path = Path(folder)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    bench = Bench(path)
    bench.sources(SOURCE)
    return bench


@settings(max_examples=10, deadline=None)
@given(records=EXPORTS)
def test_every_record_is_in_one_of_the_four(records: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = fresh_bench(folder + "/w")
        bench.write("export.csv", HEADER + "".join(record.line for record in records))
        (row,) = bench.run().rows
        fates = [record.fate for record in records]
        standing = winners(records)
        assert row.records == len(records)
        assert row.rejected == fates.count("rejected")
        assert row.filtered == fates.count("filtered")
        assert row.used == len(standing)
        assert row.superseded == fates.count("used") - len(standing)
        assert stored(bench) == expected(records)
        assert bench.value("select count(*) from rejects") == row.rejected
        kept = sum(record.customer in ("C1", "C2") for record in standing.values())
        assert bench.value("select count(*) from identifiers") == kept
        assert row.unreadable_cells == sum(record.wait == "?" for record in standing.values())


@settings(max_examples=8, deadline=None)
@given(records=st.lists(USABLE, min_size=2, max_size=20), cuts=st.sets(st.integers(1, 19), max_size=3), data=st.data())
def test_any_split_loaded_in_any_order_gives_the_whole(
    records: list[Record], cuts: set[int], data: st.DataObject
) -> None:
    """Files of a split, each loaded by a run of its own, in any order: the rows of one file loaded at once."""
    bounds = [0, *sorted(cut for cut in cuts if cut < len(records)), len(records)]
    parts = [records[low:high] for low, high in itertools.pairwise(bounds)]
    order = data.draw(st.permutations(range(len(parts))))
    with tempfile.TemporaryDirectory() as folder:
        bench = fresh_bench(folder + "/w")
        for number in order:
            lines = "".join(record.line for record in parts[number])
            bench.write(f"export{number}.csv", f"{HEADER}{lines}", minutes=number)
            bench.run()
        assert stored(bench) == expected(records)
        totals = bench.query("select sum(records), sum(used), sum(superseded) from files")
        twins = len(parts) - len({tuple(part) for part in parts})
        if not twins:  # the same content counts once
            standing = len(winners(records))
            assert totals == [(len(records), standing, len(records) - standing)]
        assert bench.value("select count(*) from interactions") == len(winners(records))


def test_a_source_over_its_limit_of_rejects(bench: Bench) -> None:
    lines = "".join(f"{n},phone,{'' if n % 10 == 0 else '01/02/2026 10:00'},,,,\n" for n in range(100))
    bench.write("export.csv", HEADER + lines)
    bench.sources(SOURCE.rstrip() + "\n      max_rejects: 5%\n")
    report = bench.run()
    (row,) = report.rows
    assert (row.status, row.rejected, row.used) == ("too_many_rejects", 10, 90)
    assert report.exit_code == 1
    assert report.published
    assert bench.value("select status from runs") == "too_many_rejects"


def test_all_records_bad(bench: Bench) -> None:
    bench.write("export.csv", HEADER + "1,phone,yesterday,,,,\n" * 3)
    bench.sources(SOURCE)
    report = bench.run()
    (row,) = report.rows
    assert (row.status, row.rejected, row.used) == ("too_many_rejects", 3, 0)
    assert report.exit_code == 1
    assert bench.query('select record, line, "column" from rejects') == [
        (1, 2, "started_at"),
        (2, 3, "started_at"),
        (3, 4, "started_at"),
    ]


def test_a_condition_that_cannot_be_evaluated_rejects(bench: Bench) -> None:
    bench.write("export.csv", HEADER + "1,phone,01/02/2026 10:00,,5,,\n2,phone,01/02/2026 10:00,,x,,\n")
    bench.sources(SOURCE.replace("state <> 'Cancelled' or state is null", "wait::integer > 1"))
    row = bench.load()
    assert (row.used, row.rejected) == (1, 1)
    assert bench.query('select record, "column", reason from rejects') == [(2, None, "`where` cannot be evaluated")]


def test_records_blank_in_the_named_columns_only_are_no_blank_records(bench: Bench) -> None:
    """A record is blank when every cell is; one that only lacks ours is a reject."""
    bench.write("export.csv", "id,begun,remark\n1,2026-01-01,\n,,\n,,a remark\n,,\n")
    bench.sources(
        """
        tickets:
          connector: table
          path: export.csv
          columns: {interaction_id: id, channel: "'phone'", started_at: begun}
        """
    )
    row = bench.load()
    assert (row.records, row.used, row.filtered, row.rejected) == (4, 1, 2, 1)
    assert bench.query('select record, line, "column" from rejects') == [(3, 4, "interaction_id")]


def test_versions_of_every_kind_in_one_store(bench: Bench) -> None:
    """Times first, then numbers and texts, then times again: stored in whatever way, they read and compare alike."""
    source = """
    {name}:
      connector: table
      path: {name}*.csv
      columns:
        interaction_id: id
        channel: "'phone'"
        started_at: "'2026-01-01'"
        version_at: {version}
        queue: queue
"""
    bench.write("times1.csv", "id,v,queue\n1,05/03/2026 10:00,a\n2,06/03/2026 10:00,b\n2,05/03/2026 10:00,c\n")
    times = source.format(name="times", version="strptime(v, '%d/%m/%Y %H:%M')")
    texts = source.format(name="texts", version="v")
    bench.sources(times)
    bench.run()
    asked = "select source, interaction_id, version_at, queue from interactions order by all"
    loaded = [("times", "1", "2026-03-05 10:00:00", "a"), ("times", "2", "2026-03-06 10:00:00", "b")]
    assert bench.query(asked) == loaded
    bench.write("times2.csv", "id,v,queue\n1,05/03/2026 09:00,d\n2,07/03/2026 10:00,e\n", minutes=1)
    bench.run()
    loaded = [("times", "1", "2026-03-05 10:00:00", "a"), ("times", "2", "2026-03-07 10:00:00", "e")]
    assert bench.query(asked) == loaded
    bench.write("texts1.csv", "id,v,queue\n1,9,a\n1,10,b\n2,x,c\n2,7,d\n3,,e\n")
    bench.sources(times + texts)
    bench.run()
    loaded = [("texts", "1", "10", "b"), ("texts", "2", "x", "c"), ("texts", "3", None, "e"), *loaded]
    assert bench.query(asked) == loaded
    bench.write("times3.csv", "id,v,queue\n1,08/03/2026 10:00,f\n3,,g\n", minutes=2)
    bench.run()
    assert bench.query(asked)[3:] == [
        ("times", "1", "2026-03-08 10:00:00", "f"),
        ("times", "2", "2026-03-07 10:00:00", "e"),
        ("times", "3", None, "g"),
    ]
    assert bench.value("select filled from fills where source = 'times' and column_name = 'version_at'") == 2
