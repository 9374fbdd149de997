"""The workspaces that are measured: their omnictl.yml, and the store they are given."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.children import omnictl, spend

SECRET = "a key for measuring"

CONTACTS = """\
workspace: measured
timezone: {zone}
country: FR
language: en
store: {store}
identity: {{secret: {secret}}}
sources:
  contacts:
    connector: table
    path: {export}
    timezone: Europe/Paris
    columns:
      interaction_id: ticket
      channel: >-
        case canal when 'TEL' then 'phone' when 'WEB' then 'web' when 'FAQ' then 'faq' when 'CHAT' then 'chat'
        when 'MAIL' then 'email' when 'FORM' then 'form' else 'chatbot' end
      queue: file
      started_at: {debut}
      queued_at: {entree_file}
      answered_at: {decroche}
      ended_at: {fin}
      outcome: case issue when 'OK' then 'handled' when 'RAC' then 'abandoned' when 'DEB' then 'flow_out' end
      wait_s: attente
      talk_s: conversation
      hold_s: garde
      acw_s: postappel
      transfers: transferts
      version_at: {maj}
    identifiers: {{customer_id: client, phone: telephone, email: courriel}}
"""
FORMATS = {".parquet": "", ".xlsx": "%Y-%m-%d %H:%M:%S"}  # of times; else day first
TIMES = ("debut", "entree_file", "decroche", "fin", "maj")


def contacts_workspace(folder: Path, export: Path, *, zone: str = "Europe/Paris", store: Path | None = None) -> Path:
    """A workspace in `folder` over an export of `exports.py`, which it names by a link; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    named = folder / export.name
    if not named.exists():
        named.symlink_to(export)
    format_ = FORMATS.get(export.suffix, "%d/%m/%Y %H:%M:%S")
    times = {name: f"strptime({name}, '{format_}')" if format_ else name for name in TIMES}
    text = CONTACTS.format(zone=zone, secret=SECRET, export=export.name, store=store or ".omnictl/", **times)
    (folder / "omnictl.yml").write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path) -> Path:
    """Bring the workspace's store up to date; returns the published store."""
    spend(omnictl("run", "--quiet", workspace=folder))
    return folder / ".omnictl" / "store.duckdb"


def export_of(folder: Path, rows: int, format_: str) -> Path:
    """The export of so many rows, made once in a process of its own."""
    place = folder / f"{rows}"
    path = place / f"contacts.{format_}"
    if not path.exists():
        place.mkdir(parents=True, exist_ok=True)
        spend([sys.executable, Path(__file__).parent / "exports.py", place, str(rows), format_])
    return path
