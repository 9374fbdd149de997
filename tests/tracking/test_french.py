"""The French of columns and events: whole, and held to the relations and the names of events."""

from __future__ import annotations

import re

import pytest

from omnictl.relations import OURS, RELATIONS
from omnictl.relations.column import CHANNELS
from omnictl.tracking.french import FRENCH, KINDS, UNITS
from omnictl.tracking.meanings import meaning_of, meaning_of_event, meaning_of_identifier, unit_of
from omnictl.workspace import LINK_ON

WRITTEN = [RELATIONS[name] for name in sorted(OURS) if RELATIONS[name].written_by == "connector"]


def test_every_column_that_a_connector_writes_has_its_french_and_none_is_left_over() -> None:
    assert {name: list(columns) for name, columns in FRENCH.items()} == {
        relation.name: relation.names for relation in sorted(WRITTEN, key=lambda each: list(FRENCH).index(each.name))
    }
    assert all(text for columns in FRENCH.values() for text in columns.values())


def test_french_is_no_english_left_standing() -> None:
    for relation in WRITTEN:
        for column in relation.columns:
            assert FRENCH[relation.name][column.name] != column.meaning


def test_every_value_and_name_that_the_english_tells_is_told_in_french() -> None:
    for relation in WRITTEN:
        for column in relation.columns:
            told = set(re.findall(r"\b[a-z]+_[a-z0-9_]+\b|\b(?:NULL|JSON|HMAC-SHA256)\b|''", column.meaning))
            french = FRENCH[relation.name][column.name]
            assert not {each for each in told if each not in french}, (relation.name, column.name)


def test_every_unit_is_called_in_both_languages() -> None:
    assert set(UNITS) == {column.unit for relation in WRITTEN for column in relation.columns} - {""}
    assert unit_of("s", "fr") == "secondes"
    assert unit_of("furlongs", "fr") == "furlongs"


def test_meanings_by_language() -> None:
    assert meaning_of("interactions", "wait_s") == {
        "en": "time waited in queues, summed over queue visits",
        "fr": "temps d'attente dans les files, sommé sur les passages en file",
    }
    assert meaning_of("interactions", "none") == {}
    assert meaning_of("none", "wait_s") == {}


def test_kinds_of_identifiers() -> None:
    assert set(KINDS) == set(LINK_ON)
    told = meaning_of_identifier("phone")
    assert told["en"].startswith("the customer's telephone number, to link")
    assert told["fr"].startswith("le numéro de téléphone du client, pour relier")
    assert "« badge »" in meaning_of_identifier("badge")["fr"]


EVENTS = [
    *[("interactions", channel, kind) for channel, (_, kind) in CHANNELS.items()],
    *[("steps", channel, kind) for channel in (*CHANNELS, None) for kind in RELATIONS["steps"].column("type").among],
    *[("segments", channel, kind) for channel in ("phone", "chat", None) for kind in ("queue", "agent", "")],
    *[("surveys", channel, kind) for channel in ("phone", None) for kind in ("nps", "csat", "ces", "helpful", "")],
    *[(relation, None, "") for relation in ("decisions", "offers", "staffing", "base")],
]


def test_every_channel_and_kind_is_known_in_both_languages() -> None:
    for event in EVENTS:
        told = meaning_of_event(*event)
        assert list(told) == ["en", "fr"], event
        assert "«" not in told["fr"] and '"' not in told["en"], event
        assert told["en"][0].isupper() and told["fr"][0].isupper(), event
    sentences = {tuple(meaning_of_event(*event).values()) for event in EVENTS}
    assert len(sentences) == len(EVENTS)


@pytest.mark.parametrize(
    ("event", "english", "french"),
    [
        (("interactions", "phone", ""), "A call has ended", "Un appel est terminé"),
        (("interactions", "web", "visit"), "A visit to the website has ended", "Une visite du site web est terminée"),
        (("steps", "faq", "article"), "A help article is read in the FAQ", "Un article d'aide est lu dans la FAQ"),
        (("surveys", None, "nps"), "The recommendation question (NPS) is answered",
         "La question de recommandation (NPS) reçoit une réponse"),
        (("surveys", "phone", "ces"), "The effort question (CES) is answered about a call",
         "La question d'effort (CES) reçoit une réponse à propos d'un appel"),
        (("interactions", "fax", "contact"), 'A contact on the channel "fax" has ended',
         "Un contact sur le canal « fax » est terminé"),
        (("steps", None, "wave"), 'An event "wave" happens', "Un événement « wave » a lieu"),
    ],
)  # fmt: skip
def test_sentences_of_events(event: tuple[str, str | None, str], english: str, french: str) -> None:
    assert meaning_of_event(*event) == {"en": english, "fr": french}
