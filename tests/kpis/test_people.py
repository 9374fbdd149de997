"""Worked figures whose rows have people: what they do next, needs and levels are derived from the given rows."""

from __future__ import annotations

import pytest
from asking import glossary_of

from omnictl.errors import DefinitionError
from omnictl.glossary import Glossary
from omnictl.review.cases import run_cases

THIRTEEN = """
      - {person: A, channel: web, intent: bill, started_at: 2026-03-02 09:00:00, ended_at: 2026-03-02 09:10:00, outcome: dropped}
      - {person: A, channel: phone, intent: bill, started_at: 2026-03-02 09:40:00, ended_at: 2026-03-02 09:46:00, outcome: handled}
      - {person: A, channel: phone, intent: bill, started_at: 2026-03-05 11:00:00, ended_at: 2026-03-05 11:08:00, outcome: handled}
      - {person: B, channel: phone, intent: move, started_at: 2026-03-03 10:00:00, ended_at: 2026-03-03 10:05:00, outcome: handled}
      - {person: B, channel: email, intent: bill, started_at: 2026-03-08 08:00:00, ended_at: 2026-03-08 08:00:00, outcome: handled}
      - {person: C, channel: chat, intent: pay, started_at: 2026-03-04 14:00:00, ended_at: 2026-03-04 14:12:00, outcome: handled}
      - {person: C, channel: phone, intent: pay, started_at: 2026-03-11 14:05:00, ended_at: 2026-03-11 14:10:00, outcome: handled}
      - {person: D, channel: form, intent: pay, started_at: 2026-03-06 16:00:00, ended_at: 2026-03-06 16:05:00, outcome: self_served}
      - {person: D, channel: phone, intent: pay, started_at: 2026-03-07 09:00:00, ended_at: 2026-03-07 09:06:00, outcome: handled}
      - {person: E, channel: phone, intent: bill, started_at: 2026-03-16 10:00:00, ended_at: 2026-03-16 10:07:00, outcome: handled}
      - {channel: phone, intent: bill, started_at: 2026-03-09 10:00:00, ended_at: 2026-03-09 10:04:00, outcome: handled}
      - {person: F, channel: phone, intent: bill, started_at: 2026-03-10 09:00:00, ended_at: 2026-03-10 09:05:00, outcome: handled}
      - {person: F, channel: web, intent: bill, started_at: 2026-03-10 10:00:00, ended_at: 2026-03-10 10:05:00}
"""  # noqa: E501
GIVEN = f"""
tests:
  - data: {{from: 2026-03-02, to: 2026-03-21}}
    given:
      interactions:{THIRTEEN}"""
SERVED = (
    "rollup: share\nfrom: interactions\nat: started_at\ndenominator: count(*)\n"
    "where: outcome = 'handled' and excluded = ''\nchannels: [phone, chat, email]\n"
)
NEEDS = "from: needs\nat: first_at\nunit: x\ndenominator: count(*)\n"
BACK = "not within(previous_same_channel_same_intent, as_seen)"


