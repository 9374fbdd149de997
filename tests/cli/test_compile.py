"""`omnictl kpi compile`: the SQL of a question, with a store, without one, and for other engines."""

from __future__ import annotations

import importlib
from pathlib import Path

import duckdb
import pytest
import sqlglot
from click.testing import CliRunner, Result
from sqlglot import exp

from omnictl.cli.kpi.compile import DIALECTS as OFFERED
from omnictl.cli.main import omnictl
from omnictl.compiler.dialects import DIALECTS, UNVERIFIED, translated

CALLS = "id,begun,result,wait\n" + "".join(
    f"{number},2026-03-{number:02}T10:00:00Z,{'handled' if number % 3 else 'abandoned'},{number * 4}\n"
    for number in range(1, 29)
)
WORKSPACE = """\
timezone: Europe/Paris
sources:
  calls:
    connector: table
    path: calls.csv
    columns:
      {interaction_id: id, channel: "'phone'", direction: "'inbound'", started_at: begun, queued_at: begun,
       outcome: result, wait_s: wait}
"""
SHIPPED = ["answer_rate", "csat", "nps", "service_level", "visits", "wait_time_p90"]


def compiled(folder: Path, *arguments: str, expect: int = 0) -> Result:
    done = CliRunner().invoke(omnictl, ["-C", str(folder), "kpi", "compile", *arguments])
    assert "Traceback" not in done.stderr, done.stderr
    assert done.exit_code == expect, done.stderr
    return done


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("centre")
    (folder / "calls.csv").write_text(CALLS)
    (folder / "omnictl.yml").write_text(WORKSPACE)
    assert CliRunner().invoke(omnictl, ["-C", str(folder), "run"]).exit_code == 0
    return folder


def test_the_text_for_duckdb_answers_by_itself(centre: Path) -> None:
    text = compiled(centre, "answer_rate", "--every", "week", "--parts").stdout
    with duckdb.connect(str(centre / ".omnictl" / "store.duckdb"), read_only=True) as store:
        rows = store.execute(text).fetchall()
    # 28 days of March 2026, whose weeks begin on Mondays: the 1st alone, then 2–8, 9–15, 16–22, 23–28; every third
    # call is abandoned, all after 12 s or more, so over the 5 s below which an abandon does not count
    assert [row[3:5] for row in rows] == [(1, 1), (5, 7), (4, 7), (5, 7), (4, 6)]


def test_the_text_is_the_one_that_is_run(centre: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["service_level", "--by", "channel", "--every", "day", "--period", "2026-03"]
    text = compiled(centre, *asked).stdout
    seen: list[str] = []
    module = importlib.import_module("omnictl.compiler.ask")  # the package has a function of the same name
    real = module.answer
    monkeypatch.setattr(module, "answer", lambda plan, con: seen.append(plan.sql) or real(plan, con))
    assert CliRunner().invoke(omnictl, ["-C", str(centre), "kpi", "query", *asked]).exit_code == 0
    assert [text] == [sql + "\n" for sql in seen]


def test_without_a_store_the_text_can_still_be_had(tmp_path: Path) -> None:
    (tmp_path / "omnictl.yml").write_text(WORKSPACE)
    done = compiled(tmp_path, "answer_rate", "--every", "day", "--period", "2026-03")
    assert "there is no data yet" in done.stderr
    assert sqlglot.parse_one(done.stdout, read="duckdb").find(exp.With)
    assert not (tmp_path / ".omnictl").exists()


def test_without_a_workspace_the_shipped_glossary_is_taken(tmp_path: Path) -> None:
    done = compiled(tmp_path, *SHIPPED, "--by", "channel")
    assert "the shipped glossary" in done.stderr
    assert done.stdout.startswith("with ")


def test_periods_of_no_data_must_be_named(tmp_path: Path) -> None:
    done = compiled(tmp_path, "visits", "--every", "day", expect=2)
    assert done.stdout == ""
    assert "--period" in done.stderr


def test_the_first_line_says_what_was_not_run(centre: Path) -> None:
    for dialect in DIALECTS:
        first = compiled(centre, *SHIPPED, "--period", "2026", "--dialect", dialect).stdout.partition("\n")[0]
        assert (first == UNVERIFIED) == (dialect not in ("duckdb", "spark")), dialect


@pytest.mark.parametrize("dialect", sorted(set(DIALECTS) - {"duckdb"}))
def test_every_text_can_be_read_again(tmp_path: Path, dialect: str) -> None:
    text = compiled(tmp_path, *SHIPPED, "--by", "channel", "--period", "2026", "--total", "--dialect", dialect).stdout
    tree = sqlglot.parse_one(text, read=dialect)
    columns = [column.alias for column in tree.expressions]
    assert columns[-2:] == ["k6_value", "k6_state"]
    assert (text.upper().count("MATERIALIZED") > 0) == (dialect == "postgres")


@pytest.mark.parametrize(
    ("asked", "verified"),
    [
        ("select count_if(wait_s > 20) as n from interactions", True),
        ("select try_cast(wait_s as decimal(18, 3)) as n from interactions", True),
        ("select try_cast(wait_s as bigint) as n from interactions", False),  # DuckDB rounds, Spark cuts
        ("select arg_max(wait_s, started_at) as n from interactions", False),
    ],
)
def test_for_spark_only_what_was_run_goes_without_the_line(asked: str, verified: bool) -> None:
    assert (UNVERIFIED not in translated(asked, "spark").sql) == verified
    assert UNVERIFIED in translated(asked, "databricks").sql


def test_what_means_another_thing_in_spark_is_said_otherwise() -> None:
    text = translated(
        "select quantile_cont(wait_s, 0.9) as p, date_diff('second', a, b) // 60 as m, epoch(a) as e, "
        "(x is null) is not false as f, list(distinct q) filter (where x) as l from interactions",
        "spark",
    ).sql
    assert "PERCENTILE(wait_s, 0.9)" in text  # exact; PERCENTILE_CONT … WITHIN GROUP becomes approximate
    assert "APPROX" not in text.upper()
    assert "DATEDIFF" not in text.upper()  # whole seconds passed, where DuckDB counts seconds begun
    assert "DIV 60" in text
    assert "UNIX_MICROS" in text
    assert "COLLECT_LIST(DISTINCT q) FILTER(WHERE" in " ".join(text.split())


@pytest.mark.parametrize("dialect", ["trino", "snowflake"])
def test_what_is_not_false_may_be_unknown(dialect: str) -> None:
    text = translated("select (a > 1) is not false as s from t", dialect).sql
    assert "NOT NOT" not in text
    assert "COALESCE((a>1),TRUE)" in "".join(text.split())


def test_percentiles_are_those_of_the_engine() -> None:
    asked = "select quantile_cont(v, 0.9) as p from t"
    assert "PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY v" in " ".join(translated(asked, "postgres").sql.split())
    assert "quantileExactInclusive(0.9)(v)" in translated(asked, "clickhouse").sql


def test_the_text_goes_to_a_file(centre: Path, tmp_path: Path) -> None:
    file = tmp_path / "answer.sql"
    done = compiled(centre, "visits", "--dialect", "spark", "--out", str(file))
    assert done.stdout == ""
    assert file.read_text() == compiled(centre, "visits", "--dialect", "spark").stdout


def test_the_dialects_offered_are_those_there_are() -> None:
    assert OFFERED == DIALECTS


def test_an_unknown_kpi_is_told_with_the_nearest(tmp_path: Path) -> None:
    assert "did you mean `visits`?" in compiled(tmp_path, "visit", expect=2).stderr
