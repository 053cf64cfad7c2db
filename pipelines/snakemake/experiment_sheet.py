"""From the settings and the table of experiments to arguments of the command line.

The Snakefile holds the rules; what they are given is checked and put together here.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

__all__ = [
    "CALLING",
    "COMPARISON",
    "ENRICHMENT",
    "FITTING",
    "OVER_REPRESENTATION",
    "READING",
    "SPLIT",
    "VERDICT",
    "SheetError",
    "any_of",
    "check_config",
    "check_files",
    "existing_files",
    "find_sheet",
    "list_values",
    "read_experiments",
    "setting_options",
    "sheet_options",
]

# Columns of the table, by what they decide. They carry the names of the options.
READING = ("format", "round", "transpose", "strandedness", "id_map")
COMPARISON = ("samples", "design", "factor", "reference", "target", "covariates", "where")
FITTING = ("lengths", "reduced")
SPLIT = ("stratify", "cut")
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

_SCHEMAS = Path(__file__).resolve().parent / "schemas"
_FILES = ("counts", "samples", "id_map", "lengths")  # columns that hold a path and nothing else
_SEVERAL = ("where", "gene_sets")  # columns that hold several values
_SWITCHES = ("round", "transpose")  # columns that hold yes or no
_GROUPS = ("design", "factor", "reference", "target")  # what a split decides by itself
_LONGEST = 80


class SheetError(ValueError):
    """The settings or the table of experiments cannot be used; the message is one line."""


def check_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check the settings and fill in the schema's defaults.

    Raises
    ------
    SheetError
        If a setting is unknown, missing, or has a value that it cannot have.
    """
    schema = _schema("config")
    _check(config, schema, "config", "setting")
    return _with_defaults(config, schema)


def find_sheet(path: str, beside: Path) -> Path:
    """Find the table of experiments from the working directory, or else beside the Snakefile.

    Raises
    ------
    SheetError
        If it is in neither place.
    """
    for candidate in (Path(path), beside / path):
        if candidate.is_file():
            return candidate
    raise SheetError(
        f"config: experiments: there is no file {_shown(path)}, neither from the working directory "
        "nor beside the Snakefile; give the path of the table of experiments"
    )


def read_experiments(path: Path) -> dict[str, dict[str, str]]:
    """Read the table of experiments.

    Lines that are empty or begin with ``#`` are skipped.

    Returns
    -------
    dict
        By experiment, the fields that are not empty, by column.

    Raises
    ------
    SheetError
        If the table is malformed; the message names the file, the line and the entry.
    """
    schema = _schema("experiments")
    lines = _lines(path)
    number, header = next(lines, (1, []))
    _check_header(header, schema, f"{path}: line {number}")
    experiments: dict[str, dict[str, str]] = {}
    seen: dict[str, int] = {}
    for number, fields in lines:
        place = f"{path}: line {number}"
        if len(fields) != len(header):
            raise SheetError(
                f"{place}: {len(fields)} fields where the header has {len(header)}; fields are "
                "separated by tabs, and an empty one keeps its tab"
            )
        row = {column: text for column, text in zip(header, fields, strict=True) if text}
        _check_row(row, schema, place)
        # File systems that ignore case would give both names the same folder.
        key = row["experiment"].lower()
        if key in seen:
            raise SheetError(
                f"{place}: experiment: {row['experiment']!r} is already on line {seen[key]} (upper "
                "and lower case count as the same); give each experiment a name of its own"
            )
        seen[key] = number
        experiments[row["experiment"]] = row
    if not experiments:
        raise SheetError(f"{path}: no experiments below the header; add a line for each")
    return experiments


def check_files(
    experiments: Mapping[str, Mapping[str, str]], path: Path, made: Collection[str]
) -> None:
    """Refuse paths that lead nowhere.

    Snakemake takes the results of an earlier run for the answer when the counts they came from
    are not there, so that a misspelt path would go unnoticed.

    Parameters
    ----------
    experiments
        Rows by experiment, as `read_experiments` returns them.
    path
        The table they are from, for the message.
    made
        Files that the workflow makes itself.

    Raises
    ------
    SheetError
        If a file is neither there nor made.
    """
    for name, row in experiments.items():
        for column in _FILES:
            given = row.get(column)
            if given is not None and given not in made and not Path(given).exists():
                raise SheetError(
                    f"{path}: experiment {name}: {column}: there is no file {_shown(given)}; paths "
                    "start at the working directory"
                )


def any_of(names: Iterable[str]) -> str:
    """Return a regular expression that matches these experiments and nothing else."""
    # The dot is the only character of such a name that a regular expression reads otherwise.
    return "|".join(name.replace(".", r"\.") for name in names) or "(?!)"


