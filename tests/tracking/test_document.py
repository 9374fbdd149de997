"""The page of a plan in both languages: what it says, where it stands, and that nothing of a plan is markup in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hostile_plan import hostile_plan
from parsed_html import Parsed
from tracking_plans import event, plan_of, prop, source, whole_plan

from omnictl.render.look import SCRIPT, STYLE
from omnictl.tracking.document import Owner, Owners, document, owners_of
from omnictl.tracking.document.spans import spoken, spoken_every, spoken_kept, written
from omnictl.tracking.document.words import OURS, REFERENTIAL, SPANS, TYPES, WORDS
from omnictl.tracking.grammar import EVERY
from omnictl.tracking.plan import Feed, Plan, PlannedKpi
from omnictl.workspace import load_workspace

NO_BREAK = "\u00a0"


def markdown(plan: Plan, lang: str, owners: Owners | None = None) -> str:
    return document(plan, lang=lang, form="md", owners=owners or Owners())


def section(text: str, begins: str) -> str:
    """A part of a Markdown page, from its heading to the next of the same level or above."""
    level = begins.split(" ")[0]
    found = re.search(rf"^{re.escape(begins)}$.*?(?=^#{{1,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, begins
    return found[0]


def cells(text: str, first: str) -> list[str]:
    """The cells of the row that begins with one."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return re.split(r"(?<!\\) \| ", line.removeprefix("| ").removesuffix(" |"))


@pytest.fixture(scope="module")
def english() -> str:
    return markdown(whole_plan(), "en")


@pytest.fixture(scope="module")
def french() -> str:
    return markdown(whole_plan(), "fr")


def test_the_head_says_what_it_is_and_whose(french: str) -> None:
    head = french[: french.index("## ")]
    assert "# Assistance\n" in head
    assert cells(head, "Plan")[1] == "`help-desk_2`"
    assert cells(head, "Version")[1] == "2.1.0"
    assert cells(head, "Responsable")[1] == "data-office"
    assert cells(head, "Contient")[1] == "1 question, 2 indicateurs, 3 événements, 3 outils"


def test_what_nobody_records_is_the_first_to_be_seen(english: str) -> None:
    headings = re.findall(r"^## (.*)$", english, re.MULTILINE)
    assert headings == [
        "Still to be recorded", "The questions", "KPIs", "All events", "What each tool must record",
        "Personal data", "How things are named", "Who answers for what",
    ]  # fmt: skip
    gaps = section(english, "## Still to be recorded")
    assert cells(gaps, "[`chat_contact_ended`](#event-interactions-chat)")[2] == "—"
    fields = cells(gaps, "[`switch`](#source-switch)")
    assert fields[1:] == [
        "[`phone_contact_ended`](#event-switch-interactions-phone)",
        "`wait_s`, `recorded`, `agent`",
        "[Average wait](#kpi-average-wait)",
    ]


def test_a_plan_without_gaps_says_so() -> None:
    given = event("staffing", None, prop("queue", required=True, feeds=(Feed("wfm", ("q",), "q"),)), sources=("wfm",))
    gaps = section(markdown(plan_of(given, sources=[source("wfm", "staffing")]), "en"), "## Still to be recorded")
    assert gaps.strip().splitlines()[2:] == ["Every event of the plan is given by a tool.", "", '<a id="needs"></a>']


def test_a_question_says_who_decides_what_and_with_which_kpis(french: str) -> None:
    need = section(french, f"### Quand les appelants renoncent-ils{NO_BREAK}?")
    assert cells(need, "Ce que la réponse permet de décider")[1] == "Déplacer des conseillers vers ces heures."
    assert cells(need, "Posée par")[1] == "head of service"
    assert cells(need, "Réponse attendue")[1] == "chaque semaine"
    assert cells(need, "Ventilation")[1] == "`hour`"
    assert cells(need, "Canaux")[1] == "`phone`"
    assert "- [Taux d'abandon](#kpi-abandonment-rate) `abandonment_rate`" in need


def test_a_kpi_says_what_it_is_and_what_it_rests_on() -> None:
    plan = whole_plan()
    kpi = replace(plan.kpis[0], definition={"en": "Calls given up.", "fr": "Appels abandonnés."}, unit="ratio")
    told = section(markdown(replace(plan, kpis=(kpi,)), "fr"), "### Taux d'abandon")
    assert cells(told, "Ce que c'est")[1] == "Appels abandonnés."
    assert cells(told, "Défini par")[1] == "cx-data"
    assert cells(told, "S'appuie sur")[1] == "[`phone_contact_ended`](#event-switch-interactions-phone)"


