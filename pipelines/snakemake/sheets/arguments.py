"""From settings and rows of the sheets to arguments of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = [
    "CALLING",
    "COMPARISON",
    "ENRICHMENT",
    "FILES",
    "FITTING",
    "OVER_REPRESENTATION",
    "READING",
    "SPLIT",
    "SPLITTING",
    "VERDICT",
    "given_files",
    "list_values",
    "relocate",
    "setting_options",
    "sheet_options",
]

# Columns of the sheets, by what they decide. They carry the names of the options.
READING = ("format", "round", "transpose", "strandedness", "id_map")
COMPARISON = ("samples", "design", "factor", "reference", "target", "covariates", "where")
FITTING = ("lengths", "reduced")
SPLIT = (
    "stratify",
    "cut",
    "by",
    "within",
    "copy_number",
    "cna_column",
    "normalisation",
    "continuous",
    "without_amplicon",
)
# Settings, by the step that takes them.
CALLING = (
    "lfc",
    "alpha",
    "filter_alpha",
    "lfc_mode",
    "significance",
    "engine",
    "shrink",
    "size_factors",
    "fit_type",
)
ENRICHMENT = ("min_size", "max_size", "fdr_by", "rank_by", "alpha")
OVER_REPRESENTATION = ("min_size", "max_size", "fdr_by", "alpha")
VERDICT = ("rank_by",)
SPLITTING = ("screen",)

# Columns that hold a path, or a name that may be one (card).
FILES = ("counts", "samples", "id_map", "lengths", "copy_number", "card")
_SEVERAL = ("where", "gene_sets")  # columns that hold several values
_SWITCHES = ("round", "transpose", "continuous", "without_amplicon")  # columns of yes or no


def list_values(row: Mapping[str, str], column: str) -> list[str]:
    """Split a field that holds several values at its semicolons."""
    return [value.strip() for value in row.get(column, "").split(";") if value.strip()]


def given_files(values: Iterable[str]) -> list[str]:
    """Keep the values that are files: gene sets and cards go by name or by path.

    A path that leads nowhere here may be one of a remote storage.
    """
    return [value for value in values if "/" in value or Path(value).is_file() or _is_file(value)]


def _is_file(value: str) -> bool:
    return value.removesuffix(".gz").endswith((".gmt", ".gmx", ".yaml", ".yml"))


def relocate(row: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    """Put the local copies of files in place of their paths in a row."""
    moved = dict(row)
    for column in FILES:
        if column in row:
            moved[column] = places.get(row[column], row[column])
    if "gene_sets" in row:
        values = list_values(row, "gene_sets")
        moved["gene_sets"] = ";".join(places.get(value, value) for value in values)
    return moved


def sheet_options(row: Mapping[str, str], columns: Iterable[str]) -> list[str]:
    """Return the options that a comparison's row asks for.

    Option and value are one argument (``--target=VALUE``), so that a value that begins with
    a hyphen stays a value.
    """
    options: list[str] = []
    for column in columns:
        option = f"--{column.replace('_', '-')}"
        if column in _SWITCHES:
            options += [option] if row.get(column) == "yes" else []
        elif column in _SEVERAL:
            options += [f"{option}={value}" for value in list_values(row, column)]
        elif column in row:
            options.append(f"{option}={row[column]}")
    return options


def setting_options(config: Mapping[str, Any], settings: Iterable[str]) -> list[str]:
    """Return the options that the settings ask for, with those that every step takes."""
    options = [f"--seed={config['seed']}", "--figures" if config["figures"] else "--no-figures"]
    for name in settings:
        value, option = config.get(name), name.replace("_", "-")
        if isinstance(value, bool):
            options.append(f"--{option}" if value else f"--no-{option}")
        elif value is not None:
            options.append(f"--{option}={value}")
    return options
