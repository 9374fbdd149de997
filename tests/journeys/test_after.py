"""`omnictl journey after`, on readers of the FAQ and their calls worked out by hand, and against the KPIs it asks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from workbench import Workbench

PAGE = Path(__file__).parents[2] / "docs" / "after-a-visit.md"
FILES = re.compile(r"(?ms)^<!-- file: (\S+) -->\n```\w*\n(.*?)^```$")
INVOICES = ("journey", "after", "faq", "--then", "phone", "--within", "2h", "--about", "invoice")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """The workspace of the page: seven readers and the calls of five."""
    bench = Workbench(tmp_path_factory.mktemp("after"))
    for name, text in FILES.findall(PAGE.read_text(encoding="utf-8")):
        bench.write(name, text)
    bench.call("run")
    return bench


def parts(row: dict[str, Any]) -> tuple[int, int]:
    return row["followed"], row["interactions"]


def test_who_calls_after_reading_about_invoices_by_article(small: Workbench) -> None:
    """A and C read how to dispute and called, C twice; F wrote a mail; D called four hours later, B never."""
    rows = {row["article"]: row for row in small.rows(*INVOICES, "--by", "article")}
    assert {name: parts(row) for name, row in rows.items()} == {
        "/faq/invoice/dispute": (3, 4),
        "/faq/invoice/read": (1, 3),
    }
    assert [row["unidentified"] for row in rows.values()] == [0, 1]
    assert "3 of 6 are followed" in small.call(*INVOICES, "--by", "article").stderr


def test_several_windows_and_the_interactions_behind(small: Workbench) -> None:
    rows = small.rows("journey", "after", "faq", "--then", "phone", "--within", "30min,2h,J+1")
    assert [(row["within"], *parts(row)) for row in rows] == [("30min", 2, 7), ("2h", 4, 7), ("J+1", 5, 7)]
    listed = small.rows(*INVOICES, "--list")
    assert [(row["interaction_id"], row["next_interaction_id"], row["gap_s"]) for row in listed] == [
        ("f1", "1", 2040), ("f3", "2", 0), ("f8", "6", 3420),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "kpi", "where"),
    [
        (("faq", "--then", "phone", "--within", "2h"), "phone_after_web_rate:window=2h", "channel = 'faq'"),
        (("agent", "--then", "visit", "--within", "J+3"), "web_rebound_rate:window=J+3", None),
        (("phone", "--then", "contact", "--within", "J+3"), "followed_rate:window=J+3", "channel = 'phone'"),
        (("contact", "--then", "visit", "--within", "72h"), "followed_rate@then_visit:window=72h", "kind = 'contact'"),
        (
            ("phone", "--then", "phone", "--within", "J+3", "--intent", "same"),
            "followed_rate@then_phone_same_intent:window=J+3",
            "channel = 'phone'",
        ),
    ],
)
def test_it_is_what_the_kpi_says(small: Workbench, asked: tuple[str, ...], kpi: str, where: str | None) -> None:
    condition = ("--where", where) if where else ()
    told = small.rows("journey", "after", *asked, "--by", "intent")
    answer = small.rows("kpi", "query", kpi, "--by", "intent", "--long", "--interval", *condition)
    names = {"followed": "numerator", "interactions": "denominator", "share": "value", "low": "low", "high": "high"}
    names |= {name: name for name in ("immature", "unidentified", "state", "intent")}
    assert [{name: row[of] for name, of in names.items()} for row in answer] == [
        {name: row[name] for name in names} for row in told
    ]


def test_chains_and_channels_without_a_family(small: Workbench) -> None:
    def asked(*words: str) -> tuple[int, int]:
        (row,) = small.rows("journey", "after", *words)
        return parts(row)

    assert asked("faq", "--then", "email", "--within", "J+1") == (1, 7)
    assert asked("phone", "--then", "faq", "--within", "J+3") == (1, 5)
    # C: called, read on 5 March, and called again
    assert asked("agent", "--then", "faq", "--then", "phone", "--within", "J+3") == (1, 6)
    assert asked("agent", "--then", "faq", "--then", "email", "--within", "J+3") == (0, 6)
    assert asked("article:/faq/invoice/*", "--then", "phone", "--within", "2h") == (3, 6)
    (row,) = small.rows("journey", "after", "article:/faq/move", "--then", "phone", "--within", "2h", "--by", "article")
    assert (row["article"], *parts(row)) == ("/faq/move", 1, 1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("faqs",), "did you mean `faq`?"),
        (("faq", "--then", "fone"), "did you mean `phone`?"),
        (("faq", "--then", "chat"), "nothing on `chat` is in the data"),
        (("faq", "--within", "two"), "`two` is no window"),
        (("faq", "--about", "invoise"), "did you mean `invoice`?"),
        (("article:/faq/invoice/raed",), "did you mean `/faq/invoice/read`?"),
        (("video:x",), "names nothing that was read"),
        (("faq", "--then", "email", "--within", "2h,J+1"), "takes one window"),
    ],
)
def test_what_is_mistyped_is_said(small: Workbench, asked: tuple[str, ...], told: str) -> None:
    assert told in small.call("journey", "after", *asked, expect=2).stderr


def test_few_people_are_hidden(small: Workbench) -> None:
    text = (small.folder / "omnictl.yml").read_text(encoding="utf-8")
    small.workspace(text + "privacy: {floor: 4}\n")
    try:
        rows = small.rows(*INVOICES, "--by", "article")
        assert {row["state"] for row in rows} == {"hidden"}
        assert all(row["followed"] is None for row in rows)
    finally:
        small.workspace(text)


def test_leakage_on_the_line(small: Workbench) -> None:
    """One visit of nobody known about invoices, and too few calls to tell anything."""
    said = small.call("journey", "leakage", "--by", "article", "--match", "none", "--format", "csv")
    assert said.stdout.splitlines()[0].startswith("article,total,visits,calls,expected,leaked,rate,low,high")
    assert "those of nobody known" in said.stderr
    assert "--without takes days" in small.call("journey", "leakage", "--without", "soon", expect=2).stderr
