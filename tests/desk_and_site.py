"""A desk's contacts and a site's visits and pages, as CSV in local times of Paris: the workspace that reads them."""

from __future__ import annotations

from pathlib import Path

from workbench import Workbench

HEAD = "workspace: small\ntimezone: Europe/Paris\ncountry: FR\n"
SITE = """\
  site:
    connector: table
    path: visits.csv
    timezone: Europe/Paris
    columns: {interaction_id: id, channel: "'web'", intent: intent, started_at: "strptime(start, '%Y-%m-%d %H:%M')",
      ended_at: "strptime(\\"end\\", '%Y-%m-%d %H:%M')", consent: "'true'"}
    identifiers: {customer_id: customer}
  pages:
    connector: table
    path: pages.csv
    completes: site
    timezone: Europe/Paris
    relation: steps
    columns: {step_id: id, interaction_id: visit, type: type, object: page,
      occurred_at: "strptime(seen, '%Y-%m-%d %H:%M')"}
"""
LINKED = "identity: {link_on: [customer_id]}\n"


def desk(*more: str) -> str:
    """The source of contacts.csv: id, customer, channel, intent, start, end, outcome, direction. `more`: of columns."""
    further = "".join(f", {each}" for each in more)
    return f"""\
  desk:
    connector: table
    path: contacts.csv
    timezone: Europe/Paris
    columns: {{interaction_id: id, channel: channel, intent: intent, started_at: "strptime(start, '%Y-%m-%d %H:%M')",
      ended_at: "strptime(\\"end\\", '%Y-%m-%d %H:%M')", outcome: outcome, direction: direction{further}}}
    identifiers: {{customer_id: customer}}
"""


def loaded(folder: Path, workspace: str, **files: str) -> Workbench:
    """The workspace with these CSV files, once run."""
    bench = Workbench(folder)
    for name, text in files.items():
        bench.write(f"{name}.csv", text)
    bench.workspace(workspace)
    bench.call("run")
    return bench
