"""The window of a KPI, as it is written: `J+7` and `intra-day` (J+0) are local calendar days, `72 h` is rolling."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from omnictl.glossary.parameters import seconds
from omnictl.glossary.written import Written

if TYPE_CHECKING:
    from omnictl.glossary.grammar import KpiReader
    from omnictl.places import Fields

FORMS = "J+7 and intra-day are local calendar days, 72 h is rolling"

MOST_DAYS = 9_999  # of any window; beyond lies no data, and times of the engine end

_DAYS = re.compile(r"J\+([0-9]{1,4})\Z", re.I)


@dataclass(frozen=True)
class Window:
    """How soon the person's other interaction counts: `days` of the local calendar, or rolling `seconds`; one of the
    two is None."""

    written: Written
    days: int | None = None
    seconds: Decimal | None = None

    @property
    def text(self) -> str:
        return self.written.text.strip()


def window_of(written: Written) -> Window | None:
    """The window a text says; None when it says none."""
    text = written.text.strip()
    if text.casefold() == "intra-day":
        return Window(written, days=0)
    if (found := _DAYS.match(text)) is not None:
        return Window(written, days=int(found[1]))
    duration = seconds(text)
    return Window(written, seconds=duration) if duration and duration <= MOST_DAYS * 86_400 else None


def read_window(reader: KpiReader, root: Fields) -> Window | None:
    """The window of a KPI; None when it has none."""
    node = root.take("window")
    written = reader.written(node, "`window`") if node is not None else None
    if written is None:
        return None
    found = window_of(written)
    if found is None:
        reader.fault("wrong-window", f"`{written.text}` is no window", written.place, FORMS)
    if "window" in root.fields("parameters").node.entries:
        message = "a KPI with a window has no parameter of that name: `:window=…` says which window"
        reader.fault("invalid-name", message, root.key_place("window"))
    return found
