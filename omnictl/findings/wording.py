"""Findings about what is no KPI here, and about what others call one."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "not-by-rows",
        "shell",
        "The name is known and no KPI: rows alone cannot answer it. It needs a model, an experiment or a forecast.\n"
        "A figure of rows under that name would be taken for more than it is. The message gives the reason.",
        "omnictl kpi query deflection_rate",
        "Ask the KPI that the hint names for what rows do say; `omnictl kpi list --all` lists every such name.",
    ),
    Page(
        "unknown-vendor",
        "kpi",
        "`vendors` names a vendor that omnictl does not know. What is said of it is kept and shown under that key,\n"
        "so it is a warning; but one vendor under two names is found under neither.",
        "vendors: {genesis: {name: Answered}}",
        "Correct the name, or leave it when the vendor is another one.",
    ),
)
