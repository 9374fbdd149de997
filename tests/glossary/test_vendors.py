"""What others call a KPI, and names that rows cannot answer: read, checked, and told of a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import glossary_of

from omnictl.errors import DefinitionError
from omnictl.glossary import load_glossary
from omnictl.glossary.card import card
from omnictl.glossary.unanswered import unanswered

KPI = """
kpi: mine
rollup: sum
from: interactions
at: started_at
value: count(*)
vendors:
"""


def findings(vendors: str) -> list[tuple[str, str]]:
    return [(found.code, found.hint) for found in glossary_of(KPI + vendors).findings()]


def test_a_card_tells_the_name_and_the_difference_in_the_language() -> None:
    kpi = glossary_of(
        KPI + "  genesys: {name: Offered, differs: {en: by queue, fr: par file}}\n  ga4: {name: Visits}\n"
    )
    told = [row for row in card(kpi.resolve("mine"), "fr").rows if row[0] == "vendor"]
    assert told == [("vendor", "Genesys Cloud", "Offered · par file"), ("vendor", "Google Analytics 4", "Visits")]


def test_an_unknown_vendor_is_kept_and_the_nearest_named() -> None:
    assert findings("  genesis: {name: Offered}") == [("unknown-vendor", "did you mean `genesys`?")]
    kpi = glossary_of(KPI + "  our_own_switch: {name: Calls}").resolve("mine")
    assert kpi.vendors["our_own_switch"].shown == "our_own_switch"


@pytest.mark.parametrize(
    ("vendors", "code"),
    [
        ("  genesys: {named: Offered}", "unknown-key"),
        ("  genesys: {}", "missing-key"),
        ("  genesys: Offered", "wrong-type"),
        ("  genesys: {name: Offered, differs: {english: by queue}}", "unknown-value"),
    ],
)
def test_what_a_vendor_must_say(vendors: str, code: str) -> None:
    assert code in [found for found, _ in findings(vendors)]


def test_the_shipped_list_is_in_both_languages_and_names_no_kpi() -> None:
    glossary = load_glossary(["standard"])
    listed = unanswered(glossary.layers)
    assert len(listed) >= 11
    for each in listed.values():
        assert set(each.label) == set(each.why) == {"en", "fr"}
        assert set(each.instead) <= set(glossary.names), each.name
    assert not set(listed) & set(glossary.names)


def test_a_workspace_lists_its_own_and_a_kpi_takes_its_name_off(tmp_path: Path) -> None:
    text = "ours: {label: {en: Ours}, why: {en: It is a guess.}, command: levers}\n"
    (tmp_path / "not_by_rows.yml").write_text(text, encoding="utf-8")
    glossary = load_glossary(["standard", tmp_path])
    assert glossary.findings() == []
    assert unanswered(glossary.layers)["ours"].told("en") == "It is a guess. Answered by `omnictl levers`."
    with pytest.raises(DefinitionError, match="not answered by rows: It is a guess"):
        glossary.resolve("ours")
    own = "kpi: ours\nlabel: {en: x, fr: x}\nquestion: {en: x, fr: x}\nunit: count\nrollup: sum\nfrom: interactions\n"
    (tmp_path / "ours.yml").write_text(own + "at: started_at\nvalue: count(*)\n", encoding="utf-8")
    glossary = load_glossary(["standard", tmp_path])
    assert "ours" not in unanswered(glossary.layers)
    assert glossary.resolve("ours").unit == "count"


@pytest.mark.parametrize(
    ("text", "code"),
    [("ours: {label: {en: x}}", "missing-key"), ("ours: {label: {en: x}, why: {en: x}, wy: x}", "unknown-key")],
)
def test_a_list_that_cannot_be_read_says_why(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "not_by_rows.yaml").write_text(text, encoding="utf-8")
    glossary = load_glossary([tmp_path])
    with pytest.raises(DefinitionError):
        unanswered(glossary.layers)
    assert code in [found.code for found in glossary.findings()]
