"""``report``: the page of a run, its records for other programs, and the index of several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions

__all__ = ["command", "index_step", "report_step"]


def command(
    common: CommonOptions,
    directories: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR", help="Output directories of runs; that of --out by default."),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write no run's page but this one, which leads to those of all runs.",
        ),
    ] = None,
) -> None:
    """Write the page of a run directory anew: report.html, multiqc/ and ro-crate-metadata.json.

    Every number on it is read from the tables of the directory. A directory of several
    contrasts gets a page in the folder of each, and index.html, which leads to them. --index
    FILE leads to the reports of any runs, as they are.

    Example: rnaseq-s6k1 report s6k1_results

    Example: rnaseq-s6k1 report siS6K1 tumours --index index.html
    """
    from rnaseq_s6k1.report.index import INDEX, find_runs

    folders = directories or [common.out]
    runs = {folder: find_runs(folder) for folder in folders}
    if index is not None:
        index_step([one for found in runs.values() for one in found], index)
        return
    for folder, found in runs.items():
        for one in found:
            report_step(one)
        if found != [folder]:
            index_step(found, folder / INDEX)


def report_step(folder: Path) -> None:
    """Write the page and the records of one run directory, and say where."""
    from rnaseq_s6k1.report.multiqc import write_multiqc
    from rnaseq_s6k1.report.page import write_report
    from rnaseq_s6k1.report.ro_crate import write_crate

    page = write_report(folder)
    write_multiqc(folder)
    # Last, as it lists the checksums of all files.
    write_crate(folder)
    typer.echo(f"Report: {page}")


def index_step(runs: Sequence[Path], path: Path) -> None:
    """Write the page that leads to the reports of several runs, and say where."""
    from rnaseq_s6k1.report.index import write_index

    typer.echo(f"Index of {len(runs)} reports: {write_index(runs, path)}")
