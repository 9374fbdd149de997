"""Asterisk's three records of a call: the queues' log, the call detail records, the channel events."""

from __future__ import annotations

from omnictl.hookspecs import hookimpl


@hookimpl
def omnictl_connectors() -> list[str]:
    return [
        "asterisk_queue_log = omnictl_asterisk.queue_log:QueueLog",
        "asterisk_cdr = omnictl_asterisk.cdr:Cdr",
        "asterisk_cel = omnictl_asterisk.cel:Cel",
    ]
