"""The first speed: SQL over files. Most connectors need no other.

CALL_REF;BEGIN;QUEUE;WAIT;TALK;RESULT;ANI;CUSTOMER
A1;02/11/2026 09:00:00;home;00:12;03:05;OK;06 12 34 56 78;C-1
"""

from __future__ import annotations

from datetime import timedelta

from omnictl.connectors import Connector, Csv, Option


class Calls(Connector):
    """Cordeliane call list: one row per call."""

    name = "cordeliane_calls"
    api = 1
    retrieval = "Supervision > Exports > Calls, each night, as CSV"

    # What is said here need not be found out. `needs` refuses a file of another kind by name; a column in `optional`
    # is NULL where an older version of the tool does not write it.
    reads = Csv(delimiter=";", encoding="cp1252", needs=["call_ref", "begin", "result"], optional=["customer"])

    # What a workspace may say beside `connector` and `path`. In SQL it is `$site`; a duration is its seconds.
    options = [
        Option("site", str, None, "site written on each call"),
        Option("test_calls", str, "keep", "calls of the queue `test`: keep, as excluded, or drop", ("keep", "drop")),
        Option("longest", timedelta, timedelta(hours=12), "a longer talk is a clock gone wrong: unknown"),
    ]

    # The vendor's code → ours. Any other code gives NULL, is counted and kept in `outcome_detail`.
    outcomes = {"OK": "handled", "RAC": "abandoned", "DEB": "flow_out"}

    # One SELECT per relation over `file`, whose columns are those of the export; cells are text, empty ones NULL.
    # Such a SELECT (names, computes, filters) is taken apart: a cell that cannot be read is NULL and counted, and the
    # record is rejected only when its id, channel or time cannot. `where` is what the accounts call filtered.
    relations = {
        "interactions": """
            select
                call_ref as interaction_id,
                'phone' as channel,
                local_time("begin", '%d/%m/%Y %H:%M:%S') as started_at,
                local_time("begin", '%d/%m/%Y %H:%M:%S') as queued_at,
                outcome(result) as outcome,
                queue,
                $site as site,
                seconds(wait) as wait_s,
                case when seconds(talk) <= $longest then seconds(talk) end as talk_s,
                case when queue = 'test' then 'test' else '' end as excluded
            from file
            where not ($test_calls = 'drop' and coalesce(queue, '') = 'test')
        """,
        # Identifiers are given in the clear: they are normalised and hashed before anything is stored. A call has two
        # kinds here, so one record gives up to two rows.
        "identifiers": """
            select call_ref as owner_id, kind, value, record
            from (
                select call_ref, record, unnest(['phone', 'customer_id']) as kind, unnest([ani, customer]) as value
                from file
                where not ($test_calls = 'drop' and coalesce(queue, '') = 'test')
            )
            where value is not null
        """,
    }
