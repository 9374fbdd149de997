"""What of two interactions is compared, how well it may agree, and the numbers that bound the work.

A field has levels, the best first; the last but one says that both sides tell and differ, the last that one of them
tells nothing. Fields are those the store has: a column nobody fills is none, and each kind of identifier that is not in
`link_on` is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from omnictl.engines.connection import quoted
from omnictl.workspace import Identity

# Kinds that tell a browser or a click, not who sits before it: a person with nothing else is nobody in particular.
NAMELESS = ("token", "cookie", "device", "device_id", "visitor_id", "client_id", "session", "session_id")

COLUMNS = ("intent", "device", "area", "line_type", "language")
SAME = ("same", "differs", "unknown")
INTENT = ("same", "same family", "differs", "unknown")
SHARED = ("one person's", "2 to 3 people's", "4 to 10 people's", "more people's", "differs", "unknown")
SHARERS = (1, 3, 10)  # people that carry a value, at most, of each level of SHARED but the last that agrees
TIME = ("within 5 min", "within 30 min", "within 2 h", "within a day", "within 30 days", "later")
SECONDS = (300, 1_800, 7_200, 86_400, 30 * 86_400)  # between the two, at most, of each level of TIME but the last

EPOCH = "timestamp '2000-01-01'"  # moments are seconds since
WINDOW = 7_200  # seconds between a visit and a contact that may be one person's for no reason but time and intent
NEAREST = 3  # of these, so many are looked at, the nearest first
PEOPLE = 5  # a value that more carry is compared, but nobody is looked for by it
SIGHTINGS = 30  # nor by one seen on more browsers and moments

CROWD = SHARERS[-1]  # nor, whatever changes, are values of more people than these told apart
GROWN = 0.1  # weights are learned anew when interactions have grown by that part

LEARNED_OF = 40_000  # interactions of known people that play, of each kind
FOLDS = 5  # one person of so many is held back
MATCHES = 50  # pairs of one person without which nothing is learned
OTHERS = 10  # and of two people
LEAST = 0.1  # a probability below is not kept: hardly more than that of anybody who came near
VERSION = 1  # raised when the same store gives other candidates than before


@dataclass(frozen=True)
class Rows:
    """The tables of interactions and identifiers that are read: the store's, or copies of some of it.

    Attributes:
        again: who is asked about; '' for all that nobody is certain of, and those who play.
    """

    interactions: str = "interactions"
    identifiers: str = "identifiers"
    again: str = ""


@dataclass(frozen=True)
class Way:
    """Whom an interaction of one kind is compared with, and why: what agreement is worth is learned of each apart.

    Attributes:
        contact: a contact asks, else a visit.
        shared: it shares a value of evidence with the person, else nothing but time and intent brought them together.
    """

    number: int
    contact: bool
    shared: bool

    @property
    def name(self) -> str:
        return f"{'contact' if self.contact else 'visit'} by {'evidence' if self.shared else 'time'}"


WAYS = tuple(Way(2 * contact + shared, bool(contact), bool(shared)) for contact in (0, 1) for shared in (0, 1))


@dataclass(frozen=True)
class Field:
    """One thing compared.

    Attributes:
        name: a column of `interactions`, a kind of identifier, or `time`.
        column: its column in the temporary tables.
        evidence: it is a kind of identifier.
    """

    name: str
    column: str
    levels: tuple[str, ...]
    evidence: bool = False

    @property
    def level(self) -> str:
        """The column that holds the number of its level, 0 the best."""
        return f"l_{self.column}"

    @property
    def unknown(self) -> int:
        return len(self.levels) - 1


def named_kinds(identity: Identity) -> list[str]:
    """The kinds of `link_on` that tell who somebody is."""
    return [kind for kind in identity.link_on if kind not in NAMELESS]


def listed(values: list[str]) -> str:
    """A list in SQL; of no values one that nothing is in."""
    return ", ".join(map(quoted, values)) or "null"


def tops(parents: Mapping[str, str | None]) -> dict[str, str]:
    """Each intent's topmost parent, itself when it has none."""
    found = {}
    for intent in parents:
        top, seen = intent, {intent}
        while (above := parents.get(top)) and above not in seen:
            top = above
            seen.add(top)
        found[intent] = top
    return found


def shared_level(people: str) -> str:
    """The level of a value that agrees, by how many people carry it, in SQL."""
    cases = " ".join(f"when {people} <= {most} then {level}" for level, most in enumerate(SHARERS))
    return f"case {cases} else {len(SHARERS)} end"


def time_level(seconds: str) -> str:
    """The level of a gap, in SQL."""
    cases = " ".join(f"when {seconds} <= {most} then {level}" for level, most in enumerate(SECONDS))
    return f"case {cases} else {len(SECONDS)} end"
