"""What KPIs want of the data: by hand for some, and every column of every compiled tree for all that are shipped."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest
from sqlglot import exp

from omnictl.compiler.dimensions import trees_of
from omnictl.errors import Place
from omnictl.glossary import load_glossary
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.referential import Rate
from omnictl.relations import RELATIONS
from omnictl.tracking.wants import GIVEN, Want, in_workspace, wanted_by

CALL = {"interaction_id", "channel", "started_at"}


@cache
def meanings() -> Meanings:
    return Meanings(load_glossary(["standard"]))


def wanted(address: str, *by: str) -> tuple[Want, ...]:
    return wanted_by(meanings().of(address), by).wants


def columns(
    wants: tuple[Want, ...], level: str, channel: str | None = None, relation: str = "interactions"
) -> set[str]:
    return {
        each.column
        for each in wants
        if each.level == level
        and each.relation == relation
        and (channel is None or each.channels is None or channel in each.channels)
    }


def test_an_abandonment_rate_needs_outcome_and_wait() -> None:
    wants = wanted("abandonment_rate")
    assert columns(wants, "needed", "phone") == CALL | {"queued_at", "outcome", "wait_s"}
    assert columns(wants, "helps", "phone") == {"direction", "excluded"}
    assert columns(wants, "needed", "web") == set()
    (outcome,) = {each.values for each in wants if each.column == "outcome" and "phone" in (each.channels or ())}
    assert {"handled", "abandoned"} <= outcome


def test_durations_that_may_be_unknown_help() -> None:
    """talk_s + coalesce(hold_s, 0) + coalesce(acw_s, 0)"""
    wants = wanted("average_handle_time")
    assert "talk_s" in columns(wants, "needed", "phone")
    assert {"hold_s", "acw_s"} <= columns(wants, "helps", "phone")
    assert not {"hold_s", "acw_s"} & columns(wants, "needed", "phone")


def test_calls_after_visits_need_people_on_both_sides() -> None:
    wants = wanted("phone_after_web_rate")
    people = [each for each in wants if each.column == "identifier.*"]
    assert all(each.one_of and each.level == "needed" for each in people)
    assert any(each.channels == ("phone", "ivr") for each in people)
    assert any(each.visits or "web" in (each.channels or ()) for each in people)
    assert all(each.visits for each in wants if each.column == "consent")
    assert {"started_at", "interaction_id", "channel"} <= columns(wants, "needed", "phone")


def test_a_repeat_for_the_same_intent_needs_the_intent_of_both() -> None:
    intents = [each for each in wanted("duplicate_request_rate") if each.column == "intent" and each.level == "needed"]
    assert {each.channels is None for each in intents} == {True, False}  # of the judged channels, and wherever it looks
    assert not [each for each in wanted("reiteration_rate") if each.column == "intent"]
    assert {each.level for each in wanted("reiteration_rate", "intent") if each.column == "intent"} == {"cut"}


def test_a_survey_is_told_by_its_question() -> None:
    wants = wanted("nps")
    assert {each.kinds for each in wants if each.relation == "surveys"} == {("nps",)}
    assert {"survey_id", "question", "score"} <= columns(wants, "needed", relation="surveys")


def test_what_a_survey_takes_of_its_interaction_needs_the_way_there() -> None:
    way = {"interaction_source", "interaction_id"}
    assert not way & columns(wanted("tnps"), "needed", relation="surveys")
    for cut in ("intent", "channel"):
        assert way <= columns(wanted("tnps", cut), "cut", relation="surveys"), cut


def test_steps_are_told_by_their_type() -> None:
    wants = wanted("search_no_result_rate")
    assert {each.kinds for each in wants if each.relation == "steps"} == {("search",)}
    assert {"step_id", "interaction_id", "occurred_at", "type", "value"} <= columns(wants, "needed", relation="steps")


def test_cuts() -> None:
    wants = wanted("abandonment_rate", "queue", "step.article", "half_hour", "solution.owner", "attribute('tier')")
    cuts = {(each.relation, each.column, each.cut) for each in wants if each.level == "cut"}
    assert ("interactions", "queue", "queue") in cuts
    assert ("steps", "object", "step.article") in cuts
    assert ("interactions", "solution", "solution.owner") in cuts
    assert ("interactions", "attributes", "attribute('tier')") in cuts
    assert not [cut for cut in cuts if cut[2] == "half_hour"]
    assert wanted_by(meanings().of("occupancy"), ["intent"]).unknown_cuts == ("intent",)


def test_money_needs_a_rate_card() -> None:
    assert "rates" in wanted_by(meanings().of("cost_per_contact")).referential
    assert "rates" not in wanted_by(meanings().of("contacts_received")).referential


@pytest.mark.parametrize("name", sorted(load_glossary(["standard"]).names))
def test_no_column_of_a_tree_is_forgotten(name: str) -> None:
    """Own columns of connector-written relations stand in the wants, at least as a help; needed ones as needed."""
    meaning: Meaning = meanings().of(name)
    wants = wanted_by(meaning).wants
    known = {(each.relation, each.column) for each in wants}
    needed = {(each.relation, each.column) for each in wants if each.level == "needed"}
    for leaf in leaves_of(meaning):
        relation = leaf.branch.reach.relation
        given = GIVEN.get(relation.name, ("source",))
        if relation.written_by != "connector":
            assert any(each.relation == "interactions" for each in wants)
            continue
        own = {
            column.name
            for tree in trees_of(leaf.branch)
            for column in tree.find_all(exp.Column)
            if not column.table and column.name not in given and relation.column(column.name) is not None
        }
        assert {(relation.name, column) for column in own} <= known
        strict = {
            column
            for column in leaf.branch.needs
            if (found := relation.column(column)) is not None and found.default is None and column not in given
        }
        assert {(relation.name, column) for column in strict & own} <= needed | {("surveys", "invited_at")}
        assert {(relation.name, column) for column in RELATIONS[relation.name].needed if column not in given} <= needed


def test_a_column_matters_only_where_its_channel_is_looked_at() -> None:
    """count(distinct interaction_id) filter (where channel = 'ivr' and outcome = 'dropped')"""
    found = [each for each in wanted("ivr_abandonment_rate") if (each.column, each.level) == ("outcome", "needed")]
    assert found
    assert all("phone" in each.but and "ivr" not in each.but for each in found)


def test_the_rule_for_other_channels_asks_nothing_of_those_that_have_their_own() -> None:
    """Of a visit, an act or an outcome will do; elsewhere a contact is completed by its outcome alone."""
    wants = [each for each in wanted("orientation_success_rate") if each.column == "outcome"]
    needed = [each for each in wants if each.level == "needed"]
    assert needed
    assert all({"web", "app"} <= {*each.but} for each in needed)


def test_what_may_lack_of_the_interaction_behind_a_step_helps() -> None:
    """interaction('action') is null: that none is named is what is asked for."""
    actions = {each.level for each in wanted("final_action_rate") if each.column == "action"}
    assert actions == {"helps"}


@pytest.mark.parametrize(
    ("card", "channel", "level"),
    [
        ([], "phone", "helps"),
        ([("phone", "0.01")], "phone", "needed"),
        ([("phone", "0.01")], "email", "helps"),
        ([("phone", "0")], "phone", "helps"),
        ([(None, "0.01")], "phone", "needed"),
    ],
)
def test_seconds_that_are_paid_must_be_known(card: list[tuple[str | None, str]], channel: str, level: str) -> None:
    rates = [Rate(Place("referential.yml"), channel=name, per_second=Decimal(second)) for name, second in card]
    talk = [each for each in wanted("cost_per_contact") if each.column == "talk_s"]
    assert {in_workspace(each, channel, rates).level for each in talk} == {level}
    assert not any(each.timed for each in wanted("cost_per_contact") if each.column == "hold_s")


def test_a_survey_that_is_placed_by_its_invitation_needs_its_time() -> None:
    wants = wanted("survey_response_rate")
    assert columns(wants, "needed", relation="surveys") >= {"invited_at", "score"}
