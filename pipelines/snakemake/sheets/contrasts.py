"""The table of contrasts: several comparisons of one experiment, and what each adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sheets.checks import SheetError, check, did_you_mean, read_schema, shown
from sheets.experiments import check_groups, claim
from sheets.table import Row, read_rows

__all__ = ["compare", "read_contrasts"]


def read_contrasts(path: Path, experiments: Mapping[str, object]) -> list[Row]:
    """Read the table of contrasts.

    Parameters
    ----------
    path
        The table.
    experiments
        The experiments there are.

    Returns
    -------
    list of tuple
        Where each row stands, and its fields that are not empty.

    Raises
    ------
    SheetError
        If the table is malformed or names no experiment; the message names the file, the line and
        the entry.
    """
    schema = read_schema("contrasts")
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for place, row in read_rows(path, schema, "contrasts"):
        check(row, schema, place, "column")
        name = row["experiment"]
        if name not in experiments:
            raise SheetError(
                f"{place} ({row['contrast']}): experiment: {shown(name)} is not among the "
                f"experiments{did_you_mean(name, experiments)}; there are "
                f"{', '.join(experiments)}; name one of these, or add a line to the table of "
                "experiments"
            )
        claim(f"{name}/{row['contrast']}", "contrast", place, seen)
        rows.append((place, row))
    return rows


def compare(
    experiments: Mapping[str, Mapping[str, str]], contrasts: list[Row]
) -> dict[str, dict[str, str]]:
    """Return what is compared, by the folder its results go to.

    An experiment without contrasts is one comparison, ``EXPERIMENT``. One with contrasts is a
    comparison for each of them, ``EXPERIMENT/CONTRAST``: the fields of the contrast stand in place
    of those of the experiment, which hold for what the contrast leaves open.

    Raises
    ------
    SheetError
        If the fields of an experiment and of its contrast do not go together.
    """
    schema = read_schema("experiments")
    divided: dict[str, dict[str, dict[str, str]]] = {}
    for place, contrast in contrasts:
        name = contrast["experiment"]
        row = {**experiments[name], **contrast}
        label = row.pop("contrast")
        named = f"{place} ({label}, with its experiment {name})"
        check(row, schema, named, "column")
        check_groups(row, named)
        divided.setdefault(name, {})[f"{name}/{label}"] = row
    comparisons: dict[str, dict[str, str]] = {}
    for name, experiment in experiments.items():
        comparisons |= divided.get(name, {name: dict(experiment)})
    return comparisons
