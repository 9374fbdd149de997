"""The queues' log: one line per event of a call in a queue, as the switch writes it or its database exports it.

1793606400|1793606399.12|sales|NONE|ENTERQUEUE||0160200001|1
1793606412|1793606399.12|sales|PJSIP/1001|CONNECT|12|1793606405.17|3
1793606590|1793606399.12|sales|PJSIP/1001|COMPLETECALLER|12|178|1

A call is a contact, each of its stays in a queue a visit. The SQL goes from `queue_lines` by `visits` to
`queue_contacts`.
"""

from __future__ import annotations

from omnictl.connectors import Connector, Csv, Option
from omnictl_asterisk.queue_contacts import CONTACTS, PHONES, SEGMENTS
from omnictl_asterisk.queue_lines import MOMENT
from omnictl_asterisk.visits import VISITS

CELLS = ("time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5")


class QueueLog(Connector):
    """Asterisk queue_log: the file, rotated or not, or the database table as CSV or as psql prints it."""

    name = "asterisk_queue_log"
    api = 1
    # The database's own names for the cells of the log too.
    reads = Csv(columns=CELLS, needs=CELLS[:5], optional=[*CELLS[5:], "data"])
    options = (Option("site", str, None, "site written on each call: that of the switch"),)
    look_back = "12h"
    at = f"make_timestamp({MOMENT})"
    prepared = {"visits": VISITS}
    relations = {
        "interactions": CONTACTS,
        "segments": SEGMENTS,
        "identifiers": PHONES,
    }
    retrieval = (
        "/var/log/asterisk/queue_log* by SFTP, rotated files too; or the table queue_log, exported with its header"
    )