def test_a_tool_reads_its_own_section_alone(english: str) -> None:
    switch = section(english, "### Tool switch")
    for name, told in {
        "Who provides it": "telephony-team", "Read by the connector": "`asterisk`", "How it is fetched": "api-pull",
        "How often": "every hour", "At most so late": "90 minutes", "Can be fetched anew for": "90 days",
        "Kept in": "warehouse.raw_calls", "Kept for": "13 months", "id": "`interactions.phone`",
        "When a record breaks the plan": "it is set aside and counts for nothing",
    }.items():  # fmt: skip
        assert cells(switch, name)[1] == told
    assert "partner-desk" not in switch
    overflow = section(english, "### Tool overflow")
    assert cells(overflow, "`interaction_id`")[-1] == "`id`"
    assert cells(overflow, "Can be fetched anew for")[1] == "not said yet"


def test_a_field_says_why_it_is_needed_and_what_fills_it(english: str, french: str) -> None:
    switch = section(english, "### Tool switch")
    assert cells(switch, "`outcome`") == [
        "`outcome`", "the outcome", "text",
        "**required**; cannot be computed without it: [Abandonment rate](#kpi-abandonment-rate)",
        "`handled`, `abandoned`, `no`; KPIs look for `abandoned`", "`Result`",
    ]  # fmt: skip
    assert cells(section(french, "### Outil switch"), "`wait_s`") == [
        "`wait_s`", "le champ wait_s", "nombre décimal, secondes",
        f"impossible à calculer sans lui{NO_BREAK}: [Attente moyenne](#kpi-average-wait)",
        f"de 0 à 3600,5{NO_BREAK}; au plus 2\u202f% de vides", f"**rien pour l'instant{NO_BREAK}: à enregistrer**",
    ]  # fmt: skip
    assert cells(switch, "`transfers`")[3:] == [
        "computed better with it: [Average wait](#kpi-average-wait)", "at least 0", "nothing yet"
    ]  # fmt: skip
    assert cells(switch, "`day`")[3] == "to cut by `day`"
    assert cells(switch, "`recorded`")[2:4] == ["true or false", "**required**"]
    assert cells(switch, "`sequence`")[3:] == ["nothing of the plan needs it", "any", "the connector makes it"]
    assert cells(switch, "`started_at`")[2] == "date and time, UTC"
    other = section(english, "### Tool overflow")
    assert cells(other, "`started_at`")[-1] == "**nothing yet: to be recorded** (given by [`switch`](#source-switch))"


def test_what_a_source_is_completed_by_is_no_gap() -> None:
    phone = event(
        "interactions", "phone",
        prop("queued_at", "TIMESTAMP", kpis=("k",), feeds=(Feed("calls", ("t",), "t"),)),
        sources=("calls", "cdr"),
    )  # fmt: skip
    sources = [source("calls", phone.id), replace(source("cdr", phone.id), completes="calls")]
    text = markdown(plan_of(phone, sources=sources), "en")
    assert "to be recorded**" not in text[text.index("### Tool calls") :]
    assert cells(section(text, "### Tool cdr"), "`queued_at`")[-1] == "given by [`calls`](#source-calls)"
    assert cells(section(text, "### Tool cdr"), "Completes the records of")[1] == "[`calls`](#source-calls)"


def test_of_identifiers_one_is_enough() -> None:
    feeds = (Feed("crm", ("id",), "id"),)
    known = prop("identifier.customer_id", kpis=("k",), one_of=True, feeds=feeds)
    other = prop("identifier.phone", kpis=("k",), one_of=True)
    chat = event("interactions", "chat", known, other, sources=("crm",))
    text = markdown(plan_of(chat, sources=[source("crm", chat.id)]), "en")
    assert "to be recorded**" not in text[text.index("### Tool crm") :]
    assert cells(section(text, "### Tool crm"), "`phone`")[3:] == [
        "cannot be computed without it: k; any one of these identifiers is enough", "any", "nothing yet"
    ]  # fmt: skip
    neither = replace(chat, properties=(replace(known, feeds=()), other))
    text = markdown(plan_of(neither, sources=[source("crm", chat.id)]), "en")
    assert cells(section(text, "### Tool crm"), "`phone`")[-1] == "**nothing yet: to be recorded**"


