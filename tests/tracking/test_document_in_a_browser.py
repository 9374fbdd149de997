"""The page of a plan in a real browser: on a telephone, in the dark, on paper, and with texts that want to run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from browser import Tab, browser_path, browsing
from tracking_plans import whole_plan

from omnictl.tracking.document import Owners, document

pytestmark = pytest.mark.skipif(browser_path() is None, reason="there is no Chromium here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def tab(folder: Path) -> Iterator[Tab]:
    with browsing(folder / "profile") as found:
        yield found


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    file = folder / "plan.html"
    file.write_text(document(whole_plan(), lang="fr", form="html", owners=Owners()), encoding="utf-8")
    return file


WIDTH = "document.documentElement.scrollWidth"
SHOWN = "[...document.querySelectorAll('ul.found li')].filter(each => !each.hidden).map(each => each.dataset.name)"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_no_wider_than_the_window(tab: Tab, page: Path, width: int) -> None:
    tab.open(page, width=width)
    assert tab.ask(WIDTH) == width
    assert tab.ask("window.innerWidth") == width
    moved = "[...document.querySelectorAll('.wide')].filter(each => each.scrollWidth > each.clientWidth).length"
    assert (tab.ask(moved) > 0) is (width == 360)


def test_the_page_asks_for_nothing_and_says_nothing(tab: Tab, page: Path) -> None:
    tab.open(page, width=800)
    assert tab.ask("document.documentElement.lang") == "fr"
    assert tab.requests == [page.as_uri()]
    assert tab.said == []


def test_headings_go_down_one_by_one_and_tables_follow_theirs(tab: Tab, page: Path) -> None:
    tab.open(page, width=800)
    levels = tab.ask("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => Number(each.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    fields = "[...document.querySelectorAll('h5')].filter(each => each.textContent == 'Champs')"
    assert tab.ask(f"{fields}.map(each => each.nextElementSibling.querySelectorAll('thead th').length)") == [6, 6, 6, 5]


def test_every_link_leads_to_a_place_on_the_page(tab: Tab, page: Path) -> None:
    tab.open(page, width=800)
    links = "[...document.querySelectorAll('a')].map(each => each.getAttribute('href'))"
    assert tab.ask(f"{links}.length") > 40
    assert tab.ask(f"{links}.filter(each => each[0] != '#' || !document.getElementById(each.slice(1)))") == []


def test_an_event_is_found_by_a_tools_own_field_and_by_a_kpi(tab: Tab, page: Path) -> None:
    tab.open(page, width=800)
    assert tab.ask(SHOWN) == ["interactions.phone", "interactions.chat", "surveys.csat"]
    field = "const field = document.getElementById('search')"
    look = f"(text => {{{field}; field.value = text; field.dispatchEvent(new Event('input'))}})"
    tab.ask(f"{look}('callid')")
    assert tab.ask(SHOWN) == ["interactions.phone"]
    assert tab.ask("document.getElementById('told').textContent") == "Événements trouvés\u00a0: 1"
    tab.ask(f"{look}('TAUX d’abandon')")
    assert tab.ask(SHOWN) == ["interactions.phone"]
    tab.ask(f"{look}('rien de tel')")
    assert tab.ask(SHOWN) == []
    assert tab.ask("document.getElementById('told').textContent").startswith("Rien n'est trouvé.")


def test_the_search_does_not_stand_over_what_follows(tab: Tab, page: Path) -> None:
    tab.open(page, width=360)
    assert tab.ask("getComputedStyle(document.querySelector('.search')).position") == "static"


def test_it_is_dark_where_the_reader_wants_it(tab: Tab, page: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    tab.open(page, width=800)
    assert tab.ask(colour) == "rgb(255, 255, 255)"
    tab.open(page, width=800, dark=True)
    assert tab.ask(colour) == "rgb(20, 24, 27)"


def test_paper_has_the_tables_and_not_the_search(tab: Tab, page: Path) -> None:
    tab.open(page, width=700, paper=True)
    hidden = "getComputedStyle(document.querySelector('{}')).display"
    assert tab.ask(hidden.format("nav")) == tab.ask(hidden.format(".search")) == "none"
    assert tab.ask("getComputedStyle(document.querySelector('.wide')).overflowX") == "visible"
    assert tab.ask(WIDTH) == 700


def test_nothing_a_plan_says_runs(tab: Tab, folder: Path) -> None:
    from hostile_plan import hostile_plan

    plan, owners = hostile_plan()
    file = folder / "hostile.html"
    file.write_text(document(plan, lang="en", form="html", owners=owners), encoding="utf-8")
    tab.open(file, width=360)
    assert tab.requests == [file.as_uri()]
    assert tab.said == []
    assert tab.ask("document.querySelectorAll('script').length") == 2
    assert tab.ask("document.querySelectorAll('img').length") == 0
    assert tab.ask(WIDTH) == 360
