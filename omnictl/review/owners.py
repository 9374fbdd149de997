"""Who answers for a KPI."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from omnictl.errors import Finding, Severity, did_you_mean
from omnictl.glossary.layers import STANDARD
from omnictl.review.whole import Whole


def check_owners(whole: Whole, owners: Sequence[str], own: Collection[str]) -> Iterator[Finding]:
    """KPIs nobody answers for, and those of somebody who may not.

    Args:
        owners: who may own a KPI of the workspace's own; () for anybody.
        own: the names of the workspace's own glossaries. A KPI of theirs that lays keys over a shipped one may leave
            the owner there as it is.
    """
    for kpi in whole.kpis.values():
        severity: Severity = "error" if kpi.layer == STANDARD else "warning"
        if not kpi.owner:
            hint = f"owner: {owners[0] if owners else 'operations'}"
            yield whole.finding("missing-owner", f"nobody answers for `{kpi.id}`", kpi, "kpi", hint, severity)
        elif owners and kpi.layer in own and kpi.owner not in owners:
            node = whole.glossary.node(kpi.id)
            if node is not None and node.keys["owner"].file == kpi.place.file:
                message = f"`{kpi.owner}` is not among the `owners` of omnictl.yml"
                hint = did_you_mean(kpi.owner, owners)
                yield whole.finding("unknown-owner", message, kpi, "owner", hint, "error")