def test_how_a_field_is_made_is_told_where_it_is_no_connectors_affair() -> None:
    many = tuple(f"f{number}" for number in range(9))
    feeds = {
        "a": Feed("x", ("A",), "upper(A)"), "b": Feed("x", (), "'phone'"), "c": Feed("x", many, "hidden", True),
        "d": Feed("x", ("q",), "match rules on queue"), "e": Feed("x", ("n",), "read from the number"),
        "f": Feed("x", ("Case Id",), '"Case Id"'), "g": Feed("x", ("T",), "strptime(T, '%d/%m/%Y')"),
        "h": Feed("x", ("D",), "case D when 'OK' then 'handled' when 'NO' then 'abandoned' else D end"),
        "i": Feed("x", ("D",), "case D when 1 then true end"), "j": Feed("x", ("D",), "case D when 'a' then E end"),
        "k": Feed("x", ("M",), "case M when 'voice' then 'phone' else lower(M) end"),
        "l": Feed("x", ("M",), "lower(M)"),
    }  # fmt: skip
    one = event("interactions", "web", *(prop(name, feeds=(feed,)) for name, feed in feeds.items()), sources=("x",))
    text = section(markdown(plan_of(one, sources=[source("x", one.id)]), "fr"), "### Outil x")
    assert {name: cells(text, f"`{name}`")[-1] for name in feeds} == {
        "a": "`A`, par `upper(A)`",
        "b": f"toujours `'phone'`{NO_BREAK}: rien à transmettre",
        "c": "`f0`, `f1`, `f2`, `f3`, `f4`, `f5` et 3 de plus",
        "d": "`q`, par les règles du référentiel sur queue",
        "e": "`n`, par lecture du numéro de téléphone",
        "f": "`Case Id`",
        "g": "`T`, au format `%d/%m/%Y`",
        "h": f"`D`{NO_BREAK}: `OK` devient `handled`, `NO` devient `abandoned`, le reste tel quel",
        "i": f"`D`{NO_BREAK}: `1` devient `true`",
        "j": "`D`, par `case D when 'a' then E end`",
        "k": f"`M`{NO_BREAK}: `voice` devient `phone`, le reste en minuscules",
        "l": "`M`, en minuscules",
    }


@pytest.mark.parametrize(
    ("written", "french", "english"),
    [("13 months", "13 mois", "13 months"), ("1 year", "1 an", "1 year"), ("90d", "90 jours", "90 days")],
)
def test_how_long_data_are_kept_is_said_in_the_language(written: str, french: str, english: str) -> None:
    assert (spoken_kept(written, "fr"), spoken_kept(written, "en")) == (french, english)


def test_personal_data_say_why_and_how_they_are_kept(french: str) -> None:
    personal = section(french, "## Données personnelles")
    event_link = "[`phone_contact_ended`](#event-switch-interactions-phone)"
    assert cells(personal, "`agent`")[2:] == [
        event_link, "Accompagnement des conseillers",
        f"telle quelle{NO_BREAK}; `identity erase` l'efface avec la personne",
    ]  # fmt: skip
    assert cells(personal, "`phone`")[3:] == [
        f"[Quand les appelants renoncent-ils{NO_BREAK}?](#need-staffing-of-peaks)",
        f"seulement sous forme de pseudonyme à clé (HMAC-SHA256){NO_BREAK}; la valeur n'est pas gardée",
    ]
    assert "Les visites dont le consentement est refusé" in personal
    none = markdown(plan_of(event("base", None, prop("segment"))), "fr")
    assert "Le plan ne demande aucune donnée personnelle." in none


def test_the_same_personal_data_on_several_events_stand_together() -> None:
    both = [event("interactions", channel, prop("identifier.email", privacy="pseudonym")) for channel in ("web", "app")]
    personal = section(markdown(plan_of(*both), "en"), "## Personal data")
    assert cells(personal, "`email`")[2:4] == [
        "[`interactions_web`](#event-interactions-web), [`interactions_app`](#event-interactions-app)",
        "no purpose is written down",
    ]


