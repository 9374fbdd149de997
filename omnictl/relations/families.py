"""The families of follow-ups: for an interaction, which other one of the same person is looked for.

Order is (started_at, source, interaction_id). Whatever the family, neither side is an excluded interaction or one
without a person, and none is its own parent, child, or the callback that answers it. A duplicate does not find the
contact it repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pool = Literal["anything", "contacts", "assisted", "phone", "visits"]
Shown = Literal["channel", "mode", "solution"]


@dataclass(frozen=True)
class Family:
    """What is looked for.

    Attributes:
        pool: anything; contacts: inbound ones that are no duplicate (of one of the same person, channel and intent
            within DUPLICATE_S before); assisted: such contacts on channels whose mode is assisted; phone: such contacts
            on PHONE_CHANNELS; visits.
        same: columns that must be equal on both sides; NULL equals nothing.
        other: the other must be on another channel than this one.
        back: the nearest before instead of the nearest after.
        shown: columns of the other that are shown beside its key, as `<family>_<column>`.
    """

    name: str
    meaning: str
    pool: Pool
    same: tuple[Literal["channel", "intent"], ...] = ()
    other: bool = False
    back: bool = False
    shown: tuple[Shown, ...] = ()


DUPLICATE_S = 60
PHONE_CHANNELS = ("phone", "ivr")
_ALL: tuple[Shown, ...] = ("channel", "mode", "solution")

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("next", "the next interaction, whatever it is", "anything", shown=_ALL),
        Family("next_contact", "the next contact", "contacts", shown=_ALL),
        Family("next_contact_same_intent", "the next contact for the same intent", "contacts", ("intent",), shown=_ALL),
        Family("next_same_channel", "the next contact on the same channel", "contacts", ("channel",)),
        Family(
            "next_same_channel_same_intent",
            "the next contact on the same channel for the same intent",
            "contacts",
            ("channel", "intent"),
        ),
        Family("next_other_channel", "the next contact on another channel", "contacts", other=True, shown=_ALL),
        Family(
            "next_other_channel_same_intent",
            "the next contact on another channel for the same intent",
            "contacts",
            ("intent",),
            other=True,
            shown=_ALL,
        ),
        Family("next_assisted", "the next contact on an assisted channel", "assisted", shown=_ALL),
        Family(
            "next_assisted_same_intent",
            "the next contact on an assisted channel for the same intent",
            "assisted",
            ("intent",),
            shown=_ALL,
        ),
        Family("next_phone", "the next call", "phone", shown=("channel",)),
        Family("next_phone_same_intent", "the next call for the same intent", "phone", ("intent",), shown=("channel",)),
        Family("next_visit", "the next visit", "visits", shown=("channel", "solution")),
        Family("previous_contact", "the contact before", "contacts", back=True, shown=_ALL),
        Family(
            "previous_contact_same_intent",
            "the contact before, for the same intent",
            "contacts",
            ("intent",),
            back=True,
            shown=_ALL,
        ),
        Family(
            "previous_same_channel_same_intent",
            "the contact before, on the same channel for the same intent",
            "contacts",
            ("channel", "intent"),
            back=True,
        ),
        Family(
            "previous_other_channel",
            "the contact before, on another channel",
            "contacts",
            other=True,
            back=True,
            shown=_ALL,
        ),
        Family(
            "previous_other_channel_same_intent",
            "the contact before, on another channel for the same intent",
            "contacts",
            ("intent",),
            other=True,
            back=True,
            shown=_ALL,
        ),
        Family("previous_phone", "the call before", "phone", back=True, shown=("channel",)),
        Family("previous_visit", "the visit before", "visits", back=True, shown=("channel", "solution")),
    )
}
