"""From needs and sources to events and properties, by hand on a small workspace."""

from __future__ import annotations

from pathlib import Path

import pytest
from tracking.small import TRACKING, WORKSPACE, event, plan, prop, workspace

from omnictl.errors import DefinitionError
from omnictl.tracking.load import load_plan
from omnictl.tracking.naming import Convention
from omnictl.tracking.plan import Plan


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan(tmp_path_factory.mktemp("small"))


def test_the_events_are_those_that_the_needs_want(found: Plan) -> None:
    assert [(each.id, each.name, each.sources) for each in found.events] == [
        ("interactions.phone", "phone_contact_ended", ("calls",)),
        ("interactions.faq", "faq_visit_ended", ("faq",)),
        ("steps.faq.article", "faq_article_read", ("reads",)),
        ("decisions", "contact_page_displayed", ()),
        ("offers", "solution_offered", ()),
    ]
    assert (found.id, found.version, found.owner) == ("petit", "1.2.0", "pilotage")


def test_who_needs_a_property_and_who_fills_it(found: Plan) -> None:
    outcome = prop(found, "interactions.phone", "outcome")
    assert outcome.kpis == ("abandonment_rate", "average_handle_time")
    assert outcome.needed
    assert not outcome.required
    assert {"handled", "abandoned"} <= set(outcome.looked_for)
    (feed,) = outcome.feeds
    assert (feed.source, feed.fields) == ("calls", ("issue",))
    talk = prop(found, "interactions.phone", "talk_s")
    assert talk.kpis == ("average_handle_time",)
    assert talk.feeds[0].fields == ("attente", "duree")
    assert (talk.low, talk.high) == (0, None)
    hold = prop(found, "interactions.phone", "hold_s")
    assert hold.kpis == ()
    assert hold.helps == ("average_handle_time",)
    assert hold.feeds == ()
    assert prop(found, "interactions.phone", "queue").cuts == ("queue",)
    assert prop(found, "interactions.phone", "channel").values == ("phone",)


def test_identifiers_do_for_each_other(found: Plan) -> None:
    phone = prop(found, "interactions.phone", "identifier.phone")
    assert phone.one_of
    assert phone.kpis == ("phone_after_web_rate",)
    assert phone.helps == ()
    assert phone.privacy == "pseudonym"
    assert phone.purposes == ("qui-appelle",)
    assert prop(found, "interactions.faq", "identifier.cookie").feeds[0].fields == ("visitor.cookie",)
    assert prop(found, "interactions.faq", "identifier.ip").purposes == ("evidence",)
    assert prop(found, "interactions.faq", "consent").kpis == ("phone_after_web_rate",)
    assert event(found, "interactions.phone").find("consent") is None


def test_intents_come_of_match_rules(found: Plan) -> None:
    intent = prop(found, "interactions.faq", "intent")
    assert intent.feeds[0].fields == ("landing",)
    assert intent.feeds[0].expression == "match rules on page"


def test_a_cut_by_articles_asks_for_steps(found: Plan) -> None:
    article = event(found, "steps.faq.article")
    assert prop(found, "steps.faq.article", "type").values == ("article",)
    assert {each.column for each in article.properties} == {
        "step_id", "interaction_id", "occurred_at", "type", "object"
    }  # fmt: skip
    assert prop(found, "steps.faq.article", "object").cuts == ("step.article",)


def test_how_sources_are_fetched(found: Plan) -> None:
    calls = found.sources["calls"]
    assert calls.events == ("interactions.phone",)
    assert (calls.retrieval.store, calls.retrieval.retention) == ("raw.calls", "13 months")
    assert calls.retrieval.backfill is not None
    assert calls.retrieval.backfill.days == 30
    assert event(found, "interactions.phone").owner == "telephony"


def test_what_is_worth_saying(found: Plan) -> None:
    said = [(each.severity, each.code, each.message) for each in found.findings]
    assert ("warning", "retrieval-unsaid") in [each[:2] for each in said]
    assert not [each for each in said if each[1] == "personal-unused"]
    assert [each[1] for each in said].count("need-too-rare") == 0


def test_personal_data_without_a_purpose_is_told(tmp_path: Path) -> None:
    without = plan(tmp_path, tracking=TRACKING.partition("purposes:")[0])
    (told,) = [each for each in without.findings if each.code == "personal-unused"]
    assert "`faq` records `identifier.ip`" in told.message
    assert told.place is not None
    assert told.place.file.endswith("omnictl.yml")