def test_the_referential_is_told_with_the_kpis_that_take_from_it() -> None:
    kpi = PlannedKpi("cost", {"en": "Cost"}, "eur", "care", referential=("rates", "moons"))
    told = section(markdown(plan_of(kpis=(kpi,)), "en"), "## What the referential must say")
    assert "- the rate card (`rates`): what one interaction costs, by channel and solution ([Cost](#kpi-cost))" in told
    assert "- `moons` ([Cost](#kpi-cost))" in told
    assert "## What the referential" not in markdown(whole_plan(), "en")


def test_the_convention_of_names_is_told_in_the_language(french: str, english: str) -> None:
    assert "`{channel}_{object}_{action}, snake_case, 64 caractères au plus`" in french
    assert "`{channel}_{object}_{action}, snake_case, 64 characters at most`" in english


def test_an_empty_plan_is_a_page() -> None:
    text = markdown(replace(plan_of(), title={}, owner=""), "fr")
    assert text.count("# Plan de tracking\n") == 1
    assert "L'espace de travail n'a pas encore de source." in text
    assert "Aucune question n'est écrite" in text
    assert cells(text, "Responsable")[1] == "personne pour l'instant"


# owners


def test_owners_are_told_by_what_they_do(tmp_path: Path) -> None:
    (tmp_path / "omnictl.yml").write_text(
        "workspace: w\ntimezone: UTC\nglossary: [standard]\nreferential: referential.yml\nsources: {}\n"
    )
    (tmp_path / "referential.yml").write_text(
        "intents: {bill: {}}\n"
        "solutions:\n"
        "  call_us: {label: {en: Call us, fr: Nous appeler}, channel: phone, intents: [bill], owner: care}\n"
        "  anywhere: {intents: [bill]}\n"
        "  letter: {channel: mail, intents: [bill], owner: post}\n"
    )
    owners = owners_of(whole_plan(), load_workspace(tmp_path / "omnictl.yml"))
    assert owners.table("fr").rows == [
        ("partner-desk", "pools", "source", "overflow", None),
        ("telephony-team", "pools", "source", "switch", None),
        (None, "pools", "source", "forms", None),
        (None, "pools", "event", "interactions.chat", "Un tchat s'est terminé."),
        ("cx-data", "defines", "kpi", "abandonment_rate", "Taux d'abandon"),
        ("cx-data", "defines", "kpi", "average_wait", "Attente moyenne"),
        ("data-office", "defines", "plan", "help-desk_2", "Assistance"),
        ("care", "acts", "solution", "call_us", "Nous appeler"),
        (None, "acts", "solution", "anywhere", None),
        ("head of service", "asks", "need", "staffing-of-peaks", "Quand les appelants renoncent-ils ?"),
    ]
    text = section(markdown(whole_plan(), "fr", owners), "## Qui répond de quoi")
    assert cells(text, "care")[1] == "Nous appeler (solution)"
    assert cells(text, "telephony-team")[1] == "[`switch`](#source-switch)"
    assert re.findall(r"^### (.*)$", text, re.MULTILINE) == ["Fournit les données", "Définit", "Agit", "Demande"]


def test_an_event_whose_owner_is_none_of_its_sources_is_theirs_besides() -> None:
    plan = plan_of(
        event("base", None, prop("active"), sources=("a", "b"), owner="x, y"),
        event("offers", None, prop("chosen"), sources=("a",), owner="z"),
        sources=[source("a", "base", "offers", owner="x"), source("b", "base", owner="y")],
    )
    pools = [(row.who, row.what) for row in owners_of_plan(plan).rows if row.role == "pools"]
    assert pools == [("x", "a"), ("y", "b"), ("z", "offers")]


def owners_of_plan(plan: Plan) -> Owners:
    """Owners where the referential is empty."""
    from types import SimpleNamespace

    return owners_of(plan, SimpleNamespace(referential=SimpleNamespace(solutions={})))  # type: ignore[arg-type]


# words


def test_every_word_is_there_in_both_languages_with_the_same_gaps() -> None:
    assert WORDS["en"].keys() == WORDS["fr"].keys()
    for key, text in WORDS["en"].items():
        assert text.count("{}") == WORDS["fr"][key].count("{}"), key
        assert text.count("`") == WORDS["fr"][key].count("`"), key
    for texts in (*TYPES.values(), *REFERENTIAL.values(), *OURS.values(), *(each for _, each in SPANS.values())):
        assert texts.keys() == {"en", "fr"}


