"""`kpi query --compare --interval --top`, the floor and fiscal years, as a user calls them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from omnictl.cli.main import omnictl

WORKSPACE = """\
workspace: centre
timezone: Europe/Paris
country: FR
fiscal_year: 02-15
privacy: {agents: team, floor: 3}
sources:
  calls:
    connector: table
    path: calls.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, queued_at: begun, outcome: result,
      wait_s: "10", queue: queue, agent: agent, direction: "'inbound'"}
    identifiers: {customer_id: who}
"""


def calls() -> str:
    """February and March: queue a 4 and 6 calls of as many people, b 3 and 5, c 1 and 4 (March: of 2 people)."""
    counts = {("a", 2): 4, ("a", 3): 6, ("b", 2): 3, ("b", 3): 5, ("c", 2): 1, ("c", 3): 4}
    lines = ["id,begun,result,queue,agent,who"]
    for (queue, month), count in counts.items():
        for number in range(count):
            who = number % 2 if (queue, month) == ("c", 3) else number
            result = "abandoned" if number == 0 else "handled"
            time = f"2026-0{month}-01T1{number}:00:00Z"
            lines.append(f"{queue}{month}{number},{time},{result},{queue},a{number},{queue}{month}{who}")
    return "\n".join(lines) + "\n"


def call(folder: Path, *arguments: str, expect: int = 0) -> Result:
    done = CliRunner().invoke(omnictl, ["-C", str(folder), "kpi", *arguments])
    assert "Traceback" not in done.stderr, done.stderr
    assert done.exit_code == expect, (done.stdout, done.stderr)
    return done


def rows(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = json.loads(call(folder, "query", *arguments, "--format", "json").stdout)
    return answer


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("centre")
    (folder / "omnictl.yml").write_text(WORKSPACE, encoding="utf-8")
    (folder / "calls.csv").write_text(calls(), encoding="utf-8")
    done = CliRunner().invoke(omnictl, ["-C", str(folder), "run"])
    assert done.exit_code == 0, (done.stdout, done.stderr)
    return folder


def test_a_month_beside_the_one_before(centre: Path) -> None:
    asked = ("contacts_received", "answer_rate", "--period", "2026-03", "--compare", "previous")
    done = call(centre, "query", *asked, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert [row[f"contacts_received{end}"] for end in ("", "_previous", "_change")] == ["15", "8", "7"]
    assert float(row["answer_rate_change"]) == pytest.approx(12 / 15 - 5 / 8)
    assert "note: previous is 2026-02-01 to 2026-03-01, not included: 1 month before, by date" in done.stderr
    assert call(centre, "query", *asked, "--format", "csv").stdout == done.stdout  # from the kept plan
    assert "+17.5 pt" in call(centre, "query", *asked).stdout
    assert (
        "évolution" in CliRunner().invoke(omnictl, ["-C", str(centre), "--lang", "fr", "kpi", "query", *asked]).stdout
    )


def test_few_people_are_hidden_and_no_agent_is_told_apart(centre: Path) -> None:
    """In March queue c has four calls of two people: hidden, and b with it."""
    asked = ("contacts_received", "--by", "queue", "--period", "2026-03", "--total")
    told = [(row["queue"], row["contacts_received"], row["contacts_received_state"]) for row in rows(centre, *asked)]
    assert told == [("a", 6, "partial"), ("b", None, "hidden"), ("c", None, "hidden"), (None, 15, "partial")]
    done = call(centre, "query", "contacts_received", "--by", "agent", expect=2)
    assert "error[agent-cut]" in done.stderr
    done = call(centre, "compile", "contacts_received", "--where", "agent = 'a1'", expect=2)
    assert "error[agent-cut]" in done.stderr


def test_the_ends_of_an_interval(centre: Path) -> None:
    """12 of 15: Wilson by hand is 0.548 to 0.930."""
    (row,) = rows(centre, "answer_rate", "contacts_received", "--period", "2026-03", "--interval")
    assert (round(row["answer_rate_low"], 3), round(row["answer_rate_high"], 3)) == (0.548, 0.93)
    assert (row["contacts_received_low"], row["contacts_received_high"]) == (None, None)


def test_the_largest_cuts(centre: Path) -> None:
    asked = ("contacts_received", "--by", "queue", "--period", "2026-02", "--top", "1", "--total")
    assert [(row["queue"], row["contacts_received"]) for row in rows(centre, *asked)] == [("a", 4), (None, 8)]
    assert "2 left out" in call(centre, "query", *asked).stderr
    assert call(centre, "query", "contacts_received", "--top", "0", expect=2)


def test_fiscal_years(centre: Path) -> None:
    """They begin on 15 February: its first day's calls lie in the year before."""
    found = rows(centre, "contacts_received", "--every", "year", "--period", "2026")
    assert [(row["period_start"], row["contacts_received"]) for row in found] == [
        ("2026-01-01", 8),
        ("2026-02-15", 15),
    ]
    (row,) = rows(centre, "contacts_received", "--period", "FY2026-Q4", "--compare", "previous")
    assert (row["period_start"], row["period_end"], row["contacts_received"]) == ("2025-11-15", "2026-02-15", 8)
    assert (row["contacts_received_previous"], row["contacts_received_previous_state"]) == (None, "no_rows")
    notes = call(centre, "query", "contacts_received", "--every", "year", "--period", "FY2027").stderr
    assert "fiscal years begin on 02-15 and are named after the year they end in" in notes


def test_every_select_is_printed(centre: Path) -> None:
    asked = ("reiteration_rate", "--period", "2026-03", "--compare", "year", "--interval")
    done = call(centre, "compile", *asked)
    titles = [line for line in done.stdout.splitlines() if line.startswith("-- ")]
    assert [title.partition(":")[0] for title in titles] == [
        "-- the figures", "-- beside the figures", "-- the period compared with", "-- the period compared with",
    ]  # fmt: skip
    assert done.stdout.count(";\n") == 4
    assert "worked out of these rows afterwards: the change, the ends of intervals, hidden figures" in done.stderr
    spark = call(centre, "compile", *asked, "--dialect", "spark").stdout
    assert spark.count("spark.sql.session.timeZone") == 4


def test_what_is_compared_needs_a_period(centre: Path) -> None:
    done = call(centre, "query", "contacts_received", "--compare", "year", expect=2)
    assert "error[compare-without-period]" in done.stderr


def test_an_export_says_what_was_compared(centre: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    file = tmp_path / "march.parquet"
    asked = ("contacts_received", "--period", "2026-03", "--compare", "previous", "--long")
    call(centre, "query", *asked, "--format", "parquet", "--out", str(file))
    table = pq.read_table(file)
    assert table.column("previous").to_pylist() == [8]
    metadata = b" ".join(table.schema.metadata.values()).decode()
    assert "1 month before, by date" in metadata
