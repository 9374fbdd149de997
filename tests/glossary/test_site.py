"""`kpi docs`: pages that hold every KPI in two languages, lead to each other, and let nothing of a definition run."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import glossary_of
from click.testing import CliRunner
from parsed_html import Parsed

from omnictl.cli.main import omnictl
from omnictl.glossary import load_glossary
from omnictl.render.html import data_script, tag
from omnictl.render.look import SCRIPT, STYLE
from omnictl.review.book import Book, book_of
from omnictl.review.glossary_pages import plain
from omnictl.review.glossary_site import site

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
HOSTILE = f"""
kpi: hostile
label: {{en: "{EVIL}", fr: "{EVIL}"}}
question: {{en: "{EVIL}?", fr: "{EVIL} ?"}}
definition: {{en: "{EVIL} [x](javascript:alert(1)) `code", fr: "| a | b | {EVIL}"}}
synonyms: {{en: ["{EVIL}"], fr: ["]]> {EVIL}"]}}
wording: {{phone: {{en: "{EVIL}"}}}}
owner: "{EVIL}"
source: ["{EVIL}"]
unit: count
rollup: sum
from: interactions
at: started_at
where: queue <> '{EVIL}'
value: count(*)
vendors: {{"{EVIL}": {{name: "{EVIL}", differs: {{en: "{EVIL}"}}}}}}
variants: {{other: {{value: count_if(queue = '{EVIL}'), note: {{en: "{EVIL}"}}}}}}
tests:
  - name: "{EVIL}"
    given: {{interactions: [{{queue: "{EVIL}"}}]}}
    expect: 0
