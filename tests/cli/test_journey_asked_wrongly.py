"""Questions about journeys and identifiers asked wrongly are told what is wrong: no traceback, no silent guess."""

from __future__ import annotations

import io
import sys

import pytest
from workbench import Workbench

ROWS = """\
id,customer,channel,intent,start,outcome
1,A,faq,bill,2026-03-02 09:00,
2,A,phone,bill,2026-03-02 09:30,handled
3,B,faq,bill,2026-03-03 09:00,
4,B,phone,bill,2026-03-05 09:00,handled
5,,web,bill,2026-03-21 00:00,
"""
WORKSPACE = """\
workspace: small
timezone: Europe/Paris
country: FR
sources:
  desk:
    connector: table
    path: rows.csv
    timezone: Europe/Paris
    columns: {interaction_id: id, channel: channel, intent: intent, started_at: "strptime(start, '%Y-%m-%d %H:%M')",
      outcome: outcome, consent: "'true'"}
    identifiers: {customer_id: customer}
identity: {link_on: [customer_id], secret: a-secret-of-a-test}
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("asked"))
    bench.workspace(WORKSPACE)
    bench.write("rows.csv", ROWS)
    bench.call("run")
    return bench


@pytest.mark.parametrize("question", ["after faq --then phone", "paths", "funnel faq phone"])
def test_an_answer_that_takes_too_long_is_an_error_like_others(bench: Workbench, question: str) -> None:
    said = bench.call("journey", *question.split(), "--timeout", "0s", expect=2)
    assert "no answer within 0 s" in said.stderr
    assert "--timeout" in said.stderr


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("journey after faq --list --by article", "leave out --by"),
        ("journey repeat --list --every month", "leave out --by"),
        ("journey needs --list --total", "leave out --by"),
        ("journey funnel faq phone --list 1 --by intent", "leave out --by"),
        ("journey needs --list --limit 0", "`0` is not a number of rows"),
        ("journey show --interaction desk/1 --limit 0", "`0` is not a number of rows"),
        ("journey leakage --within 7d", "the week that visits are shifted by"),
        ("journey after agent,faq", "`agent` is asked for by itself"),
        ("journey after page:/bill", "no step of the data tells one"),
        ("journey paths --after fax", "--after:1:1: error[unknown-step]"),
        ("journey matrix --after fqa", "there is no channel `fqa`"),
        ("journey after faq --within 99999999999h", "`99999999999h` is no window"),
        ("journey repeat --within J+1,240000h", "`240000h` is no window"),
        ("kpi query reiteration_rate:window=99999999999h", "`99999999999h` is no window"),
        ("journey after faq --then agent", "--then assisted"),
        ("journey needs --from 2026-05-01 --to 2026-05-01", "the period begins and ends at 2026-05-01"),
        ("identity erase --yes", "no value is given"),
        ("identity erase customer_id=A --forget-tombstone --dry-run", "it has no --dry-run"),
    ],
)
def test_what_cannot_be_asked_is_refused(bench: Workbench, question: str, told: str) -> None:
    said = bench.call(*question.split(), expect=2)
    assert told in said.stderr
    assert not said.stdout


def _on_stdin(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    # as the locales of POSIX systems give it: bytes that are no text come through as lone surrogates
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8", errors="surrogateescape"))


@pytest.mark.parametrize("command", [["find"], ["erase", "--dry-run"]])
def test_a_list_on_stdin_may_begin_with_a_bom_and_has_any_line_ends(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    _on_stdin(monkeypatch, b"\xef\xbb\xbfcustomer_id=A\r\ncustomer_id=B\r\n")
    rows = bench.rows("identity", *command, "--values", "-")
    assert len(rows) == 4 if command == ["find"] else rows[0] == {"relation": "interactions", "rows": 4}


@pytest.mark.parametrize("command", [["find"], ["erase", "--dry-run"]])
def test_a_list_that_is_no_text_is_refused(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    _on_stdin(monkeypatch, "customer_id=Été".encode("latin-1"))
    assert "not UTF-8" in bench.call("identity", *command, "--values", "-", expect=2).stderr
    assert "not UTF-8" in bench.call("identity", *command, "customer_id=\udcc9", expect=2).stderr


def test_a_value_with_a_blank_is_looked_for_as_it_stands_and_that_is_said(bench: Workbench) -> None:
    said = bench.call("identity", "find", "customer_id=A ", expect=1)
    assert "argument 1: the value begins or ends with a blank, which counts" in said.stderr


def test_what_nobody_carries_is_said_before_it_is_erased(bench: Workbench) -> None:
    said = bench.call("identity", "erase", "customer_id=Z", "--dry-run")
    assert "nothing carries these values" in said.stderr
    said = bench.call("identity", "erase", "customer_id=Z", "--forget-tombstone")
    assert "no value given had a tombstone" in said.stderr


def test_figures_that_were_never_built_are_not_passed_off_as_none(bench: Workbench, workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE)
    workbench.write("rows.csv", ROWS)
    workbench.call("ingest")
    workbench.call("link")
    assert "build is stale: it has never been done" in workbench.call("journey", "needs").stderr
    assert "build is stale" not in bench.call("journey", "needs").stderr


def test_a_place_of_which_nothing_can_be_judged_yet_stays_in_the_matrix(bench: Workbench) -> None:
    rows = bench.rows("journey", "matrix", "--within", "J+30")
    assert [(row["channel"], row["next_channel"], row["immature"], row["state"]) for row in rows[:2]] == [
        ("faq", None, 2, "immature"), ("phone", None, 2, "immature"),
    ]  # fmt: skip


def test_needs_of_intents_that_no_referential_has_are_needs(bench: Workbench) -> None:
    said = bench.call("journey", "needs", "--total")
    assert "0.0% of handled contacts have an intent of the referential; those without any are in no need" in said.stderr
    assert len(bench.rows("journey", "needs", "--list")) == 2


def test_where_no_source_tells_of_answers_and_ends_nobody_knows_how_many_were_open(bench: Workbench) -> None:
    said = bench.call("kpi", "query", "concurrent_conversations@peak", "chat_concurrency", "--format", "json")
    assert "no source tells when conversations were answered and ended" in said.stderr
    assert said.stdout.count('"not_measured"') == said.stdout.count('"no_rows"') == 1


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("journey funnel page:/bill/* phone", "nothing in the data is `page:/bill/*`"),
        ("journey funnel faq sms[outcome=handled]", "nothing in the data is `sms[outcome=handled]`"),
        ("journey paths --after page:/bill", "nothing in the data is `page:/bill`"),
        ("journey paths --level article", "nothing in the data is `article`"),
        ("journey after faq --by page", "no step of the data tells a page"),
    ],
)
def test_a_0_of_what_is_not_in_the_data_is_said_to_be_one(bench: Workbench, question: str, told: str) -> None:
    assert told in bench.call(*question.split()).stderr
    assert "nothing in the data" not in bench.call("journey", "funnel", "faq", "phone[outcome=blocked]").stderr


def test_programs_read_one_language_in_paths(bench: Workbench) -> None:
    asked = ("journey", "paths", "--before", "faq", "--within", "2h")
    assert bench.rows(*asked) == bench.rows("--lang", "fr", *asked)
    assert "(rien avant) > faq" in bench.call("--lang", "fr", *asked).stdout


def test_erasing_quietly_says_nothing(bench: Workbench) -> None:
    said = bench.call("-q", "identity", "erase", "customer_id=Q", "--yes", "--format", "csv")
    assert (said.stdout, said.stderr) == ("relation,rows\n", "")


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("journey funnel faq phone --window J+1 --list 1 --dropped", "1 unité à l'étape 1 et pas à la suivante"),
        ("journey after faq --then phone --within 2h --list", "interactions sur faq : 1 suivie dans la fenêtre 2h"),
        ("journey repeat --after phone --within J+7 --list", "0 contact suivi dans la fenêtre J+7"),
        ("journey needs --list", "2 besoins terminés"),
    ],
)
def test_lists_are_counted_in_french(bench: Workbench, question: str, told: str) -> None:
    assert told in bench.call("--lang", "fr", *question.split()).stderr
