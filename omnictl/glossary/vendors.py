"""What the tools of others call a KPI, and where their figure is another one: the key `vendors` of a KPI.

    vendors:
      amazon_connect: {name: Average queue answer time, differs: {en: …, fr: …}}

`name` is the vendor's own wording and left out where it has none; `differs` says what its figure counts otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omnictl.errors import Place, nearest
from omnictl.places import Fields, Node, Reader

VENDORS = {
    "ada": "Ada",
    "amazon_connect": "Amazon Connect",
    "amazon_lex": "Amazon Lex",
    "asterisk": "Asterisk",
    "freshservice": "Freshservice",
    "ga4": "Google Analytics 4",
    "genesys": "Genesys Cloud",
    "google_ccai": "Google CCAI Platform",
    "matomo": "Matomo",
    "medallia": "Medallia",
    "plain": "Plain",
    "qualtrics": "Qualtrics",
    "rasayel": "Rasayel",
    "sqm": "SQM Group",
    "talkdesk": "Talkdesk",
    "yandex": "Yandex Metrica",
    "zendesk": "Zendesk",
    "zuko": "Zuko",
}


TextOf = Callable[[Fields, str], Mapping[str, str]]  # reads a key that holds a text per language


@dataclass(frozen=True)
class Vendor:
    """One vendor's word for a KPI.

    Attributes:
        key: as written in YAML.
        shown: the vendor's name for people; its key where it is none we know.
        name: what it calls the figure; '' when it has no word for it.
        differs: by language, what it counts otherwise; empty when it is the same figure.
    """

    key: str
    shown: str
    name: str
    differs: Mapping[str, str]


def read_vendors(reader: Reader, root: Fields, text_of: TextOf) -> dict[str, Vendor]:
    """The vendors of a KPI, in the order they are written."""
    found = {}
    for key, place, node in root.fields("vendors").entries():
        _known(reader, key, place)
        found[key] = _vendor(reader, key, place, node, text_of)
    return found


def _known(reader: Reader, key: str, place: Place) -> None:
    if key not in VENDORS:
        close = nearest(key, VENDORS)
        hint = f"did you mean `{close}`?" if close else f"known: {', '.join(sorted(VENDORS))}; another is kept as it is"
        reader.fault("unknown-vendor", f"`{key}` is no known vendor", place, hint, "warning")


def _vendor(reader: Reader, key: str, place: Place, node: Node, text_of: TextOf) -> Vendor:
    fields = reader.fields(node, f"vendor `{key}`")
    name, differs = fields.text("name") or "", text_of(fields, "differs")
    fields.done()
    if not name and not differs:
        reader.fault("missing-key", f"vendor `{key}` says neither `name` nor `differs`", place)
    return Vendor(key, VENDORS.get(key, key), name.strip(), differs)
