"""``index.html``: one page that leads to the reports of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnaseq_s6k1._version import __version__
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import plural
from rnaseq_s6k1.report.collect.runs import collect_runs
from rnaseq_s6k1.report.html import render
from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["INDEX", "find_runs", "write_index"]

INDEX = "index.html"

_SCRIPTS = ("base", "theme", "sortable", "start_index")
_STYLES = ("colours", "layout", "verdict", "tables", "print")
# EXPERIMENT/CONTRAST is as deep as runs lie below a folder of results.
_DEEPEST = 2


def find_runs(folder: Path) -> list[Path]:
    """Give a run directory itself, or those that it holds, as of several contrasts.

    Raises
    ------
    DataError
        If there is none.
    """
    run = RunDirectory(folder)
    if run.has_results:
        return [folder]
    below: list[Path] = []
    for depth in range(1, _DEEPEST + 1):
        pattern = "/".join(["*"] * depth) + "/de/results.tsv"
        found = [path.parents[1] for path in folder.glob(pattern)]
        # A run may hold others, as of a split cohort; its own page shows those.
        below += [one for one in found if not any(above in one.parents for above in below)]
    if not below:
        if not run.steps:
            run.check()
        return [folder]
    return sorted(below)


def write_index(folders: Sequence[Path], path: Path) -> Path:
    """Write a page with a row a run: groups, called genes, verdict, core sets, and its report.

    Every number is read from the tables of the runs; what a run lacks is a dash with the reason.

    Parameters
    ----------
    folders
        Run directories; one that stands twice is shown once.
    path
        The page. Its links are relative to the folder it lies in.

    Raises
    ------
    DataError
        If there is no run, or a file of a run cannot be read.
    """
    from rnaseq_s6k1.io.atomic import write_bytes

    once = list({folder.resolve(): folder for folder in folders}.values())
    if not once:
        raise DataError(f"{path}: there is no run to lead to; name the folder of one")
    rows = collect_runs(once, path)
    text = render(
        "index.html.j2",
        {
            "title": plural(len(rows), "run"),
            "runs": rows,
            "sets": list(rows[0].sets),
            "version": __version__,
        },
        styles=_STYLES,
        scripts=_SCRIPTS,
    )
    # Names may hold what UTF-8 has no bytes for.
    write_bytes(path, text.encode("utf-8", "replace"))
    return path