def list_values(row: Mapping[str, str], column: str) -> list[str]:
    """Split a field that holds several values at its semicolons."""
    return [value.strip() for value in row.get(column, "").split(";") if value.strip()]


def existing_files(values: Iterable[str]) -> list[str]:
    """Keep the values that are files: gene sets and cards go by name or by path."""
    return [value for value in values if Path(value).is_file()]


def sheet_options(row: Mapping[str, str], columns: Iterable[str]) -> list[str]:
    """Return the options that an experiment's row asks for.

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


def _schema(name: str) -> dict[str, Any]:
    text = (_SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8")
    schema: dict[str, Any] = yaml.safe_load(text)
    return schema


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields of the lines that say something."""
    try:
        # utf-8-sig drops the mark that spreadsheets put before the first column's name.
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter="\t", strict=True)
            for fields in reader:
                stripped = [field.strip() for field in fields]
                if any(stripped) and not stripped[0].startswith("#"):
                    yield reader.line_num, stripped
    except UnicodeDecodeError as error:
        raise SheetError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    except csv.Error as error:
        raise SheetError(f"{path}: line {reader.line_num}: {error}") from error
    except OSError as error:
        raise SheetError(f"{path}: cannot be read ({error.strerror or error})") from error


def _check_header(header: list[str], schema: Mapping[str, Any], place: str) -> None:
    if "experiment" not in header or "counts" not in header:
        hint = "; columns are separated by tabs" if len(header) == 1 else ""
        raise SheetError(
            f"{place}: the header needs the columns experiment and counts, and has "
            f"{_shown(', '.join(header))}{hint}"
        )
    for column in header:
        if column not in schema["properties"]:
            raise SheetError(f"{place}: {_unknown('column', column, schema)}")
        if header.count(column) > 1:
            raise SheetError(f"{place}: the column {column} is there twice; keep one")


def _check_row(row: Mapping[str, str], schema: Mapping[str, Any], place: str) -> None:
    named = f"{place} ({row['experiment']})" if _is_name(row, schema) else place
    _check(row, schema, named, "column")
    given = [column for column in _GROUPS if column in row]
    if "stratify" in row and given:
        raise SheetError(
            f"{named}: {given[0]}: stratify makes the groups itself; leave {given[0]} empty, or "
            "stratify (covariates adjust either way)"
        )


def _is_name(row: Mapping[str, str], schema: Mapping[str, Any]) -> bool:
    checker = jsonschema.Draft202012Validator(schema["properties"]["experiment"])
    return bool(checker.is_valid(row.get("experiment")))


def _check(entry: Mapping[str, Any], schema: Mapping[str, Any], place: str, kind: str) -> None:
    """Raise on the first of the schema's complaints, in words that name the entry."""
    errors = jsonschema.Draft202012Validator(schema).iter_errors(entry)
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        path = [str(part) for part in error.absolute_path]
        at = f"{place}: {'.'.join(path)}" if path else place
        raise SheetError(f"{at}: {_complaint(error, kind)}")


def _complaint(error: jsonschema.ValidationError, kind: str) -> str:
    # jsonschema types these as possibly unset, which they are only on errors of no schema.
    asked: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "additionalProperties":
            unknown = next(name for name in value if name not in schema["properties"])
            return _unknown(kind, str(unknown), schema)
        case "required":
            return f"{next(name for name in asked if name not in value)} is missing; it is required"
        case "dependentRequired":
            name = next(name for name in asked if name in value)
            return f"{name}: means nothing without {', '.join(asked[name])}; give both or neither"
        case "enum":
            return f"{_shown(value)} is not among {', '.join(map(str, asked))}"
        case "pattern" | "not":
            return f"{_shown(value)} does not fit; {schema['allowed']}"
        case "type":
            return f"{_shown(value)} is not of the type {asked}"
        case "maxLength":
            return f"is {len(value)} characters long; {asked} are the most"
        case _:
            return f"{_shown(value)} is out of range ({error.validator} {asked})"


def _unknown(kind: str, name: str, schema: Mapping[str, Any]) -> str:
    known = list(schema["properties"])
    close = difflib.get_close_matches(name, known, n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    return f"unknown {kind} {_shown(name)}{guess}; there are {', '.join(known)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _with_defaults(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(config)
    for name, rules in schema["properties"].items():
        if "default" in rules:
            filled.setdefault(name, rules["default"])
        if "properties" in rules:
            filled[name] = _with_defaults(filled[name], rules)
    return filled