def test_no_english_of_the_frame_stands_in_a_french_page(french: str) -> None:
    english = [text for key, text in WORDS["en"].items() if text != WORDS["fr"][key] and len(text) > 8]
    assert len(english) > 60
    for text in english:
        for piece in re.split(r"\{\}|`[^`]*`", text):
            assert len(piece) <= 8 or piece.strip() not in french, text


@pytest.mark.parametrize(
    ("span", "yaml", "english", "every"),
    [
        (timedelta(days=1), "1 d", "1 day", "chaque jour"),
        (timedelta(days=7), "7 d", "7 days", "chaque semaine"),
        (timedelta(days=31), "31 d", "31 days", "chaque mois"),
        (timedelta(hours=2), "2 h", "2 hours", "toutes les 2 heures"),
        (timedelta(days=2), "2 d", "2 days", "tous les 2 jours"),
        (timedelta(minutes=90), "90 min", "90 minutes", "toutes les 90 minutes"),
        (timedelta(seconds=61), "61 s", "61 seconds", "toutes les 61 secondes"),
        (timedelta(seconds=1.5), "1.5 s", "1.5 seconds", "toutes les 1.5 secondes"),
        (timedelta(), "0 s", "0 seconds", "toutes les 0 secondes"),
    ],
)
def test_durations_as_people_write_and_say_them(span: timedelta, yaml: str, english: str, every: str) -> None:
    from omnictl.places.reader import duration

    assert written(span) == yaml
    assert duration(yaml) == span
    assert spoken(span, "en") == english
    assert spoken_every(span, "fr") == every


def test_every_word_for_how_often_is_said_as_that_word() -> None:
    said = {name: spoken_every(span, "en") for name, span in EVERY.items()}
    assert said == {name: f"every {name}" for name in EVERY}


# the page as a file


def test_the_same_plan_gives_the_same_bytes_and_no_date() -> None:
    for form in ("html", "md"):
        first, second = (document(whole_plan(), lang="en", form=form, owners=Owners()) for _ in range(2))
        assert first == second
        assert not re.search(r"\b20[0-9]{2}-[01][0-9]-", first.replace("2026-03-01", ""))  # the name of a property


def test_the_html_is_whole_and_its_parts_are_found() -> None:
    for lang in ("en", "fr"):
        text = document(whole_plan(), lang=lang, form="html", owners=Owners())
        page = Parsed(text)
        assert not page.faults
        assert f'<html lang="{lang}">' in text
        assert len(page.ids) == len(set(page.ids))
        assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
        assert not [name for name, _ in page.elements if name in ("img", "link", "iframe", "object", "embed")]


def test_things_with_the_same_letters_have_places_of_their_own() -> None:
    kpis = tuple(PlannedKpi(name, {}, "count", "") for name in ("a:b", "a-b", "a@b", "é", "e"))
    page = Parsed(document(plan_of(kpis=kpis), lang="en", form="html", owners=Owners()))
    assert [each for each in page.ids if each.startswith("kpi-")] == [
        "kpi-a-b", "kpi-a-b-2", "kpi-a-b-3", "kpi-e", "kpi-e-2",
    ]  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_nothing_a_plan_says_is_markup_in_html(lang: str) -> None:
    plan, owners = hostile_plan()
    text = document(plan, lang=lang, form="html", owners=owners)
    page = Parsed(text)
    assert not page.faults
    assert [each.get("type") for name, each in page.elements if name == "script"] == ["application/json", None]
    assert page.count("img") == 0
    assert page.data["style"] == STYLE
    assert SCRIPT in text
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") for link in page.links)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_nothing_a_plan_says_is_markup_in_markdown(lang: str) -> None:
    plan, owners = hostile_plan()
    text = markdown(plan, lang, owners)
    outside = re.sub(r"(`+).+?\1", "", text)
    assert not re.search(r"<(?!a id=\"[a-z0-9-]+\">|/a>)", outside)
    assert "](javascript" not in re.sub(r"\\[\[\]]", "", outside)
    for line in text.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (3, 4, 5, 6, 7), line
    assert "\n# c" not in text


def test_owners_that_the_page_does_not_have_are_named_without_a_link() -> None:
    owners = Owners((Owner("x", "defines", "kpi", "gone", {}), Owner("x", "pools", "event", "none.such", {})))
    text = section(markdown(plan_of(), "en", owners), "## Who answers for what")
    assert [cells(part, "x")[1] for part in text.split("###")[1:]] == ["`none.such`", "gone"]