@pytest.mark.parametrize(
    ("kpi", "expected"),
    [
        (SERVED + "window: 7 d\nnumerator: count_if(within(next_contact_same_intent))", "2/8"),
        (SERVED + "window: 7 d\nnumerator: count_if(within(next_contact))", "3/8"),
        (SERVED + "window: 7 d\nnumerator: count_if(within(next_same_channel_same_intent))", "1/8"),
        (SERVED + "window: 7 d\nnumerator: count_if(within(next_contact_same_intent, as_seen))", "2/9"),
        (SERVED + "window: intra-day\nnumerator: count_if(within(next_contact_same_intent))", "0/9"),
        (SERVED + "window: 3 d\nnumerator: count_if(within(next_contact_same_intent))", "0/9"),
        (SERVED + "window: J+3\nnumerator: count_if(within(next_contact_same_intent))", "1/9"),
        (SERVED + "window: 7 d\nnumerator: count_if(within(previous_contact_same_intent))", "1/3"),
        (SERVED + "window: 24 h\nnumerator: count_if(within(next_visit))", "1/9"),
        (
            SERVED.replace("'handled'", f"'handled' and {BACK}").replace("[phone, chat, email]", "[phone]")
            + "window: 7 d\nnumerator: count_if(not within(next_same_channel_same_intent))",
            "4/5",
        ),
        (
            "rollup: share\nfrom: interactions\nat: started_at\nchannels: [web]\nwindow: 24 h\n"
            "numerator: count_if(within(next_phone))\ndenominator: count(*)",
            "1/2",
        ),
        (SERVED + "numerator: count_if(person_id is not null)", "9/10"),
        (NEEDS + "rollup: share\nwhere: scope = 'all' and closed\nnumerator: count_if(resolved_first)", "2/6"),
        (NEEDS + "rollup: share\nwhere: scope = 'assisted' and closed\nnumerator: count_if(resolved_first)", "4/6"),
        (NEEDS + "rollup: mean\nwhere: scope = 'all' and closed\nnumerator: sum(interactions)", "11/6"),
        (NEEDS + "rollup: mean\nwhere: scope = 'assisted' and closed\nnumerator: sum(interactions)", "8/6"),
        (NEEDS + "rollup: share\nwhere: scope = 'all' and closed\nnumerator: count_if(switched)", "4/6"),
        ("rollup: distinct\nfrom: interactions\nat: started_at\nvalue: count(distinct person_id)", "6"),
    ],
)
def test_thirteen_rows(kpi: str, expected: str) -> None:
    """The worked numbers of repeat contact, first contact resolution and needs."""
    (case,) = tried(f"kpi: x\n{kpi}\n{GIVEN}    expect: {expected}\n")
    assert case.passed, case.got


def tried(text: str) -> list:
    glossary: Glossary = glossary_of(text)
    return list(run_cases(glossary, glossary.resolve("x")))


FOLLOWED = "kpi: x\nrollup: share\nfrom: interactions\nat: started_at\nwindow: J+1\n" + (
    "numerator: count_if(within(next))\ndenominator: count(*)\n"
)
TWO = "given: {interactions: [{person: A}, {person: A, started_at: 2026-03-03 23:30:00}, {person: B, times: 2}]}"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (f"{{{TWO}, expect: 2/4, unknown: 0}}", True),  # one row of B follows the other
        (f"{{{TWO}, timezone: Europe/Paris, expect: 1/4}}", True),  # half past midnight of the 4th
        (f"{{{TWO}, data: {{to: 2026-03-04}}, expect: 2/3}}", True),
        (f"{{{TWO}, data: {{to: 2026-03-03}}, expect: immature}}", True),
        ("{given: {interactions: [{}, {}]}, expect: no_rows}", True),
        (f"{{{TWO}, parameters: {{window: 1 h}}, expect: 1/4}}", True),
        (
            "{given: {interactions: [{interaction_id: a}], "
            "followups: [{interaction_id: a, person_id: 1, next_days: 1, next_observed_days: 5}]}, expect: 1}",
            True,
        ),
    ],
)
def test_cases_with_people(case: str, expected: bool) -> None:
    (found,) = tried(f"{FOLLOWED}tests: [{case}]")
    assert found.passed is expected, found.got


def test_the_silence_of_a_case_ends_its_needs() -> None:
    given = "given: {interactions: [{person: A, intent: bill}, {person: A, intent: bill, started_at: 2026-03-04}]}"
    kpi = "kpi: x\nrollup: sum\nfrom: needs\nat: first_at\nwhere: scope = 'all'\nvalue: count(*)"
    text = f"{kpi}\ntests:\n  - {{{given}, "
    assert [found.got for found in tried(f"{text}expect: 1}}")] == ["1"]
    assert [found.got for found in tried(f"{text}silence: 24 h, expect: 2}}")] == ["2"]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("{given: {interactions: [{persn: A}]}, expect: 1}", "unknown-column"),
        ("{given: {segments: [{person: A}]}, expect: 1}", "unknown-column"),
        ("{given: {interactions: [{}]}, data: {to: soon}, expect: 1}", "wrong-type"),
        ("{given: {interactions: [{}]}, data: {from: 2026-03-02, to: 2026-03-01}, expect: 1}", "wrong-type"),
        ("{given: {interactions: [{}]}, timezone: Europe/Pariss, expect: 1}", "unknown-value"),
        ("{given: {interactions: [{}]}, silence: long, expect: 1}", "wrong-type"),
    ],
)
def test_faults_of_cases(case: str, code: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        tried(f"{FOLLOWED}tests: [{case}]")
    assert code in [finding.code for finding in caught.value.findings]
