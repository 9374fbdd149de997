"""Hostile definitions are refused by the guard itself, with the code that says why and before any database is opened;
odd ones that mean no harm pass and give a figure."""

from __future__ import annotations

import json
import time
from pathlib import Path

import duckdb
import pytest
from hostile.definitions import ASKED, CONDITIONS, FIGURES, HOSTILE
from workbench import Workbench

from omnictl.compiler.ask import plan_without_data
from omnictl.compiler.question import Question
from omnictl.errors import DefinitionError
from omnictl.glossary.check import check_glossary
from omnictl.glossary.folders import KpiFile, Layer
from omnictl.glossary.glossary import Glossary
from omnictl.relations.column import CHANNELS

KEYS = {
    "kpi": "self",
    "label": "{en: x, fr: x}",
    "question": "{en: x?, fr: x ?}",
    "unit": "score",
    "rollup": "sum",
    "better": "higher",
    "from": "interactions",
    "at": "started_at",
    "value": "count(*)",
}
OTHER = "\n".join(f"{key}: {text}" for key, text in (KEYS | {"kpi": "other"}).items())


def quoted(text: str) -> str:
    """An expression as a YAML text in double quotes, whatever it holds."""
    return json.dumps(text)


def document(place: str, text: str) -> str:
    """A KPI with the text at its place."""
    if place == "yaml":
        return text
    keys = dict(KEYS)
    if place.endswith(": …"):
        keys[place.removesuffix(": …")] = text
    elif place == "filter":
        keys["value"] = quoted(f"sum(wait_s) filter (where {text})")
    elif place == "formula":
        del keys["value"]
        keys |= {"rollup": "index", "parts": "{a: count(*)}", "formula": quoted(text)}
    else:
        keys[place] = quoted(text)
        if text.startswith("kpi("):
            for key in ("from", "at"):
                del keys[key]
    return "\n".join(f"{key}: {each}" for key, each in keys.items()) + "\n"


def named(name: str, text: str) -> str:
    """The KPI of a figure, under a name and a label of its own."""
    return (
        document("value", text)
        .replace("kpi: self", f"kpi: {name}")
        .replace("{en: x, fr: x}", f"{{en: {name}, fr: {name}}}")
    )


def glossary_of(*documents: str) -> Glossary:
    files = [
        KpiFile(Path(f"k{number}.yml"), f"k{number}.yml", text.encode("utf-8", "surrogatepass"))
        for number, text in enumerate(documents)
    ]
    return Glossary([Layer("kpis", Path("."), files)], set(CHANNELS))


def codes_of(place: str, text: str) -> list[str]:
    findings = check_glossary(glossary_of(document(place, text), OTHER))
    return [finding.code for finding in findings if finding.severity == "error"]


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a database fails."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a database was opened")

    monkeypatch.setattr(duckdb, "connect", refused)
    monkeypatch.setattr(duckdb, "execute", refused)


def test_the_corpus_is_large_and_of_every_kind() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 200
    assert len({kind for kind, *_ in HOSTILE}) >= 15
    assert len(ASKED) >= 25 and len(CONDITIONS) + len(FIGURES) >= 50


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize(
    ("place", "text", "code"),
    [case[1:] for case in HOSTILE],
    ids=[f"{kind}-{number}" for number, (kind, *_) in enumerate(HOSTILE)],
)
def test_the_guard_itself_refuses_it(place: str, text: str, code: str) -> None:
    begun = time.process_time()
    assert code in codes_of(place, text)
    assert time.process_time() - begun < 5


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize(("place", "text", "code"), [case[1:] for case in ASKED], ids=lambda text: ascii(text[:25]))
def test_the_guard_refuses_what_a_question_adds(place: str, text: str, code: str) -> None:
    what, _, name = place.partition(" ")
    added: dict[str, object] = {"kpis": ("service_level",)}
    added |= {
        "where": {"where": text},
        "by": {"by": (text,)},
        "by,": {"by": (text,), "personal": True},
        "kpi": {"kpis": (text,)},
        "set": {"settings": ((name, text),)},
    }[what]
    with pytest.raises(DefinitionError) as raised:
        plan_without_data(None, Question(**added))  # type: ignore[arg-type]
    assert code in [finding.code for finding in raised.value.findings]


WORKSPACE = """
timezone: UTC
glossary: [kpis/]
sources:
  calls:
    connector: table
    path: calls.csv
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: begun
      queued_at: begun
      queue: queue
      team: team
      wait_s: wait
      talk_s: talk
      consent: consent
"""
GOOD = {f"c{number}": f"count_if({text}\n)" for number, text in enumerate(CONDITIONS)}
GOOD |= {f"f{number}": text for number, text in enumerate(FIGURES)}
QUEUES = ("a", "b", "A", "", "it's", "select", "drop table interactions; --", "/etc/passwd", "é", "队列")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Sixty calls, and a KPI for each condition and each figure."""
    bench = Workbench(tmp_path_factory.mktemp("good"))
    bench.workspace(WORKSPACE)
    lines = [
        f'{n},2026-05-01 10:{n:02},"{QUEUES[n % 10]}",{n % 7},{n},{n % 9 or ""},{("true", "false", "")[n % 3]}'
        for n in range(60)
    ]
    bench.write("calls.csv", "\n".join(["id,begun,queue,team,wait,talk,consent", *lines, ""]))
    for name, text in GOOD.items():
        bench.write(f"kpis/{name}.yml", named(name, text))
    bench.call("run")
    return bench


def test_what_means_no_harm_passes_and_gives_duckdbs_own_figure(bench: Workbench) -> None:
    """Each text as it is written, put to DuckDB by hand over the same rows."""
    assert [
        row["message"] for row in bench.rows("kpi", "check", "--fail-on", "never") if row["severity"] == "error"
    ] == []
    (ours,) = bench.rows("kpi", "query", *GOOD)
    columns = ", ".join(f"cast({text}\nas double) as {name}" for name, text in GOOD.items())
    con = duckdb.connect(str(bench.folder / ".omnictl" / "store.duckdb"), read_only=True)
    answer = con.execute(f"select {columns} from interactions")
    theirs = dict(zip((column[0] for column in answer.description or ()), answer.fetchone() or (), strict=True))
    con.close()
    assert {name: float(ours[name]) for name in GOOD} == pytest.approx(theirs)
    assert sum(value != 0 for value in theirs.values()) > 50
