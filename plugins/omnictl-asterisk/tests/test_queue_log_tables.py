"""The database table of a queue_log, as CSV with any delimiter, as psql prints it, and in local time."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from omnictl_asterisk.queue_log import QueueLog

from omnictl.testing import Loaded, contract, load

LOG = Path(__file__).parent / "data" / "queue_log"
NAMES = ["time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5"]


def cells() -> list[list[str]]:
    """The cells of the log's sound lines."""
    lines = [line.rstrip("\n").split("|") for line in LOG.read_text().splitlines()]
    return [(line + [""] * 10)[:10] for line in lines if line[0].isdigit()]


def local(epoch: str, zone: str = "Europe/Paris") -> str:
    return f"{datetime.fromtimestamp(int(epoch), UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S.%f}"


def rows(loaded: Loaded) -> tuple[object, object, object]:
    return loaded.rows["interactions"], loaded.rows["segments"], loaded.rows["identifiers"]


@pytest.fixture(scope="module")
def told() -> tuple[object, object, object]:
    return rows(load(QueueLog, LOG))


@pytest.mark.parametrize(
    ("delimiter", "joined"), [(",", False), (";", False), ("\t", False), ("|", False), (",", True), ("|", True)]
)
def test_csv(tmp_path: Path, told: object, delimiter: str, joined: bool) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["id", *NAMES[:5], "data"] if joined else NAMES)
    for number, line in enumerate(cells(), start=1):
        if joined:
            writer.writerow([number, local(line[0]), *line[1:5], "|".join(line[5:])])
        else:
            writer.writerow([local(line[0]), *line[1:]])
    path = tmp_path / "queue_log.csv"
    path.write_text(out.getvalue())
    assert rows(load(QueueLog, path)) == told


def test_another_zone(tmp_path: Path, told: object) -> None:
    path = tmp_path / "queue_log.csv"
    zone = "America/Montreal"
    path.write_text("\n".join(",".join([local(line[0], zone), *line[1:]]) for line in cells()))
    path.write_text(",".join(NAMES) + "\n" + path.read_text() + "\n")
    assert rows(load(QueueLog, path, timezone=zone)) == told


def test_printed_by_psql(tmp_path: Path, told: object) -> None:
    """Newest first, cells filled up with blanks, a rule under the header, the number of rows at the foot."""
    table = [NAMES, *([local(line[0]), *line[1:]] for line in reversed(cells()))]
    widths = [max(len(row[place]) for row in table) for place in range(len(NAMES))]
    printed = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    rule = "+".join("-" * (width + 2) for width in widths)
    text = [" " + printed[0], rule, *(" " + row for row in printed[1:]), f"({len(table) - 1} rows)"]
    path = tmp_path / "queue_log.txt"
    path.write_text("\n".join(text) + "\n")
    loaded = load(QueueLog, path)
    assert rows(loaded) == told
    assert loaded.account.rejected == 0


def test_contract_of_a_table_with_seconds_since_1970(tmp_path: Path, told: object) -> None:
    path = tmp_path / "queue_log.csv"
    path.write_text("\n".join(",".join(line) for line in [NAMES, *cells()]) + "\n")
    counts = {"interactions": 18, "segments": 28, "identifiers": 10}
    assert rows(contract(QueueLog, path, used=40, filtered=7, rows=counts)) == told


def test_calls_across_a_change_of_the_clock(tmp_path: Path) -> None:
    """02:59:50 and, thirty seconds later, 02:00:20 again; then a call of the second 02:30, as its id tells."""
    begun = datetime(2026, 10, 25, 0, 59, 50, tzinfo=UTC)
    first, second = int(begun.timestamp()), int(begun.timestamp()) + 1850
    path = tmp_path / "queue_log.csv"
    path.write_text(
        ",".join(NAMES) + "\n"
        f"2026-10-25 02:59:50.0,{first}.1,q1,NONE,ENTERQUEUE,,0612345678,1,,\n"
        f"2026-10-25 02:00:20.0,{first}.1,q1,NONE,ABANDON,1,1,30,,\n"
        f"2026-10-25 02:30:40.0,{second}.2,q1,NONE,ENTERQUEUE,,0612345678,1,,\n"
        f"2026-10-25 02:30:44.0,{second}.2,q1,NONE,ABANDON,1,1,4,,\n"
    )
    calls = load(QueueLog, path).rows["interactions"]
    assert [(str(call["started_at"]), str(call["ended_at"]), call["wait_s"]) for call in calls] == [
        ("2026-10-25 00:59:50", "2026-10-25 01:00:20", 30),
        ("2026-10-25 01:30:40", "2026-10-25 01:30:44", 4),
    ]


def test_a_table_without_its_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "queue_log.csv"
    path.write_text("time,callid,queue,agent,event\n2026-10-25 02:59:50,1.1,q1,NONE,ENTERQUEUE\n")
    with pytest.raises(AssertionError, match="queuename"):
        load(QueueLog, path)
