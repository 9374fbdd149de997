"""Channel event logging: one line per event of a channel, folded to one contact per `linkedid`.

A channel that was answered has not been talked to: a person is there while the caller's channel is in a bridge. What
holds a caller (parking, music) is a bridge too, and is none here.
"""

from __future__ import annotations

from omnictl.connectors import Connector, Csv, Option
from omnictl_asterisk.calls import AGENTS, CALLS, IDENTIFIERS, INTERACTIONS, QUEUES, STEPS
from omnictl_asterisk.channels import OPTIONS
from omnictl_asterisk.clock import clock
from omnictl_asterisk.events import CELLS, COLUMNS, EVENTS, LINES, MOMENT, NAMED, PLACES, TIED, TWICE, WIDTH


class Cel(Connector):
    """Asterisk channel events (cel_custom's Master.csv, or the table as CSV or as psql prints it)."""

    name, api = "asterisk_cel", 1
    reads = Csv(width=WIDTH, optional=[*NAMED, *COLUMNS])
    options = (
        *OPTIONS,
        Option("hold", bool, False, "give the hold of calls in queues although the talk of their queue_log holds it"),
    )
    look_back = "12h"
    at = MOMENT
    prepared = {
        "cells": CELLS,
        "twice": TWICE,
        "clock": clock("cells", "local"),
        "lines": LINES,
        "places": PLACES,
        "tied": TIED,
        "events": EVENTS,
        **CALLS,
    }
    relations = {
        "interactions": INTERACTIONS,
        "segments": f"{AGENTS} union all {QUEUES}",
        "steps": STEPS,
        "identifiers": IDENTIFIERS,
    }
    retrieval = "/var/log/asterisk/cel-custom/Master.csv, or the table cel exported as CSV with a header"