def test_a_need_that_asks_more_often_than_data_come(tmp_path: Path) -> None:
    hourly = plan(tmp_path, tracking=TRACKING.replace("every: day", "every: hour"))
    (told,) = [each for each in hourly.findings if each.code == "need-too-rare"]
    assert "`qui-appelle` is answered every 1 h" in told.message
    assert "`calls` every 1 d" in told.message
    assert "`faq`" not in told.message


def test_the_same_without_needs_is_about_every_kpi(tmp_path: Path) -> None:
    known = workspace(tmp_path, tracking=None)
    whole = load_plan(known)
    assert len(whole.kpis) > 80
    assert whole.place is None
    assert whole.id == "petit-centre"
    one = load_plan(known, ["abandonment_rate"], ["queue"])
    assert [each.address for each in one.kpis] == ["abandonment_rate"]
    assert [each.id for each in one.events] == ["interactions.phone"]
    assert event(one, "interactions.phone").find("talk_s") is None  # recorded, and not asked about


def test_channels_that_no_source_has_are_planned_when_a_need_names_them(tmp_path: Path) -> None:
    wider = plan(tmp_path, tracking=TRACKING.replace("channels: [phone]", "channels: [phone, chat]"))
    chat = event(wider, "interactions.chat")
    assert chat.sources == ()
    assert all(not each.feeds for each in chat.properties)
    assert prop(wider, "interactions.chat", "wait_s").kpis == ("abandonment_rate",)


