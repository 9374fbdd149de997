"""The docs: generated pages are up to date, YAML blocks load, every key is documented, every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from docs import generate
from omnictl import places
from omnictl.errors import DefinitionError
from omnictl.referential import load_referential
from omnictl.relations import RELATIONS
from omnictl.workspace import load_workspace

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
BLOCK = re.compile(r"(?ms)^ *```yaml\n(.*?)^ *```$")
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


def blocks(kind: str) -> list[Any]:
    found = []
    for page in PAGES:
        for number, text in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1):
            first = re.search(r"^([a-z_]+):", text, re.M)
            name = {"workspace": "workspace", "kpi": "kpi", "funnel": "funnel", "plan": "tracking"}.get(
                first[1] if first else "", "referential"
            )
            name = "fragment" if first and first[1] in RELATIONS["interactions"].names else name
            name = "fragment" if text.lstrip().startswith("- ") else name
            if name == kind:
                found.append(pytest.param(text, id=f"{page.relative_to(ROOT)}:{number}"))
    return found


@pytest.mark.parametrize("name", sorted(generate.pages()))
def test_the_page_is_what_the_code_says(name: str) -> None:
    written = (generate.DOCS / name).read_text(encoding="utf-8")
    assert written == generate.pages()[name](), "run `python -m docs.generate`"


@pytest.mark.parametrize("text", blocks("workspace"))
def test_workspaces_in_the_docs_load(text: str, tmp_path: Path) -> None:
    (tmp_path / "omnictl.yml").write_text(text, encoding="utf-8")
    (tmp_path / "referential.yml").write_text("", encoding="utf-8")
    (tmp_path / "kpis").mkdir()
    assert load_workspace(tmp_path / "omnictl.yml").sources


@pytest.mark.parametrize("text", blocks("referential"))
def test_referentials_in_the_docs_load(text: str, tmp_path: Path) -> None:
    (tmp_path / "referential.yml").write_text(text, encoding="utf-8")
    referential = load_referential(tmp_path / "referential.yml")
    assert referential.intents
    assert referential.warnings == ()


def test_kpis_in_the_docs_load(tmp_path: Path) -> None:
    from omnictl.glossary import load_glossary
    from omnictl.glossary.check import check_glossary

    pages = [str(mark.values[0]) for mark in blocks("kpi")]
    assert len(pages) > 10
    rounds: list[set[str]] = []  # a page may show an earlier state of a KPI beside the later one
    for number, text in enumerate(pages):
        names = set(re.findall(r"(?m)^kpi: *(\w+)", text))
        place = next((place for place, taken in enumerate(rounds) if not names & taken), len(rounds))
        if place == len(rounds):
            rounds.append(set())
        rounds[place] |= names
        (tmp_path / f"{place}").mkdir(exist_ok=True)
        (tmp_path / f"{place}" / f"page{number}.yml").write_text(text, encoding="utf-8")
    for place in range(len(rounds)):
        findings = check_glossary(load_glossary(["standard", tmp_path / f"{place}"]))
        assert [finding.text() for finding in findings] == []


@pytest.mark.parametrize("text", blocks("funnel"))
def test_funnels_in_the_docs_load(text: str, tmp_path: Path) -> None:
    from omnictl.journeys.funnel.definition import read_funnel

    (tmp_path / "funnel.yml").write_text(text, encoding="utf-8")
    assert len(read_funnel(tmp_path / "funnel.yml").steps) > 1


@pytest.mark.parametrize("text", blocks("tracking"))
def test_plans_in_the_docs_load(text: str, tmp_path: Path) -> None:
    from omnictl.tracking.grammar import read_tracking

    (tmp_path / "tracking.yml").write_text(text, encoding="utf-8")
    assert read_tracking(tmp_path / "tracking.yml").needs


@pytest.mark.parametrize("text", blocks("fragment"))
def test_fragments_in_the_docs_are_yaml(text: str) -> None:
    assert places.parse(text, "docs")


def test_every_key_is_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys that the loaders take are those of docs/workspace.md."""
    taken: set[str] = set()
    take = places.Fields.take

    def noted(self: places.Fields, key: str, *, required: bool = False) -> places.Node | None:
        taken.add(key)
        return take(self, key, required=required)

    monkeypatch.setattr(places.Fields, "take", noted)
    page = (ROOT / "docs" / "workspace.md").read_text(encoding="utf-8")
    workspace, referential = BLOCK.findall(page)
    (tmp_path / "omnictl.yml").write_text(workspace, encoding="utf-8")
    (tmp_path / "referential.yml").write_text(referential, encoding="utf-8")
    (tmp_path / "kpis").mkdir()
    loaded = load_workspace(tmp_path / "omnictl.yml")
    assert loaded.warnings == ()
    undocumented = {key for key in taken if not re.search(rf"(^|[\s`{{,]){key}\b", page, re.M)}
    assert undocumented == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [target for target, _ in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_a_block_that_does_not_load_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "omnictl.yml").write_text("workspace: x\nsorces: {}\n", encoding="utf-8")
    with pytest.raises(DefinitionError):
        load_workspace(tmp_path / "omnictl.yml")
