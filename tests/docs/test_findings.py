"""The pages of findings: every code has one, no page is left over, and each example raises what it explains."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from workbench import Workbench

from docs.pages.findings import said
from omnictl.errors import DefinitionError, Place
from omnictl.findings import PAGES, Page
from omnictl.ingest.expressions import Functions, bound, read_expression
from omnictl.tracking import coverage
from omnictl.workspace import Text

HELD_AGAINST_THE_PLAN = {  # what `tracking check` says of data; tests/tracking/test_check.py raises each
    "clock-drift",
    "delivery-empty",
    "delivery-late",
    "delivery-missing",
    "duplicate-rows",
    "event-missing",
    "event-unplanned",
    "property-empty",
    "property-missing",
    "property-nulls",
    "source-not-connected",
    "source-unreachable",
    "value-out-of-range",
    "value-unplanned",
    "value-unreadable",
}
OF_COVERAGE = {f"C{number:02}" for number in range(1, 14)}  # tests/tracking/test_coverage.py raises each
OF_TWO_PLANS = {  # tests/tracking/test_changes.py raises each
    "plan-breaking",
    "plan-harmless",
    "plan-meaning",
    "plan-version",
}
TOLD_IN_WORDS = (
    {
        "document-path",
        "need-too-rare",
        "property-unneeded",
        "baseline-gone",
        "lock-damaged",
        "locked-and-gone",
        "meaning-changed",
        "not-locked",
        "unknown-owner",
        "agent-cut",
        "enforcement-impossible",
        "enforcement-in-part",
        "expression-too-large",
        "file-unreadable",
        "missing-option",
        "no-kpi",
        "too-many-rows",
        "unknown-option",
        "yaml-encoding",
        "yaml-too-large",
    }
    | HELD_AGAINST_THE_PLAN
    | OF_COVERAGE
    | OF_TWO_PLANS
)
CALLS = "id,begun,result,wait\n1,2026-03-01T10:00:00Z,handled,10\n"
WORKSPACE = """\
timezone: Europe/Paris
glossary: [standard, kpis/]
sources:
  calls:
    connector: table
    path: calls.csv
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: begun
"""
FILLED_IN = {
    "kpi": "kpi: example",
    "label": "label: {en: Example, fr: Exemple}",
    "question": "question: {en: How many?, fr: Combien ?}",
    "unit": "unit: count",
    "better": "better: neutral",
    "rollup": "rollup: sum",
    "from": "from: interactions",
    "at": "at: started_at",
    "value": "value: count(*)",
}


def whole_kpi(example: str) -> str:
    """The keys of a KPI with those filled in that only people miss."""
    documents = []
    for document in example.split("---\n"):
        composed = re.search(r"^value: kpi\(\w+\)$", document, re.M) is not None
        lacking = [
            line
            for key, line in FILLED_IN.items()
            if not re.search(rf"^{key}:", document, re.M)
            and not (key == "value" and any(sign in document for sign in ("numerator:", "parts:")))
            and not (key in ("from", "at") and composed)
        ]
        documents.append("\n".join([*lacking, document.rstrip("\n")]))
    return "\n---\n".join(documents) + "\n"


@pytest.fixture
def centre(workbench: Workbench) -> Workbench:
    workbench.workspace(WORKSPACE)
    workbench.write("calls.csv", CALLS)
    (workbench.folder / "kpis").mkdir()
    return workbench


def told(bench: Workbench, page: Page) -> str:
    """What omnictl says to the example of a page."""
    if page.stands_in == "kpi":
        shipped = page.code == "kpi-exists-below" or re.search(r"standard|kpi\(|vendors|synonyms|label", page.example)
        if not shipped:
            bench.workspace(WORKSPACE.replace("[standard, kpis/]", "[kpis/]"))
        file = bench.write("kpis/example.yml", whole_kpi(page.example))
        answer = bench.call("kpi", "check", str(file), "--format", "json", expect=any_code)
        return " ".join(f"[{found['code']}]" for found in json.loads(answer.stdout or "[]")) + answer.stderr
    if page.code == "column-not-in-export":
        return _of_the_mapping(page.example.partition(": ")[2])
    if page.stands_in == "columns":
        bench.workspace(WORKSPACE + f"      {page.example}\n")
        answer = bench.call("run", expect=any_code)
        return answer.stdout + answer.stderr
    if page.stands_in == "shell":
        bench.call("run", "-q")
        answer = bench.call(*shlex.split(page.example)[1:], expect=any_code)
        return answer.stderr
    if page.stands_in == "tracking.yml":
        bench.workspace(WORKSPACE + "    identifiers: {ip: id}\n")
        bench.write("tracking.yml", page.example + "\n")
        said = [bench.call(*command, expect=any_code).stderr for command in (("tracking", "plan"), ("ingest",))]
        return "".join(said)
    text = page.example
    if page.stands_in == "referential.yml":
        bench.write("referential.yml", page.example + "\n")
        text = WORKSPACE + "referential: referential.yml"
    bench.workspace(text + "\n")
    return bench.call("status", expect=any_code).stderr


def _of_the_mapping(text: str) -> str:
    """What is said of an expression once the columns are known; a reader of CSV tells a missing one before."""
    connection = duckdb.connect()
    place = Place("omnictl.yml", 9, 1)
    try:
        read = read_expression(connection, Functions.of(connection), Text(text, place, text), "`wait_s`")
        bound(connection, [read], {"id": "VARCHAR", "begun": "VARCHAR", "result": "VARCHAR", "wait": "VARCHAR"})
    except DefinitionError as error:
        return error.text()
    return ""


class _Any(int):
    """Equal to every exit code: whether it is 0, 1 or 2 is no matter here."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


any_code = _Any()


@pytest.mark.parametrize("code", sorted(set(PAGES) - TOLD_IN_WORDS))
def test_the_example_raises_the_finding(centre: Workbench, code: str) -> None:
    assert f"[{code}]" in told(centre, PAGES[code])


def test_only_what_cannot_be_shown_is_told_in_words() -> None:
    assert {code for code, page in PAGES.items() if not page.stands_in} == TOLD_IN_WORDS


def test_every_code_has_a_page_and_no_page_is_left_over() -> None:
    judged = "".join(file.read_text(encoding="utf-8") for file in Path(coverage.__file__).parent.glob("*.py"))
    raised = set(said()) | set(re.findall(r'"(C[0-9]{2})"', judged))
    assert len(raised) > 70
    assert {code for code in raised if not any(re.fullmatch(code, page) for page in PAGES)} == set()
    assert {page for page in PAGES if not any(re.fullmatch(code, page) for code in raised)} == set()


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.code)
def test_a_page_has_something_to_say(page: Page) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+|C[0-9]{2}", page.code)
    assert len(page.means.split()) >= 8
    assert page.means.rstrip().endswith(".") and page.mend.rstrip().endswith(".")
    assert page.example


def test_pages_need_neither_a_database_nor_yaml() -> None:
    code = "import sys, omnictl.findings; print(*{'duckdb', 'yaml', 'sqlglot', 'click'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
