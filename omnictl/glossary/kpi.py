"""What a KPI is once its YAML has been read: texts with their places, not yet checked as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from omnictl.errors import Place
from omnictl.glossary.parameters import Parameter
from omnictl.glossary.targets import Target
from omnictl.glossary.vendors import Vendor
from omnictl.glossary.window import Window
from omnictl.glossary.written import Written
from omnictl.referential import Referential

PERSON = "person"  # of a given interaction: who it is
DEFAULT = "default"  # of a mapping from channel to expression: every channel that is not named

Rollup = Literal["sum", "share", "ratio", "mean", "index", "distinct", "percentile", "stock"]
OverTime = Literal["last", "mean", "max"]
OVER_TIME: tuple[OverTime, ...] = ("last", "mean", "max")  # what a stock is of a period; the first unless said
ROLLUPS: dict[str, tuple[str, ...]] = {  # the parts each is made of
    "sum": ("value",),
    "distinct": ("value",),
    "percentile": ("value",),
    "share": ("numerator", "denominator"),
    "ratio": ("numerator", "denominator"),
    "mean": ("numerator", "denominator"),
    "index": ("parts", "formula"),
    "stock": ("value",),  # or none, with `open`: the open rows are counted; with both, what each counts for is added
}
STATES = ("not_defined", "not_measured", "immature", "partial", "no_rows", "undefined")  # the first that holds is told

Texts = Mapping[str, str]  # language: text
ByChannel = Mapping[str, Written]  # channel or DEFAULT: expression


@dataclass(frozen=True)
class Expected:
    """One figure that a case must give.

    Attributes:
        variant: of the KPI; '' is the KPI itself.
        cut: the values of the case's `by`; () for all rows.
        figure: a number, a fraction such as `760/960`, the name of a state, or None for an empty value.
        unknown: how many rows must be unknown, when the case says so.
        error: the code of the finding that the question must be refused with; '' where it is to be answered.
    """

    variant: str
    cut: tuple[str, ...]
    figure: str | None
    unknown: int | None = None
    error: str = ""


@dataclass(frozen=True)
class Case:
    """One worked example of a KPI: rows of relations, and what must come out. A row is its columns as text, None for
    NULL, and how often it stands; of interactions also its `person`, any text.

    Attributes:
        since, until: local days between which the data of every source is complete, the last not included; None: far
            before the rows, and far after them.
        silence: that ends a need; None for the usual one.
        timezone: of the case.
        whole: whether the rows expected are all there are.
        oracles: by variant, '' for the KPI itself: SQL over the given rows, written without the KPI, whose figures
            must be the KPI's.
        referential: what the case says of intents, solutions, channels, rates and calendars, as a referential does.
    """

    name: str
    place: Place
    given: Mapping[str, tuple[tuple[Mapping[str, str | None], int], ...]]
    expected: tuple[Expected, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    silence: timedelta | None = None
    timezone: str = "UTC"
    whole: bool = False
    oracles: Mapping[str, Written] = field(default_factory=dict)
    referential: Referential = field(default_factory=Referential)


@dataclass(frozen=True)
class Kpi:
    """One KPI, or one variant of it.

    Attributes:
        id: its name; `address` adds the variant and the parameters that were overridden.
        layer: the glossary it comes from: `standard`, or the folder's name.
        relation, at, where: by channel; empty for a KPI made of other KPIs.
        parts: part: expression by channel; `value`, or `numerator` and `denominator`, or the named parts.
        since, until: by channel; when a row opens and closes, of a stock of open rows.
        over_time: what a stock is of a period; None for what is no stock.
        window: how soon what the same person does next counts; None when that is not asked.
        by: cuts it is always asked with.
        denominator_over: dimensions its denominator does not split by.
        vendors: what the tools of others call it, and where their figure differs.
        digest: changes with anything the KPI says.
    """

    id: str
    place: Place
    layer: str
    label: Texts
    question: Texts
    definition: Texts
    synonyms: Mapping[str, tuple[str, ...]]
    wording: Mapping[str, Texts]
    owner: str
    unit: str
    rollup: Rollup
    better: str | tuple[Decimal | None, Decimal | None]
    relation: ByChannel
    at: ByChannel
    where: ByChannel
    channels: tuple[str, ...] | None
    parameters: Mapping[str, Parameter]
    parts: Mapping[str, ByChannel]
    formula: Written | None
    target: Target | None
    sources: tuple[str, ...]
    cases: tuple[Case, ...]
    variants: Mapping[str, Texts]  # variant: its note
    note: Texts
    digest: str
    since: ByChannel = field(default_factory=dict)
    until: ByChannel = field(default_factory=dict)
    over_time: OverTime | None = None
    window: Window | None = None
    by: tuple[Written, ...] = ()
    denominator_over: tuple[Written, ...] = ()
    vendors: Mapping[str, Vendor] = field(default_factory=dict)
    variant: str = ""
    overridden: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """How it is asked for: `service_level`, `service_level@v5`, `service_level:answer_threshold=30s`."""
        name = f"{self.id}@{self.variant}" if self.variant else self.id
        changed = [f"{key}={self._text(key).replace(' ', '')}" for key in self.overridden]
        return ":".join([name, *changed])

    def expressions(self) -> dict[str, ByChannel]:
        """Everything it says in SQL, by key, in the order it is read: parts, formula, from, where, at."""
        given: dict[str, ByChannel] = {**self.parts}
        if self.formula is not None:
            given["formula"] = {DEFAULT: self.formula}
        given |= {"from": self.relation, "where": self.where, "at": self.at}
        given |= {"open since": self.since, "open until": self.until}
        return {key: by_channel for key, by_channel in given.items() if by_channel}

    def labelled(self, lang: str) -> str:
        """The label in a language, else in English, else in any, else the address; variants and overrides are told."""
        label = self.label.get(lang) or self.label.get("en") or next(iter(self.label.values()), self.id)
        details = [self.variant] if self.variant else []
        details += [f"{key} = {self._text(key)}" for key in self.overridden]
        return f"{label} ({', '.join(details)})" if details else label

    def _text(self, key: str) -> str:
        """What the window, or a parameter, is."""
        return self.window.text if key == "window" and self.window is not None else self.parameters[key].text
