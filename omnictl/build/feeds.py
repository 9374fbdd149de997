"""What feeds follow-ups and needs: which sources have rows of a pool, and between which instants they are complete."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from omnictl.engines.connection import one_of
from omnictl.relations.families import PHONE_CHANNELS, Family
from omnictl.zone import FIRST, LAST

if TYPE_CHECKING:
    import duckdb

# Python has no year 10,000 and none before the first, exports have; beyond these instants no offset changes either.
_BOUNDED = f"least(greatest({{}}, timestamp '{FIRST}'), timestamp '{LAST}')"
_FEEDS = f"""
select source, channel, kind, direction, excluded, count(intent) as with_intent, count(ended_at) as with_end,
    {_BOUNDED.format("min(started_at)")}, {_BOUNDED.format("least(min(started_at), min(ended_at))")},
    {_BOUNDED.format("greatest(max(started_at), max(ended_at))")}, {{assisted}} as assisted
from interactions
group by source, channel, kind, direction, excluded
order by source, channel, kind, direction, excluded
"""
_SOURCES = f"""
select source, case when watermark is not null then {_BOUNDED.format("watermark")} end, until
from sources order by source
"""


@dataclass(frozen=True)
class Feed:
    """The rows of one source that are of one channel, kind and direction, and excluded for one reason or none."""

    source: str
    channel: str
    kind: str
    direction: str
    excluded: str
    with_intent: int
    with_end: int
    first: datetime
    lowest: datetime
    highest: datetime
    assisted: bool  # whether people serve on its channel


@dataclass(frozen=True)
class Span:
    """Between which instants all that feeds a pool is complete; None where nothing tells."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Feeds:
    """All feeds; up to when each source is complete, where that is known; and the sources that are not retired."""

    feeds: tuple[Feed, ...]
    watermarks: dict[str, datetime]
    live: frozenset[str]

    def span(self, feeds: Callable[[Feed], bool]) -> Span:
        """The span in which those sources are complete that have a feed like this.

        It ends with the first of their watermarks, and where none of them has one nobody knows. A retired source is
        complete; where there is no other, the span ends with the last watermark of all sources. It begins where the
        last of them begins, with its first row of any sort.
        """
        found = {feed.source for feed in self.feeds if not feed.excluded and feeds(feed)}
        if not found:
            return Span()
        firsts = [min(feed.first for feed in self.feeds if feed.source == source) for source in found]
        ends = [self.watermarks[source] for source in found & self.live if source in self.watermarks]
        if not ends and not found & self.live:
            ends = [max(self.watermarks.values())] if self.watermarks else []
        return Span(max(firsts), min(ends, default=None))

    def of_family(self, family: Family, channel: str | None = None) -> Span:
        """The span of the sources a family looks at.

        Args:
            channel: of this one, for families on the same channel or another.
        """
        intent = "intent" in family.same

        def feeds(feed: Feed) -> bool:
            wanted = channel is None or (feed.channel == channel) != family.other
            return wanted and in_pool(family, feed) and (feed.with_intent > 0 or not intent)

        return self.span(feeds)

    def bounds(self) -> tuple[datetime, datetime] | None:
        """The first and the last instant of the interactions."""
        if not self.feeds:
            return None
        return min(feed.lowest for feed in self.feeds), max(feed.highest for feed in self.feeds)

    def channels(self) -> list[str]:
        return sorted({feed.channel for feed in self.feeds})


def in_pool(family: Family, feed: Feed) -> bool:
    """Whether the rows of a feed are what a family looks for; the same condition as `ordered` writes in SQL."""
    if family.pool == "anything":
        return True
    if family.pool == "visits":
        return feed.kind == "visit"
    contact = feed.kind == "contact" and feed.direction == "inbound"
    if family.pool == "assisted":
        return contact and feed.assisted
    return contact and (family.pool == "contacts" or feed.channel in PHONE_CHANNELS)


def read_feeds(connection: duckdb.DuckDBPyConnection, assisted: Collection[str]) -> Feeds:
    """Look through the interactions once.

    Args:
        assisted: the channels on which people serve.
    """
    sources: Iterable[tuple[str, datetime | None, date | None]] = connection.execute(_SOURCES).fetchall()
    listed = list(sources)
    feeds = _FEEDS.format(assisted=one_of("channel", assisted))
    return Feeds(
        tuple(Feed(*row) for row in connection.execute(feeds).fetchall()),
        {source: watermark for source, watermark, _ in listed if watermark is not None},
        frozenset(source for source, _, until in listed if until is None),
    )
