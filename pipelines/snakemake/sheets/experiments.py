"""The table of experiments: one matrix of counts a row, and how it is read and compared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from sheets.arguments import FILES
from sheets.checks import SheetError, check, is_valid, read_schema, shown
from sheets.table import read_rows

__all__ = ["any_of", "check_files", "check_groups", "claim", "find_sheet", "read_experiments"]

_GROUPS = ("design", "factor", "reference", "target")  # what a split decides by itself


def find_sheet(path: str, beside: Path, setting: str = "experiments") -> Path:
    """Find a sheet from the working directory, or else beside the Snakefile.

    Raises
    ------
    SheetError
        If it is in neither place.
    """
    for candidate in (Path(path), beside / path):
        if candidate.is_file():
            return candidate
    raise SheetError(
        f"config: {setting}: there is no file {shown(path)}, neither from the working directory "
        f"nor beside the Snakefile; give the path of the table of {setting}"
    )


def read_experiments(path: Path) -> dict[str, dict[str, str]]:
    """Read the table of experiments.

    Returns
    -------
    dict
        By experiment, the fields that are not empty, by column.

    Raises
    ------
    SheetError
        If the table is malformed; the message names the file, the line and the entry.
    """
    schema = read_schema("experiments")
    experiments: dict[str, dict[str, str]] = {}
    seen: dict[str, str] = {}
    for place, row in read_rows(path, schema, "experiments"):
        named = f"{place} ({row['experiment']})" if _is_name(row, schema) else place
        check(row, schema, named, "column")
        check_groups(row, named)
        claim(row["experiment"], "experiment", place, seen)
        experiments[row["experiment"]] = row
    return experiments


def claim(name: str, column: str, place: str, seen: dict[str, str]) -> None:
    """Give a name to the row at `place`, unless another row has it.

    File systems that ignore case would give two such names the same folder.

    Raises
    ------
    SheetError
        If it is taken.
    """
    key = name.lower()
    if key in seen:
        where = seen[key].rsplit(": ", 1)[-1]
        raise SheetError(
            f"{place}: {column}: {name.rsplit('/', 1)[-1]!r} is already on {where} (upper and "
            f"lower case count as the same); give each {column} a name of its own"
        )
    seen[key] = place


def check_groups(row: Mapping[str, str], place: str) -> None:
    """Refuse a row whose groups are both given and made by a split.

    Raises
    ------
    SheetError
        If they are.
    """
    given = [column for column in _GROUPS if column in row]
    if "stratify" in row and given:
        raise SheetError(
            f"{place}: {given[0]}: stratify makes the groups itself; leave {given[0]} empty, or "
            "stratify (covariates adjust either way)"
        )


def check_files(
    comparisons: Mapping[str, Mapping[str, str]], path: Path, made: Collection[str]
) -> None:
    """Refuse paths that lead nowhere.

    Snakemake takes the results of an earlier run for the answer when the counts they came from
    are not there, so that a misspelt path would go unnoticed.

    Parameters
    ----------
    comparisons
        Rows by name.
    path
        The table they are from, for the message.
    made
        Files that the workflow makes itself.

    Raises
    ------
    SheetError
        If a file is neither there nor made.
    """
    for name, row in comparisons.items():
        for column in FILES[:-1]:  # a card may be a name
            given = row.get(column)
            if given is not None and given not in made and not Path(given).exists():
                raise SheetError(
                    f"{path}: experiment {name}: {column}: there is no file {shown(given)}; paths "
                    "start at the working directory"
                )


def any_of(names: Iterable[str]) -> str:
    """Return a regular expression that matches these names and nothing else."""
    # The dot is the only character of such a name that a regular expression reads otherwise.
    return "|".join(name.replace(".", r"\.") for name in names) or "(?!)"


def _is_name(row: Mapping[str, str], schema: Mapping[str, Any]) -> bool:
    return is_valid(row.get("experiment"), schema["properties"]["experiment"])