"""


@pytest.fixture(scope="module")
def book() -> Book:
    return book_of(load_glossary(["standard"]))


@pytest.fixture(scope="module")
def pages(book: Book) -> dict[str, str]:
    return site(book, "html", "fr")


@pytest.fixture(scope="module")
def parsed(pages: dict[str, str]) -> dict[str, Parsed]:
    return {name: Parsed(text) for name, text in pages.items()}


def test_every_kpi_has_a_page_in_each_language(book: Book, pages: dict[str, str]) -> None:
    for name, entry in book.entries.items():
        for lang in ("en", "fr"):
            page = pages[f"{lang}/kpi/{name}.html"]
            assert f'<html lang="{lang}">' in page
            assert str(tag("h1", entry.kpi.labelled(lang))) in page
            assert str(tag("p", entry.kpi.question[lang], class_="lead")) in page


def test_pages_are_whole_and_fetch_nothing(parsed: dict[str, Parsed]) -> None:
    for name, page in parsed.items():
        assert not page.faults, (name, page.faults[:3])
        for element, attributes in page.elements:
            assert element not in ("img", "iframe", "link", "object", "embed"), name
            assert not {key for key in attributes if key.startswith("on") or key in ("src", "style")}, name
        assert len(page.ids) == len(set(page.ids)), name
        if name != "index.html":
            assert page.count("h1") == 1, name


def test_links_lead_to_pages_and_parts_that_are_there(parsed: dict[str, Parsed]) -> None:
    for name, page in parsed.items():
        for link in page.links:
            way, _, anchor = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), way)) if way else name
            assert target in parsed, (name, link)
            assert not anchor or anchor in parsed[target].ids, (name, link)


def test_the_first_page_leads_to_the_language_asked_for(pages: dict[str, str]) -> None:
    assert 'content="0; url=fr/index.html"' in pages["index.html"]


def test_the_search_finds_every_kpi_by_each_of_its_words(book: Book, pages: dict[str, str]) -> None:
    page = Parsed(pages["fr/index.html"])
    (text,) = re.findall(r'<script type="application/json" id="index">(.*?)</script>', pages["fr/index.html"])
    index = json.loads(text)
    listed = [attributes["data-name"] for element, attributes in page.elements if attributes.get("data-name")]
    assert sorted(listed) == sorted(index)
    assert set(index) == set(book.entries) | set(book.unanswered)
    for name, entry in book.entries.items():
        words = [*entry.kpi.label.values(), *(word for each in entry.kpi.synonyms.values() for word in each)]
        assert all(plain(word) in index[name] for word in words)
    assert plain("Décroché") == "decroche"
    assert plain("Taux d\u2019abandon, cœur") == "taux d'abandon, coeur"  # as telephones and word processors write it
    assert "decroche" in index["answer_rate"]
    assert "service level x" in index["service_level"]


def test_what_a_kpi_is_made_of_and_what_uses_it_lead_to_each_other(book: Book, pages: dict[str, str]) -> None:
    assert book.entries["contact_rate"].made_of_ids == ("contacts_received", "customer_base")
    assert "contact_rate" in book.used_by["contacts_received"]
    assert book.depth["contact_rate"] == 1 + book.depth["contacts_received"]
    assert 'href="contact_rate.html"' in pages["en/kpi/contacts_received.html"]
    assert 'href="contacts_received.html"' in pages["en/kpi/contact_rate.html"]
    drawn = pages["en/picture.html"]
    assert all(f'href="kpi/{name}.html"' in drawn for name in book.entries)


def test_owners_vendors_and_names_rows_cannot_answer_are_told(book: Book, pages: dict[str, str]) -> None:
    assert set(re.findall(r"<h2>([^<]+)</h2>", pages["en/owners.html"])) == set(book.owners)
    assert "Genesys Cloud" in pages["en/kpi/service_level.html"]
    assert 'id="deflection_rate"' in pages["en/unanswered.html"]
    assert "scenario replay" in pages["en/unanswered.html"]


def test_the_same_glossary_gives_the_same_bytes(pages: dict[str, str]) -> None:
    assert site(book_of(load_glossary(["standard"])), "html", "fr") == pages


def texts(form: str) -> Iterator[tuple[str, str]]:
    yield from site(book_of(glossary_of(HOSTILE)), "html" if form == "html" else "md", "en").items()


def test_nothing_of_a_definition_runs_in_html() -> None:
    for name, text in texts("html"):
        page = Parsed(text)
        assert not page.faults, name
        scripts = [attributes for element, attributes in page.elements if element == "script"]
        searched = name.endswith("/index.html")
        assert [each.get("type") for each in scripts] == (["application/json", None] if searched else []), name
        assert page.data.get("style", STYLE) == STYLE
        assert page.count("img") == 0
        assert SCRIPT in text or not searched
        assert name == "index.html" or "default-src 'none'" in str(page.elements)


def test_nothing_of_a_definition_is_markup_in_markdown() -> None:
    for name, text in texts("md"):
        if name.endswith(".svg"):
            assert not Parsed(text).faults
            assert "<script" not in text
            continue
        outside = re.sub(r"(`+).+?\1", "", text)
        assert not re.search(r"<(?!/?(?:details|summary)>|a id=\"[a-z0-9_-]+\">|/a>)", outside), name
        assert "[x](" not in outside, name


def test_a_script_cannot_be_left_from_inside_its_data() -> None:
    written = data_script({"a": EVIL + "\u2028&"}, "index")
    assert written.count("<") == 2
    assert json.loads(written[written.index(">") + 1 : written.rindex("<")]) == {"a": EVIL + "\u2028&"}


def test_markdown_leads_to_files_that_are_there(book: Book) -> None:
    files = site(book, "md", "en")
    for name, text in files.items():
        for way in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(name), way)) in files, (name, way)
    assert "# Taux de décroché" in files["fr/kpi/answer_rate.md"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "omnictl.yml").write_text(
        "workspace: w\ntimezone: UTC\nlanguage: fr\nglossary: [standard, kpis/]\nsources: {}\n", encoding="utf-8"
    )
    (tmp_path / "kpis").mkdir()
    own = "kpi: own\nlabel: {en: Own, fr: À nous}\nquestion: {en: How many?, fr: Combien ?}\nunit: count\nrollup: sum\n"
    (tmp_path / "kpis" / "own.yml").write_text(own + "value: kpi(visits)\n", encoding="utf-8")
    return tmp_path


def call(folder: Path, *arguments: str, expect: int = 0) -> str:
    done = CliRunner().invoke(omnictl, ["-C", str(folder), "kpi", "docs", *arguments])
    assert done.exit_code == expect, done.stderr
    return done.stderr


def test_a_workspaces_own_kpis_are_in_it_and_go_when_they_go(workspace: Path) -> None:
    out = workspace / "out"
    call(workspace, "--out", str(out))
    page = out / "fr" / "kpi" / "own.html"
    assert "kpis, own.yml" in page.read_text(encoding="utf-8")
    assert "own.html" in (out / "fr" / "kpi" / "visits.html").read_text(encoding="utf-8")
    (out / "fr" / "mine.txt").write_text("mine", encoding="utf-8")
    (workspace / "kpis" / "own.yml").unlink()
    assert "2 removed" in call(workspace, "--out", str(out))
    assert not page.exists()
    assert (out / "fr" / "mine.txt").exists()


def test_files_of_others_are_left_alone(workspace: Path) -> None:
    (workspace / "README.md").write_text("mine", encoding="utf-8")
    assert "is there already" in call(workspace, "--out", str(workspace), "--format", "md", expect=2)
    assert (workspace / "README.md").read_text(encoding="utf-8") == "mine"
    (workspace / "files.txt").write_text("../../etc/passwd\nREADME.md\n", encoding="utf-8")
    assert "is there already" in call(workspace, "--out", str(workspace), "--format", "md", expect=2)
