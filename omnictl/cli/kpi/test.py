"""`omnictl kpi test`: the worked figures of KPIs, tried in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis as known_kpis
from omnictl.cli.kpi.listing import glossary_of
from omnictl.cli.options import Duration
from omnictl.cli.output import Output
from omnictl.render import Col, Table

if TYPE_CHECKING:
    from omnictl.errors import DefinitionError
    from omnictl.glossary import Glossary, Kpi
    from omnictl.review.cases import CaseResult
    from omnictl.review.coverage import Coverage

FORMATS = ("text", "json", "junit")
FAIL_ON = ("failed", "uncovered")
REFUSED = "the definition is wrong"


@click.command("test", cls=Command)
@click.argument("names", metavar="[KPI|PATH]…", nargs=-1, shell_complete=known_kpis)
@click.option("--all", "everything", is_flag=True, help="The shipped KPIs too, in a workspace.")
@click.option("--coverage", is_flag=True, help="Tell what no case speaks of: KPIs, variants, channels.")
@click.option(
    "--fail-on", type=click.Choice(FAIL_ON), default="failed",
    help="Exit with 1 when a figure is another (failed, default), or also when a KPI or variant has no case.",
)  # fmt: skip
@click.option("--format", type=click.Choice(FORMATS), default="text", help="text (default), json, or junit XML.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, whole or not at all."
)
@click.option("--timeout", type=Duration(), default="10 min", metavar="DURATION", help="For all; default: 10 min.")
@pass_session
def test_kpis(
    session: Session, names: tuple[str, ...], everything: bool, coverage: bool, fail_on: str, format: str,
    out: Path | None, timeout: float,
) -> int:  # fmt: skip
    """Try the worked figures of KPIs.

    Each case under `tests:` of a KPI gives rows and says what must come out: a figure, rows, or that the question is
    refused; an `oracle` is SQL of its own over the same rows, whose figures must be the KPI's. All is done in memory:
    no export, store or secret is needed. In a workspace its own KPIs are tried, elsewhere the shipped ones; KPI and
    PATH choose. Exit code 1 means that a figure is another.

    \b
    Examples:
      omnictl kpi test
      omnictl kpi test abandonment_rate kpis/service.yml --coverage
      omnictl kpi test --format junit --out kpis.xml
    """
    from omnictl.cli.bounds import bounded
    from omnictl.review.coverage import coverage_of

    glossary, chosen = _chosen(session, names, everything)
    with bounded(timeout, None):
        results = list(_tried(session, glossary, chosen))
    covered = [coverage_of(glossary, kpi) for kpi in _sound(glossary, chosen)]
    output = Output("json" if format == "json" else "table", out, session)
    if format == "json":
        output.write(_as_table(results), lang="en")
    elif format == "junit":
        output.text(_as_junit(results))
    else:
        output.text("\n".join([*_failures(results), *(_left_out(covered) if coverage else [])]))
    failed = sum(not result.passed for result in results)
    session.say(f"{len(chosen)} KPIs, {len(results)} figures: {len(results) - failed} as expected, {failed} not")
    bare = [each for each in covered if not each.cases or each.variants]
    if bare and (coverage or fail_on == "uncovered"):
        session.say(f"{len(bare)} KPIs without a case, or with variants without one")
    return 1 if failed or (fail_on == "uncovered" and bare) else 0


def _chosen(session: Session, names: Sequence[str], everything: bool) -> tuple[Glossary, list[str]]:
    """The glossary, and the KPIs of it that are meant, sorted.

    Raises:
        DefinitionError: there is no such KPI or path, or a path holds none.
    """
    from omnictl.glossary.check import with_paths
    from omnictl.glossary.layers import STANDARD

    glossary, workspace = glossary_of(session)
    glossary = glossary.plain  # a case is about the definition, not about what the workspace sets over it
    if not names:
        shipped = everything or workspace is None
        return glossary, [each for each in glossary.names if shipped or _layer(glossary, each) != STANDARD]
    paths = [Path(name) for name in names if Path(name).exists()]
    glossary = with_paths(glossary, paths)
    chosen = {glossary.resolve(name).id for name in names if not Path(name).exists()}
    for path in paths:
        chosen |= set(_of_path(glossary, path))
    return glossary, sorted(chosen)


def _layer(glossary: Glossary, name: str) -> str:
    """The highest layer that says something of a KPI."""
    return next(layer.name for layer in reversed(glossary.layers) if layer.entries(name))


def _of_path(glossary: Glossary, path: Path) -> list[str]:
    """The KPIs that are written in a file or a folder.

    Raises:
        DefinitionError: there are none.
    """
    from omnictl.errors import DefinitionError, Finding
    from omnictl.glossary.folders import name_of

    folder = path.resolve()
    files = [file for layer in glossary.layers for file in layer.files if file.path.resolve().is_relative_to(folder)]
    found = [name for file in files for entry in file.entries if (name := name_of(entry))]
    if not found:
        raise DefinitionError(Finding("no-kpi", f"no KPI is written in {path}", hint="KPIs stand in *.yml files"))
    return found


def _tried(session: Session, glossary: Glossary, names: Sequence[str]) -> Iterator[CaseResult]:
    """The worked figures of some KPIs; a KPI whose definition is wrong is one that failed."""
    from omnictl.errors import DefinitionError
    from omnictl.review.cases import trial_of

    with trial_of(glossary) as trial, session.progress().stage("test", len(names)) as stage:
        for name in names:
            try:
                yield from trial.of(glossary.resolve(name))
            except DefinitionError as error:
                yield _refused(glossary, name, error)
            stage.advance(1, name)


def _refused(glossary: Glossary, name: str, error: DefinitionError) -> CaseResult:
    from omnictl.errors import Place
    from omnictl.review.cases import CaseResult

    finding = error.findings[0]
    place = finding.place or next(
        (entry.place for layer in glossary.layers for entry in layer.entries(name)), Place("", 1, 1)
    )
    return CaseResult(name, REFUSED, place, "a figure", f"{finding.message} [{finding.code}]", False)


def _sound(glossary: Glossary, names: Sequence[str]) -> Iterator[Kpi]:
    from omnictl.errors import DefinitionError

    for name in names:
        try:
            kpi = glossary.resolve(name)
            for variant in kpi.variants:
                glossary.resolve(f"{name}@{variant}")
        except DefinitionError:
            continue
        yield kpi


def _failures(results: Sequence[CaseResult]) -> Iterator[str]:
    for result in results:
        if not result.passed:
            yield f"{result.place}: {result.kpi}, {result.case}"
            yield f"    expected {result.expected}\n    got      {result.got}"


def _left_out(covered: Sequence[Coverage]) -> Iterator[str]:
    """What no case speaks of, a KPI a line."""
    for each in covered:
        if not each.cases:
            yield f"{each.kpi}: no case"
        elif not each.whole:
            missing = {"variants": each.variants, "channels": each.channels}
            told = [f"{what} {', '.join(names)}" for what, names in missing.items() if names]
            yield f"{each.kpi}: no case for {'; '.join(told)}"


def _as_table(results: Sequence[CaseResult]) -> Table:
    names = ["kpi", "case", "passed", "expected", "got", "file", "line", "column", "seconds"]
    rows = []
    for result in results:
        place = result.place
        told = (result.kpi, result.case, result.passed, result.expected, result.got)
        rows.append((*told, place.file, place.line, place.column, round(result.seconds, 3)))
    return Table([Col(name) for name in names], rows)


def _as_junit(results: Sequence[CaseResult]) -> str:
    from omnictl.render.junit import Tested, junit

    return junit(
        [
            Tested(
                suite=result.kpi.partition("@")[0].partition(":")[0],
                name=f"{result.case} ({result.kpi}, {result.expected})",
                file=result.place.file,
                line=result.place.line,
                seconds=result.seconds,
                failure="" if result.passed else f"expected {result.expected}, got {result.got}",
            )
            for result in results
        ]
    )
