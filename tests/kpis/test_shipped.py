"""The shipped glossary: its worked figures come out, and every KPI says what its readers need in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from omnictl.glossary import Glossary, load_glossary
from omnictl.glossary.check import check_glossary
from omnictl.glossary.shipped import standard_folder
from omnictl.review.cases import Trial, trial_of

SHIPPED = tuple(sorted(path.stem for path in standard_folder().rglob("*.yml")))
LONGEST = 700  # characters of a definition: it is read in a terminal


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    return load_glossary(["standard"])


@pytest.fixture(scope="module")
def trial(glossary: Glossary) -> Iterator[Trial]:
    with trial_of(glossary) as opened:
        yield opened


def test_a_kpi_is_named_like_its_file(glossary: Glossary) -> None:
    assert sorted(glossary.kpis) == list(SHIPPED)


def test_the_check_finds_nothing(glossary: Glossary) -> None:
    assert [finding.text() for finding in check_glossary(glossary)] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_worked_figures(glossary: Glossary, trial: Trial, name: str) -> None:
    kpi = glossary.resolve(name)
    results = list(trial.of(kpi))
    assert [f"{one.kpi}, {one.case}: {one.got}, not {one.expected}" for one in results if not one.passed] == []
    assert len({one.case for one in results}) >= 2
    tried = {one.kpi.partition(":")[0] for one in results}
    assert tried == {name, *(f"{name}@{variant}" for variant in kpi.variants)}


@pytest.mark.parametrize("name", SHIPPED)
def test_texts_in_both_languages(glossary: Glossary, name: str) -> None:
    kpi = glossary.resolve(name)
    for texts in (kpi.label, kpi.question, kpi.definition, *kpi.variants.values()):
        assert set(texts) == {"en", "fr"}
        assert all(text.strip() for text in texts.values())
        assert texts["en"] != texts["fr"] or name == "nps"
    assert set(kpi.synonyms) == {"en", "fr"}
    assert kpi.question["en"].endswith("?")
    assert kpi.question["fr"].endswith(" ?"), "French sets a space before a question mark"
    assert max(map(len, kpi.definition.values())) <= LONGEST
    assert kpi.owner
    assert kpi.sources
    assert not re.search(r"[\u2018\u2019\u201c\u201d]", "".join((*kpi.definition.values(), *kpi.label.values())))


def test_no_word_is_claimed_by_two_kpis(glossary: Glossary) -> None:
    """A synonym that two KPIs share would answer a search with the wrong one."""
    claimed: dict[str, str] = {}
    for name in SHIPPED:
        kpi = glossary.resolve(name)
        words = [*kpi.label.values(), *(word for words in kpi.synonyms.values() for word in words)]
        for word in {word.casefold() for word in words}:
            assert claimed.setdefault(word, name) == name, word
