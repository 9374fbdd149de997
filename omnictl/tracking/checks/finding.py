"""One thing that the data do not do as the plan says: what, where, how many rows, and whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from omnictl.errors import Finding, Place, Severity
from omnictl.render.figures import figure
from omnictl.tracking.checks.words import WORDS
from omnictl.tracking.document.edition import typeset
from omnictl.tracking.plan import Event, Plan, Property


@dataclass(frozen=True)
class Subject:
    """What a finding is about, and who answers for it.

    Attributes:
        source, event, column: '' where it is about none, or all, of them; `event` is the id.
        property: as the plan calls the column.
    """

    source: str = ""
    event: str = ""
    column: str = ""
    property: str = ""
    owner: str = ""
    enforcement: str = ""
    place: Place | None = None

    def on(self, column: str) -> Subject:
        """The same of a column, whether the plan has it or not."""
        return replace(self, column=column)

    def as_event(self, id: str) -> Subject:
        """The same of an event that the plan does not have."""
        return replace(self, event=id)


def subject_of(plan: Plan, source: str, event: Event | None = None, property: Property | None = None) -> Subject:
    """The subject with its owner: of the source's `retrieval`, else of the event; and the place to look at: the source
    in omnictl.yml, else the event in tracking.yml, else the plan."""
    planned = plan.sources.get(source)
    place = (planned.place if planned is not None else None) or (event.place if event is not None else None)
    return Subject(
        source=source,
        event=event.id if event is not None else "",
        column=property.column if property is not None else "",
        property=property.name if property is not None else "",
        owner=(planned.retrieval.owner if planned is not None else "") or (event.owner if event is not None else ""),
        enforcement=event.enforcement if event is not None else "",
        place=place or plan.place,
    )


@dataclass(frozen=True)
class DataFinding:
    """A finding of `tracking check`.

    Attributes:
        said: which of the words of its code tell it.
        count: rows concerned; None where rows are not what is counted.
        rows: rows looked at; None where that says nothing.
        example: a value, never of a personal column.
        details: what the words name besides; a text by language where it differs.
    """

    code: str
    about: Subject
    severity: Severity
    said: str = ""
    count: int | None = None
    rows: int | None = None
    example: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """The rows concerned among those looked at, 0 to 1."""
        return self.count / self.rows if self.count is not None and self.rows else None

    @property
    def key(self) -> str:
        """What it is about in one line, the same whatever the figures of the day."""
        about = self.about
        parts = {"source": about.source, "event": about.event, "column": about.column, "case": self.said}
        return ", ".join(f"{name} {value}" for name, value in parts.items() if value)

    def message(self, lang: str) -> str:
        """The finding in words, `en` or `fr`."""
        about = self.about
        figures = {
            "count": figure(self.count, "count", lang),
            "rows": figure(self.rows, "count", lang),
            "share": figure(self.share, "ratio", lang),
        }
        named = {name: _told(value, lang) for name, value in self.details.items()}
        known = {"source": about.source, "event": about.event, "column": about.column, "example": self.example}
        return typeset(WORDS[self.code][self.said][lang].format(**known, **figures, **named), lang)

    def as_finding(self, lang: str) -> Finding:
        """As the checks of definitions tell theirs. A baseline knows it by what it is about, whatever its figures."""
        hint = ""
        if self.about.owner:
            hint = f"demander à {self.about.owner}" if lang == "fr" else f"ask {self.about.owner}"
        return Finding(self.code, self.message(lang), self.about.place, hint, self.severity, self.key)


def _told(value: object, lang: str) -> str:
    if isinstance(value, Mapping):
        return str(value[lang])
    if isinstance(value, timedelta):
        return span(value, lang)
    if isinstance(value, Decimal):
        return figure(value, "ratio", lang)
    return figure(value, "count" if type(value) is int else "", lang)


def span(value: timedelta, lang: str) -> str:
    """A span of time in its largest unit: `2 h`, `1 d` or in French `1 j`."""
    seconds = abs(value.total_seconds())
    sign = "-" if value < timedelta(0) else ""
    for unit, size in (("j" if lang == "fr" else "d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{sign}{seconds / size:g} {unit}"
    return f"{sign}{seconds:g} s".replace(".", "," if lang == "fr" else ".")
