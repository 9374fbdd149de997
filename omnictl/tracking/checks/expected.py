"""Which rows must have a column: a call nobody answered has no agent, and lacks none.

The share of rows without a value is told of the rows that must have one. A column that is not named here is looked for
on every row of its event.
"""

from __future__ import annotations

from collections.abc import Mapping

ALWAYS = "true"
A_CONTACT = "t.kind is distinct from 'visit'"  # a visit need not come to anything
ANSWERED = "(t.answered_at is not null or t.outcome is not distinct from 'handled')"
WAITED = "(t.answered_at is not null or coalesce(t.outcome in ('handled', 'abandoned'), false))"
ON_FIXED_LINES = "t.line_type is not distinct from 'fixed'"
BY_AGENT = "t.kind = 'agent'"
IN_QUEUE = "t.kind = 'queue'"
REPLIED = "t.answered_at is not null"
TRANSACTIONAL = "t.scope is not distinct from 'transactional'"

_CONDITIONS: Mapping[str, Mapping[str, str]] = {
    "interactions": {
        **dict.fromkeys(("answered_at", "agent", "team", "site", "talk_s", "hold_s", "acw_s", "transfers"), ANSWERED),
        "wait_s": WAITED,
        "outcome": A_CONTACT,
        "area": ON_FIXED_LINES,
    },
    "segments": {
        **dict.fromkeys(("agent", "team", "talk_s", "hold_s", "acw_s"), BY_AGENT),
        "wait_s": IN_QUEUE,
    },
    "surveys": {
        **dict.fromkeys(("score", "comment"), REPLIED),
        **dict.fromkeys(("interaction_source", "interaction_id"), TRANSACTIONAL),
    },
}
# What only some rows have, and nothing in the row tells which: their share says nothing unless the plan bounds it.
_SELDOM: Mapping[str, frozenset[str]] = {
    "interactions": frozenset(
        (
            *("solution", "queued_at", "resolved_at", "outcome_detail", "partner", "action", "value", "resolved"),
            *("reopens", "parent_source", "parent_id", "parent_kind", "version_at", "attributes", "intent_source"),
        )
    ),
    "segments": frozenset(("outcome_detail", "transfer_kind", "transfer_to")),
    "steps": frozenset(
        ("result", "value", "intent", "confidence", "part_kind", "part_id", "part_last", "part_done", "is_last")
    ),
    "surveys": frozenset(("answered_at", "subject", "wave", "comment", "channel")),
    "decisions": frozenset(("intent", "session")),
    "offers": frozenset(("entered_at", "completed_at")),
}


def rows_with(relation: str, column: str, *, bounded: bool) -> str | None:
    """The condition, on a row `t`, under which it must have a column; None where no row must.

    Args:
        bounded: whether the plan says itself how many rows may lack it.
    """
    if column in _SELDOM.get(relation, frozenset()) and not bounded:
        return None
    return _CONDITIONS.get(relation, {}).get(column, ALWAYS)
