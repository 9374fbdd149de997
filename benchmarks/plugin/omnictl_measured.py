"""A connector that yields records one by one: what the slowest of the three speeds costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from omnictl.connectors import Connector, Csv, File, Options
from omnictl.hookspecs import hookimpl

CHANNELS = {
    "TEL": "phone",
    "WEB": "web",
    "FAQ": "faq",
    "CHAT": "chat",
    "MAIL": "email",
    "FORM": "form",
    "BOT": "chatbot",
}
OUTCOMES = {"OK": "handled", "RAC": "abandoned", "DEB": "flow_out"}


class Measured(Connector):
    """The contacts of the benchmarks, record by record: twelve columns."""

    name = "measured"
    reads = Csv(delimiter=";", needs=["ticket", "debut"])
    outcomes = OUTCOMES

    def rows(self, file: File, options: Options) -> Iterator[Any]:
        for place, record in file.records():
            begun = record["debut"]
            if begun is None:
                yield place.reject("no start")
                continue
            yield (
                "interactions",
                {
                    "interaction_id": record["ticket"],
                    "channel": CHANNELS.get(record["canal"], record["canal"]),
                    "started_at": f"{begun[6:10]}-{begun[3:5]}-{begun[:2]}{begun[10:]}",
                    "queue": record["file"],
                    "outcome": record["issue"],
                    "wait_s": record["attente"],
                    "talk_s": record["conversation"],
                    "hold_s": record["garde"],
                    "acw_s": record["postappel"],
                    "transfers": record["transferts"],
                    "intent": record["file"],
                    "version_at": record["maj"],
                },
            )


@hookimpl
def omnictl_connectors() -> list[type[Connector]]:
    return [Measured]
