"""What a relation is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

TEXT: Final = "VARCHAR"
TIME: Final = "TIMESTAMP"  # naive, UTC
BOOLEAN: Final = "BOOLEAN"
COUNT: Final = "INTEGER"
BIGINT: Final = "BIGINT"
DECIMAL: Final = "DECIMAL(18,3)"  # durations and money: sums of doubles differ from run to run
SHARE: Final = "DOUBLE"  # a given probability or confidence; never summed into a figure that must repeat
DATE: Final = "DATE"

Type = Literal["VARCHAR", "TIMESTAMP", "BOOLEAN", "INTEGER", "BIGINT", "DECIMAL(18,3)", "DOUBLE", "DATE"]


@dataclass(frozen=True)
class Column:
    """One column: its type in the store, its unit, what it means, and whether it is personal data.

    `default` is the value an absent or empty cell takes (`direction`, `excluded`), `among` the values it may
    have. `required` columns are never NULL: a record without them is a reject. `of_person` columns name a person:
    whoever shows them shows 16 hex digits.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    personal: bool = False
    required: bool = False
    default: str | None = None
    among: tuple[str, ...] = ()
    of_person: bool = False


@dataclass(frozen=True)
class Relation:
    """One table: what a row is, its key, its columns in order, and the column that places a row in time.

    `owner` says which interaction a row belongs to, as (column of the source, column of the id), when it has one.
    `written_by` tells who fills it: a connector, a later stage of the run (derived from what connectors wrote), or
    omnictl about itself (`runs`, `rejects`).
    """

    name: str
    one_row_is: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    at: str
    owner: tuple[str, str] | None = None
    written_by: Literal["connector", "derived", "omnictl"] = "connector"

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def needed(self) -> list[str]:
        """The columns whoever fills the relation must give: never NULL, and without a default."""
        given = ("source", "kind") if self.name == "interactions" else ("source",)  # a channel has its kind
        return [one.name for one in self.columns if one.required and one.default is None and one.name not in given]

    @property
    def personal(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.personal)


SOURCE = Column("source", TEXT, "name of the source in omnictl.yml", required=True)
PERSON = Column(
    "person_id", BIGINT, "the person: pseudonym of their earliest identifier; shown as 16 hex digits", of_person=True
)
CHANNELS: dict[str, tuple[str, str]] = {  # channel: (mode, kind)
    "phone": ("assisted", "contact"),
    "ivr": ("self_service", "contact"),
    "visual_ivr": ("self_service", "visit"),
    "web": ("self_service", "visit"),
    "app": ("self_service", "visit"),
    "faq": ("self_service", "visit"),
    "form": ("self_service", "contact"),
    "chat": ("assisted", "contact"),
    "chatbot": ("self_service", "contact"),
    "video": ("assisted", "contact"),
    "email": ("assisted", "contact"),
    "social": ("assisted", "contact"),
    "messaging": ("assisted", "contact"),
    "sms": ("assisted", "contact"),
    "callback": ("assisted", "contact"),
    "contact_page": ("self_service", "visit"),
    "mail": ("assisted", "contact"),
    "agency": ("assisted", "contact"),
}
OUTCOMES = ("handled", "abandoned", "flow_out", "blocked", "self_served", "escalated", "dropped")
