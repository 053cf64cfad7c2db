"""``report``: the page of a run directory, and its records for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions

__all__ = ["command", "report_step"]


def command(
    common: CommonOptions,
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]", help="Output directory of a run; that of --out by default."
        ),
    ] = None,
) -> None:
    """Write the page of a run directory anew: report.html, multiqc/ and ro-crate-metadata.json.

    Every number on it is read from the tables of the directory. A directory of several
    contrasts gets a page in the folder of each.

    Example: rnaseq-s6k1 report s6k1_results
    """
    folder = common.out if directory is None else directory
    contrasts = sorted(path.parent.parent for path in folder.glob("*/de/results.tsv"))
    own = (folder / "de" / "results.tsv").is_file()
    for one in contrasts if contrasts and not own else [folder]:
        report_step(one)


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
