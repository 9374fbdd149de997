"""The meaning of a KPI as texts: what leaves it as it is, and what changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnictl.glossary import load_glossary
from omnictl.glossary.canonical import canonical, meaning_hash, normal_text
from omnictl.glossary.meaning import Meanings

KPI = """\
kpi: long_waits
label: {en: Long waits, fr: Attentes longues}
question: {en: How many?, fr: Combien ?}
owner: operations
unit: ratio
rollup: share
better: lower
from: interactions
at: started_at
where: direction = 'inbound' and excluded = ''
channels: [phone, chat]
parameters: {promise: 120 s}
numerator: {phone: count_if(wait_s > :promise), default: count_if(wait_s > 60)}
denominator: count(*)
"""
OTHER = """\
# one comment more
rollup: share
kpi: long_waits
label: Waits that were long
owner: quality
unit: ratio
better: neutral
target: 0.05
from: interactions
channels: [chat, phone]
where: |
  excluded   = ''  -- those that count
  and ( DIRECTION = 'inbound' )
parameters: {promise: 2 min}
denominator: {default: count(*), phone: (count(*))}
numerator:
  default: count(*) filter (where 60 < wait_s)
  phone: count_if((wait_s) > :promise)
"""


def told(folder: Path, *texts: str, address: str = "long_waits") -> tuple[dict[str, str], str]:
    folder.mkdir(exist_ok=True)
    (folder / "k.yml").write_text("\n---\n".join(texts), encoding="utf-8")
    meaning = Meanings(load_glossary([folder])).of(address)
    return dict(canonical(meaning)), meaning_hash(meaning)


def test_wording_order_and_spacing_leave_the_meaning(tmp_path: Path) -> None:
    assert told(tmp_path / "a", KPI) == told(tmp_path / "b", OTHER)


def test_the_keys_tell_what_is_counted(tmp_path: Path) -> None:
    found, digits = told(tmp_path, KPI)
    assert found == {
        "unit": "ratio",
        "rollup": "share",
        "from": "interactions",
        "at": "started_at",
        "where": "direction = 'inbound' and excluded = ''",
        "channels": "chat, phone",
        "numerator": "count_if(wait_s > 60)",
        "numerator phone": "count_if(wait_s > :promise)",
        "denominator": "count(*)",
        "parameters promise": "120 s",
    }
    assert len(digits) == 16


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("unit: ratio", "unit: score", "unit"),
        ("120 s", "121 s", "parameters promise"),
        ("120 s}", "{value: 120 s, changes: [{from: 2026-03-01, value: 90 s}]}}", "parameters promise"),
        ("at: started_at", "at: queued_at", "at"),
        ("[phone, chat]", "[phone, chat, video]", "channels"),
        ("excluded = ''", "excluded <> ''", "where"),
        (" and excluded = ''", "", "where"),
        ("wait_s > 60", "wait_s >= 60", "numerator"),
        ("denominator: count(*)", "denominator: count(wait_s)", "denominator"),
        ("rollup: share", "rollup: ratio", "rollup"),
    ],
)
def test_what_decides_a_figure_changes_it(tmp_path: Path, old: str, new: str, key: str) -> None:
    before, first = told(tmp_path / "a", KPI)
    after, second = told(tmp_path / "b", KPI.replace(old, new))
    assert first != second
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == {key}


def test_what_a_kpi_is_made_of_changes_it(tmp_path: Path) -> None:
    composed = (
        "kpi: twice\nlabel: x\nquestion: x\nunit: score\nrollup: index\nparts: {a: kpi(long_waits)}\nformula: 2*a"
    )
    before, first = told(tmp_path / "a", KPI, composed, address="twice")
    after, second = told(tmp_path / "b", KPI.replace("> 60", "> 61"), composed, address="twice")
    assert before["parts a"] == "kpi(long_waits)"
    assert first != second
    assert before | {"made of long_waits": ""} == after | {"made of long_waits": ""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a and (b and c)", "(c AND a) and b"),
        ("count(*) filter (where a is not null)", "count_if(not a is null)"),
        ("wait_s::decimal(18,3) > 20.0", "20 < cast(wait_s as DECIMAL(18, 3))"),
        ("percentile_cont(0.50) within group (order by x)", "quantile_cont(x, .5)"),
        ("x in (2, 1, 2)", "x in (1, 2)"),
        ("kpi('a@b') + kpi(c)", "KPI(c) + kpi('a@b')"),
        ("if(a, 1, 2)", "case when a then 1 else 2 end"),
        ("'a' = x /* why */", "x = 'a'"),
        ("not x like 'a'", "x not like 'a'"),
    ],
)
def test_one_text_for_one_tree(one: str, other: str) -> None:
    assert normal_text(one) == normal_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a - b - c", "a - (b - c)"),
        ("a / b / c", "a / (b / c)"),
        ("a or b and c", "(a or b) and c"),
        ("not (a and b)", "not a and b"),
        ("-(a + b)", "-a + b"),
        ("x = 'A'", "x = 'a'"),
        ("x like 'a'", "x not like 'a'"),
        ("x is null", "x is not null"),
        ("(a is null) = b", "a is (null)"),
        ("a > b", "b > a"),
        ("least(a, b)", "greatest(a, b)"),
        ("round(a, 1)", "round(a)"),
        ("count(a)", "count(distinct a)"),
        ("sum(a) filter (where b)", "sum(a)"),
        ("x = 'it''s'", "x = 'its'"),
        ("date_diff('second', a, b)", "date_diff('second', b, a)"),
        ("case a when 1 then 2 end", "case when 1 then 2 end"),
    ],
)
def test_another_text_for_another_tree(one: str, other: str) -> None:
    assert normal_text(one) != normal_text(other)


def test_the_normal_text_reads_back_as_itself() -> None:
    glossary = load_glossary(["standard"])
    texts = [
        written.text
        for kpi in glossary.kpis.values()
        for key, by_channel in kpi.expressions().items()
        for written in by_channel.values()
        if key != "from"
    ]
    assert len(texts) > 100
    assert [text for text in texts if normal_text(normal_text(text)) != normal_text(text)] == []