FAULTS = {
    "unknown-kpi": ("kpis: [phone_after_web_rate]", "kpis: [phone_after_webrate]", "phone_after_web_rate"),
    "unknown-channel": ("channels: [phone]", "channels: [fone]", "phone"),
    "cut-not-defined": ("by: [queue]", "by: [colour]", ""),
    "unknown-property": ("columns: [identifier.ip]", "columns: [surveys.coment]", "surveys.comment"),
    "unknown-event": ("purposes:", "events: {phone_contact_endd: {owner: x}}\npurposes:", "phone_contact_ended"),
    "wrong-version": ("version: 1.2.0", "version: 1.2", "1.4.0"),
    "invalid-name": ("id: attente", "id: Attente !", "a-z"),
    "missing-key": ("    question: Combien attendent ?\n", "", ""),
    "unknown-key": ("    asked_by: digital", "    asked: digital", "asked_by"),
    "duplicate-key": ("id: attente", "id: qui-appelle", ""),
    "wrong-pattern": ("purposes:", "naming: {events: '{channel}_{thing}'}\npurposes:", ""),
    "wrong-type": ("every: day", "every: often", "every: day"),
    "unknown-value": ("purposes:", "naming: {style: SCREAMING}\npurposes:", "snake_case"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_bad_plan_is_told_with_its_place(tmp_path: Path, code: str) -> None:
    before, after, hint = FAULTS[code]
    assert before in TRACKING
    with pytest.raises(DefinitionError) as caught:
        plan(tmp_path, tracking=TRACKING.replace(before, after))
    (told,) = [each for each in caught.value.findings if each.code == code]
    assert told.place is not None
    assert told.place.file.endswith("tracking.yml")
    assert hint in told.hint


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    bad = TRACKING.replace("[phone_after_web_rate]", "[nothing_such]").replace("[queue]", "[colour]")
    with pytest.raises(DefinitionError) as caught:
        plan(tmp_path, tracking=bad)
    assert {each.code for each in caught.value.findings} == {"unknown-kpi", "cut-not-defined"}


@pytest.mark.parametrize(
    "text",
    ["", "plan: 3\n", "[]\n", "needs: {}\n", "needs: [1]\n", "events: [1]\n", "a: b\n---\nc: d\n", "plan: {id: [x}\n"],
)
def test_what_is_no_plan_at_all(tmp_path: Path, text: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        plan(tmp_path, tracking=text)
    assert all(each.place is not None for each in caught.value.findings)


def test_words_over_what_is_derived(tmp_path: Path) -> None:
    words = """
events:
  phone_contact_ended:
    name: call_ended
    version: 2.0.0
    owner: switch-team
    enforcement: stamp
    properties:
      wait_s: {name: waited, max: 2 h, nulls: 10%}
      queue: {values: [accueil, factures]}
"""
    found = plan(tmp_path, tracking=TRACKING + words)
    call = event(found, "call_ended")
    assert (call.id, call.version, call.owner, call.enforcement) == (
        "interactions.phone", "2.0.0", "switch-team", "stamp"
    )  # fmt: skip
    waited = prop(found, "call_ended", "wait_s")
    assert (waited.name, waited.low, waited.high, str(waited.nulls)) == ("waited", 0, 7200, "0.1")
    assert prop(found, "call_ended", "queue").values == ("accueil", "factures")


@pytest.mark.parametrize(
    ("naming", "event_name", "property_name"),
    [
        ("{}", "faq_article_read", "step_id"),
        ("{style: kebab-case}", "faq-article-read", "step-id"),
        ("{style: camelCase}", "faqArticleRead", "stepId"),
        ("{style: PascalCase}", "FaqArticleRead", "StepId"),
        ("{style: Title Case}", "Faq Article Read", "Step Id"),
        ("{events: '{object}_{action}_on_{channel}'}", "article_read_on_faq", "step_id"),
    ],
)
def test_one_convention_names_all(tmp_path: Path, naming: str, event_name: str, property_name: str) -> None:
    found = plan(tmp_path, tracking=f"{TRACKING}naming: {naming}\n")
    assert event(found, "steps.faq.article").name == event_name
    assert prop(found, "steps.faq.article", "step_id").name == property_name
    assert not [each for each in found.findings if each.code.startswith("plan-name")]


def test_names_against_the_convention(tmp_path: Path) -> None:
    words = "events: {interactions.phone: {name: CallEnded, properties: {queue: {name: wait_s}}}}\n"
    found = plan(tmp_path, tracking=TRACKING + words)
    told = {each.code: each for each in found.findings if each.code.startswith("plan-name")}
    assert told["plan-name"].hint == "name: call_ended"
    assert told["plan-name-twice"].severity == "error"
    assert "`queue`" in told["plan-name-twice"].message
    assert "`wait_s`" in told["plan-name-twice"].message


def test_a_source_whose_channel_the_data_tell(tmp_path: Path) -> None:
    open_ = WORKSPACE.replace("channel: \"'phone'\"", "channel: canal")
    known = workspace(tmp_path, open_)
    assert event(load_plan(known, ["contacts_received"], seen=["phone"]), "interactions.phone").sources == ("calls",)


def test_a_source_with_an_open_channel_does_not_stand_for_the_channels_of_others(tmp_path: Path) -> None:
    open_ = WORKSPACE.replace(
        "channel: \"'phone'\"", "channel: case media when 'voice' then 'phone' else lower(media) end"
    )
    found = load_plan(workspace(tmp_path, open_))
    assert event(found, "interactions.phone").sources == ("calls",)  # in the plan, for the mapping names it
    assert event(found, "interactions.faq").sources == ("faq",)
    assert event(load_plan(workspace(tmp_path, open_), ["chat_duration"]), "interactions.chat").sources == ("calls",)


def test_channels_that_the_plan_names_limit_it(tmp_path: Path) -> None:
    limited = "plan: {channels: [phone]}\nneeds: [{id: n, question: Q?, decision: D, kpis: [full_resolution_time]}]\n"
    assert {each.channel for each in plan(tmp_path, tracking=limited).events} == {None}  # it is about what is written


@pytest.mark.parametrize(
    ("style", "better"),
    [("snake_case", "duree_d_attente"), ("camelCase", "dureeDAttente"), ("Title Case", "Duree D Attente")],
)
def test_a_better_name_keeps_the_letters_under_accents(style: str, better: str) -> None:
    assert Convention(style=style).better("Durée d'attente") == better


def test_personal_data_that_one_channel_of_a_source_needs_are_needed(tmp_path: Path) -> None:
    both = WORKSPACE.replace("channel: \"'phone'\"", "channel: case m when 'v' then 'phone' else 'chat' end")
    text = (
        "needs: [{id: n, question: Q?, decision: D, kpis: [unique_contacting_customers], channels: [phone]},"
        " {id: m, question: Q?, decision: D, kpis: [abandonment_rate], channels: [chat]}]\n"
    )
    found = plan(tmp_path, both, text)
    assert not prop(found, "interactions.chat", "identifier.phone").purposes
    assert not [each for each in found.findings if "identifier.phone" in each.message]
