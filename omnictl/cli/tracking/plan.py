"""`omnictl tracking plan`: what each tool must record, as a table, a document, or in the formats of others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis
from omnictl.cli.output import Output, replacing
from omnictl.errors import OmnictlError

if TYPE_CHECKING:
    from omnictl.tracking.plan import Plan
    from omnictl.tracking.publish import Published
    from omnictl.workspace import Workspace

DOCUMENTS = ("html", "md")
EXPORTS = ("odcs", "json-schema", "snowplow", "rudderstack")
TABLES = ("table", "csv", "json", "jsonl", "parquet", "xlsx")


@click.command(cls=Command)
@click.argument("addresses", metavar="[KPI]…", nargs=-1, shell_complete=kpis)
@click.option("--by", default="", metavar="DIM,…", help="Cuts asked of the KPIs that are named.")
@click.option(
    "--format",
    "kind",
    type=click.Choice([*TABLES, *DOCUMENTS, *EXPORTS]),
    help="table (default), or by the name of --out: csv, json, jsonl, parquet, xlsx: one row per event, property and "
    "source; html, md: the document; odcs, json-schema, snowplow, rudderstack: files for a folder.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="PATH", help="Write to a file, or to a folder.")
@click.option("--owners", is_flag=True, help="Who pools the data, who defines, who acts, who asks.")
@click.option("--write", "writing", is_flag=True, help="Write the `documents` that tracking.yml names.")
@click.option(
    "--check", "checking", is_flag=True, help="Exit 1 when --out, or a document, is not what it would be now."
)
@click.option("--no-extensions", is_flag=True, help="Leave out keys of our own, where a format lets them stand.")
@click.option("--fail-on-loss", is_flag=True, help="Exit 1 when a format cannot hold all of the plan.")
@pass_session
def plan(
    session: Session,
    addresses: tuple[str, ...],
    by: str,
    kind: str | None,
    out: Path | None,
    owners: bool,
    writing: bool,
    checking: bool,
    no_extensions: bool,
    fail_on_loss: bool,
) -> int:
    """Tell what each tool must record, and which KPIs need it.

    From the needs of tracking.yml, or from the KPIs named: every event and property they want, read from their
    compiled definitions, per channel and source; which of the vendor's fields fills it now; how it is fetched; which
    personal data serve which purpose. Without tracking.yml and KPIs it is about the whole glossary. No data is read.
    What is wrong with the plan is told on stderr; an error exits with 1.

    \b
    Examples:
      omnictl tracking plan
      omnictl tracking plan abandonment_rate phone_after_web_rate --by intent,step.article
      omnictl tracking plan --lang fr --out plan.html
      omnictl tracking plan --format odcs --out contracts/
      omnictl tracking plan --check
    """
    from omnictl.tracking.document import narrow_table, owners_of, plan_table
    from omnictl.tracking.documents import refuse
    from omnictl.tracking.load import load_plan
    from omnictl.tracking.publish import kind_of, publish

    out = None if str(out) == "-" else out
    documents = writing or (checking and out is None)
    _check_options(kind, out, owners=owners, writing=writing, checking=checking)
    if addresses and documents:
        raise click.UsageError("the documents of tracking.yml are those of the whole plan: name no KPI")
    workspace = session.workspace()
    if out is not None:
        refuse(workspace, out)
    lang = session.language(workspace)
    found = load_plan(workspace, addresses, _names(by))
    if by and found.needs:
        raise click.UsageError("--by is for KPIs that are named; the needs of tracking.yml have their own `by`")
    told = _tell(session, found)
    if documents:
        return max(told, _documents(session, found, workspace, checking=checking))
    chosen = kind or (kind_of(out) if out is not None else "") or _by_name(out)
    if (no_extensions or fail_on_loss) and chosen not in EXPORTS:
        raise click.UsageError(f"--no-extensions and --fail-on-loss are for {', '.join(EXPORTS)}")
    if chosen in (*DOCUMENTS, *EXPORTS) or checking:
        published = publish(found, workspace, chosen, lang, extensions=not no_extensions)
        return max(told, _publish(session, published, out, chosen, checking=checking, fail_on_loss=fail_on_loss))
    if owners:
        table = owners_of(found, workspace).table(lang)
    else:
        table = narrow_table(found, lang) if chosen == "table" else plan_table(found, lang)
    Output(chosen, out, session).write(table, lang=lang)
    return told


def _publish(
    session: Session, published: Published, out: Path | None, kind: str, *, checking: bool, fail_on_loss: bool
) -> int:
    """Write a document, or hold it against what is there; 1 when it is stale, or when losses are to fail."""
    lost = int(_tell_losses(session, published) and fail_on_loss)
    if checking and out is not None:
        return max(lost, _stale(session, published, out, out))
    _write(session, published, out, kind)
    return lost


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _check_options(kind: str | None, out: Path | None, *, owners: bool, writing: bool, checking: bool) -> None:
    if writing and (out is not None or kind is not None or checking):
        raise click.UsageError("--write writes the documents of tracking.yml: it goes without --out, --format, --check")
    if owners and (kind in (*DOCUMENTS, *EXPORTS) or checking or writing):
        raise click.UsageError("--owners is a table; the document has the owners in it")
    if kind in EXPORTS and out is None:
        raise click.UsageError(f"--format {kind} writes several files: --out names their folder")
    if checking and out is None and kind is not None:
        raise click.UsageError("--check --format takes --out: what is to be checked")
    if checking and kind in ("table", "parquet", "xlsx"):
        raise click.UsageError(f"--check compares texts, {kind} is none")


def _by_name(out: Path | None) -> str:
    """The format of a file that is no text."""
    suffix = out.suffix.casefold() if out is not None else ""
    return {".parquet": "parquet", ".xlsx": "xlsx"}.get(suffix, "table")


def _tell(session: Session, found: Plan) -> int:
    """Tell what is wrong with the plan; 1 when something must be mended."""
    for each in found.findings:
        if each.severity != "note" or session.verbose:
            session.say(each.text())
    if not found.needs and found.place is None and len(found.kpis) > 1:
        session.detail(f"note: there is no tracking.yml: the plan is about {len(found.kpis)} KPIs")
    unfilled = [event for event in found.events if not event.sources]
    session.say(
        f"plan {found.id} {found.version}: {_number(len(found.kpis), 'KPI')}, {_number(len(found.events), 'event')} of "
        f"{_number(sum(bool(each.events) for each in found.sources.values()), 'source')}; "
        f"{len(unfilled) or 'none'} that no source gives"
    )
    return int(any(each.severity == "error" for each in found.findings))


def _tell_losses(session: Session, published: Published) -> bool:
    for each in published.losses:
        session.say(each.text)
    return bool(published.losses)


def _write(session: Session, published: Published, out: Path | None, kind: str, shown: Path | None = None) -> None:
    """Write a document; `shown` is how its path is told."""
    if published.text is not None:
        if out is None:
            Output(kind, None, session).text(published.text)
            return
        with replacing(out) as file:
            file.write(published.text)
        session.say(f"{shown or out} is written")
    elif out is not None:
        gone = published.write(out)
        session.say(f"{shown or out}: {len(published.files)} files" + (f", {gone} removed" if gone else ""))


def _stale(session: Session, published: Published, path: Path, shown: Path) -> int:
    """Tell the files that are not what they would be now; 1 when there are any."""
    stale = published.stale(path)
    for name in stale:
        file = shown / name if name else shown
        there = "is stale" if (path / name if name else path).exists() else "is missing"
        session.say(f"{file} {there}")
    return int(bool(stale))


def _documents(session: Session, found: Plan, workspace: Workspace, *, checking: bool) -> int:
    """Write or check the documents that tracking.yml names; 1 when one is stale."""
    from omnictl.tracking.documents import targets
    from omnictl.tracking.load import tracking_file
    from omnictl.tracking.publish import publish

    file = tracking_file(workspace)
    if file is None or not file.documents:
        hint = "documents: [{path: docs/plan.html, lang: fr}], or name one with --out"
        raise OmnictlError("tracking.yml names no `documents`", hint=hint)
    stale = 0
    for target in targets(workspace, file):
        each, path = target.document, target.path
        published = publish(found, workspace, target.kind, each.lang or workspace.language)
        if checking:
            stale |= _stale(session, published, path, Path(each.path))
            continue
        _make_folder(path.parent)
        _write(session, published, path, target.kind, Path(each.path))
    if checking and stale:
        session.say("`omnictl tracking plan --write` brings them up to date")
    elif checking:
        session.say(f"{_counted(file.documents)} as the plan is now")
    return stale


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OmnictlError(f"{folder} cannot be made: {error.strerror}") from None


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _counted(documents: Iterable[object]) -> str:
    count = len(list(documents))
    return f"{count} documents are" if count != 1 else "1 document is"
