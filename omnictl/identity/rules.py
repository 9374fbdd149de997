"""Which identifiers may link, in SQL: the settings of `identity:` as the statements need them."""

from __future__ import annotations

from dataclasses import dataclass

from omnictl.engines.connection import one_of, quoted
from omnictl.workspace import BUSY_DAYS, Identity

BUSY_SECONDS = BUSY_DAYS * 86_400

# Kinds whose values are made anew for every hand-over from one channel to the next: they join two interactions, and
# many of them seen with a telephone or a browser say nothing about how many people share it.
OWNS_NOTHING = ("token",)

# Raised when the same identifiers and settings give other people than before.
VERSION = 1


@dataclass(frozen=True)
class Rank:
    """One kind of identifier that links; `number` is its place in `link_on`, 1 the strongest.

    Attributes:
        limit: owners above which a value stops linking; None: any number.
        busy: contacts within BUSY_DAYS days above which a value stops linking; None: any number.
    """

    number: int
    kind: str
    limit: int | None
    busy: int | None

    @property
    def column(self) -> str:
        """The column of `bundles` that holds this kind's value."""
        return f"k{self.number}"


def ranks_of(identity: Identity) -> list[Rank]:
    """The kinds that link, the strongest first."""
    return [
        Rank(number, kind, identity.limits.get(kind), identity.busy.get(kind))
        for number, kind in enumerate(identity.link_on, 1)
    ]


def settings_of(identity: Identity) -> tuple[object, ...]:
    """What of the settings decides who is one person: another value of it means that people are made anew."""
    ranks = [(rank.kind, rank.limit, rank.busy) for rank in ranks_of(identity)]
    return VERSION, BUSY_DAYS, OWNS_NOTHING, ranks, identity.consent


def may_link(identity: Identity, of: str = "") -> str:
    """A condition over an interaction, never NULL: it may belong to a person.

    Excluded interactions (tests, robots) are nobody's, and so are visits whose visitor did not agree.
    """
    unsaid = "false" if identity.consent == "required" else "true"
    return f"({of}excluded = '' and ({of}kind <> 'visit' or coalesce({of}consent, {unsaid})))"


def strongest(ranks: list[Rank]) -> str:
    """The strongest identifier of a row of `bundles`: its hub."""
    return f"coalesce({', '.join(rank.column for rank in ranks)}, null)"


def owner(ranks: list[Rank], below: Rank) -> str:
    """The owner a row of `bundles` gives to its value of one kind: its strongest identifier when it is stronger than
    that, and of a kind that owns; else NULL."""
    cases = "".join(
        f" when {rank.column} is not null then {'null' if rank.kind in OWNS_NOTHING else rank.column}"
        for rank in ranks[: below.number - 1]
    )
    return f"case{cases} end" if cases else "null"


def owning(ranks: list[Rank]) -> str:
    """The numbers of the kinds that own, as a list in SQL; none has number 0."""
    return ", ".join(["0", *(str(rank.number) for rank in ranks if rank.kind not in OWNS_NOTHING)])


def kinds(ranks: list[Rank]) -> str:
    """The kinds that link, as a list in SQL."""
    return ", ".join(quoted(rank.kind) for rank in ranks)


def of_kinds(kind: str, ranks: list[Rank]) -> str:
    """A condition: a kind is one of those that link."""
    return one_of(kind, (rank.kind for rank in ranks))


def number_of(kind: str, ranks: list[Rank]) -> str:
    """The number of a kind, in SQL."""
    return f"case {kind} {' '.join(f'when {quoted(rank.kind)} then {rank.number}' for rank in ranks)} end"


def kind_of(number: str, ranks: list[Rank]) -> str:
    """The kind with a number, in SQL."""
    return f"case {number} {' '.join(f'when {rank.number} then {quoted(rank.kind)}' for rank in ranks)} end"
