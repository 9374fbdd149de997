"""What one plan asks otherwise than another: each kind of change, whether it breaks, and whom it hits."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tracking.small import TRACKING, WORKSPACE, plan
from tracking_plans import event, plan_of, prop

from omnictl.tracking.changes import Change, changes, findings_of, version_faults
from omnictl.tracking.changes.compare import VERSION
from omnictl.tracking.changes.told import message_of
from omnictl.tracking.plan import Plan

WORDS = """
events:
  phone_contact_ended:
    properties:
      queue: {values: [accueil, factures]}
      wait_s: {max: 2 h}
"""


@cache
def derived(workspace: str, tracking: str) -> Plan:
    """Each plan once: the folder is always called the same, and is not looked at again."""
    with TemporaryDirectory() as folder:
        return plan(Path(folder) / "petit", workspace, tracking)


def both(*, old: tuple[str, str] = (WORKSPACE, TRACKING), new: tuple[str, str]) -> tuple[Plan, Plan]:
    return derived(*old), derived(*new)


def told(workspace: str = WORKSPACE, tracking: str = TRACKING, words: str = "") -> list[Change]:
    old, new = both(old=(WORKSPACE, TRACKING + words), new=(workspace, tracking))
    return changes(old, new)


def test_the_same_plan_has_no_changes() -> None:
    assert told(WORKSPACE.replace("started_at: debut", "started_at:   debut")) == []


BREAKING = {
    "property-added": (
        WORKSPACE,
        TRACKING.replace("kpis: [abandonment_rate,", "kpis: [abandonment_rate, transfer_rate,"),
    ),
    "property-removed": (WORKSPACE, TRACKING.replace(", average_handle_time]", "]")),
    "no-longer-filled": (WORKSPACE.replace("      wait_s: attente\n", ""), TRACKING),
    "event-removed": (WORKSPACE, TRACKING.replace("by: [step.article, intent]", "by: [intent]")),
    "event-renamed": (WORKSPACE, TRACKING + "events: {interactions.faq: {name: faq_seen}}\n"),
    "property-renamed": (WORKSPACE, TRACKING + "events: {interactions.faq: {properties: {consent: {name: ok}}}}\n"),
    "values-removed": (WORKSPACE, TRACKING + "events: {interactions.phone: {properties: {queue: {values: [a]}}}}\n"),
    "range": (WORKSPACE, TRACKING + "events: {interactions.phone: {properties: {wait_s: {max: 1 h}}}}\n"),
    "enforcement": (WORKSPACE, TRACKING + "events: {interactions.faq: {enforcement: quarantine}}\n"),
    "retrieval-every": (WORKSPACE.replace("every: 1h", "every: 1d"), TRACKING),
    "source-removed": (WORKSPACE.partition("  reads:")[0], TRACKING),
}
HARMLESS = {
    "property-added": (WORKSPACE, TRACKING.replace("by: [queue]", "by: [queue, team]")),
    "asked": (WORKSPACE, TRACKING.replace("    by: [queue]\n", "")),
    "filled": (WORKSPACE.replace("      talk_s:", "      hold_s: garde\n      talk_s:"), TRACKING),
    "event-added": (WORKSPACE, TRACKING.replace("channels: [phone]", "channels: [phone, chat]")),
    "owner": (WORKSPACE, TRACKING + "events: {interactions.faq: {owner: somebody}}\n"),
    "retrieval-owner": (WORKSPACE.replace("owner: digital", "owner: web"), TRACKING),
    "retrieval-retention": (WORKSPACE.replace("13 months", "2 years"), TRACKING),
    "need-question": (WORKSPACE, TRACKING.replace("Combien attendent ?", "Combien attendent, et combien de temps ?")),
    "need-removed": (WORKSPACE, TRACKING.replace("id: attente", "id: waits")),
    "enforcement": (WORKSPACE, TRACKING + "events: {interactions.faq: {enforcement: stamp}}\n"),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKING)
def test_what_breaks(what: str) -> None:
    assert ("plan-breaking", what) in [(each.code, each.what) for each in told(*BREAKING[what])]


@pytest.mark.parametrize("what", HARMLESS)
def test_what_does_not(what: str) -> None:
    found = told(*HARMLESS[what])
    assert ("plan-harmless", what) in [(each.code, each.what) for each in found]
    assert not [each for each in found if each.breaking and each.what == what]


def test_wider_values_and_ranges_break_nothing() -> None:
    wider = TRACKING + WORDS.replace("factures]", "factures, devis]").replace("max: 2 h", "max: 3 h")
    found = told(WORKSPACE, wider, words=WORDS)
    assert {(each.code, each.what) for each in found} == {("plan-harmless", "values-added"), ("plan-harmless", "range")}


def test_another_filling_is_another_meaning() -> None:
    (change,) = told(WORKSPACE.replace("'RACCROCHE'", "'PERDU'"))
    assert (change.code, change.what, change.event, change.column, change.source) == (
        "plan-meaning", "filling", "interactions.phone", "outcome", "calls"
    )  # fmt: skip
    assert change.kpis == ("abandonment_rate", "average_handle_time")
    assert "RACCROCHE" in change.old
    assert "PERDU" in change.new


def test_a_property_that_nobody_needed_may_go() -> None:
    extra = WORKSPACE.replace("      talk_s:", "      site: lieu\n      talk_s:")
    old, new = both(old=(extra, TRACKING), new=(WORKSPACE, TRACKING))
    (change,) = changes(old, new)
    assert (change.code, change.what, change.column) == ("plan-harmless", "property-removed", "site")


def versions(new: str, workspace: str = WORKSPACE) -> list[tuple[str, str]]:
    old, changed = both(new=(workspace, new))
    found = changes(old, changed)
    faults = version_faults(old, changed, found)
    return [(each.severity, each.code) for each in findings_of(found, faults, versioned=True)]


def test_a_breaking_change_wants_a_new_first_number() -> None:
    renamed = TRACKING + "events: {interactions.faq: {name: faq_seen}}\n"
    assert versions(renamed) == [("error", "plan-breaking"), ("error", "plan-version")]
    assert versions(renamed.replace("1.2.0", "1.3.0"))[-1] == ("error", "plan-version")
    assert versions(renamed.replace("1.2.0", "2.0.0")) == [("warning", "plan-breaking")]
    own = renamed.replace("name: faq_seen", "name: faq_seen, version: 2.0.0")
    assert versions(own) == [("warning", "plan-breaking")]


def test_a_harmless_change_wants_a_new_second_number() -> None:
    owned = TRACKING + "events: {interactions.faq: {owner: somebody}}\n"
    assert versions(owned) == [("note", "plan-harmless"), ("error", "plan-version")]
    assert versions(owned.replace("1.2.0", "1.3.0")) == [("note", "plan-harmless")]


def test_what_is_of_no_event_is_said_by_the_plans_version() -> None:
    gone = WORKSPACE.partition("  reads:")[0]
    assert ("error", "plan-version") in versions(TRACKING, gone)
    assert {severity for severity, _ in versions(TRACKING.replace("1.2.0", "2.0.0"), gone)} == {"warning"}


def test_a_further_identifier_breaks_only_where_there_was_none() -> None:
    number = prop("identifier.phone", kpis=("k",), one_of=True)
    address = prop("identifier.email", kpis=("k",), one_of=True)
    new = plan_of(event("interactions", "phone", number, address))
    for before, grade in (((number,), "harmless"), ((), "breaking")):
        found = changes(plan_of(event("interactions", "phone", *before)), new)
        assert {each.grade for each in found if each.column == "identifier.email"} == {grade}


def test_of_a_need_only_what_changed_is_told() -> None:
    asked = TRACKING.replace("kpis: [abandonment_rate, average_handle_time]", "kpis: [abandonment_rate, answer_rate]")
    (found,) = [each for each in told(WORKSPACE, asked) if each.what.startswith("need")]
    assert message_of(found) == (
        "need kpis: attente: abandonment_rate, average_handle_time → abandonment_rate, answer_rate"
    )


def test_a_version_that_is_too_low_says_what_would_do() -> None:
    old, new = (
        Change(VERSION, "v", "e", old="1.0.0", new="1.0.0", wanted="2.0.0"),
        Change(VERSION, "v", "e", old="1.0.0", new="1.1.0", wanted="2.0.0"),
    )
    assert message_of(old) == "e: its version is still 1.0.0; what has changed wants 2.0.0 or more"
    assert message_of(new) == "e: its version went from 1.0.0 to 1.1.0 only; what has changed wants 2.0.0 or more"
