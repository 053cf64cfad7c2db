"""Files of contrasts in the manner of nf-core/differentialabundance.

Columns ``id``, ``variable``, ``reference``, ``target``, and optionally ``blocking``,
``exclude_samples_col`` and ``exclude_samples_values`` (lists separated by semicolons),
as that pipeline's usage page describes them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.sheet_text import SheetRows, read_sheet_rows
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import DataError

__all__ = ["ContrastRow", "read_contrasts"]

_REQUIRED = ("id", "variable", "reference", "target")
_OPTIONAL = ("blocking", "exclude_samples_col", "exclude_samples_values")
_LONGEST_ID = 100
_UNSAFE = set('/\\:*?"<>|')


@dataclass(frozen=True)
class ContrastRow:
    """One line of a file of contrasts.

    Attributes
    ----------
    id
        Its name, safe as the name of a folder.
    contrast
        Factor, target, reference.
    blocking
        Covariates.
    exclude_column, exclude_values
        Samples with one of these values in this column are left out; empty for none.
    line
        Line of the file.
    """

    id: str
    contrast: Contrast
    blocking: tuple[str, ...] = ()
    exclude_column: str = ""
    exclude_values: tuple[str, ...] = ()
    line: int = 0


def read_contrasts(path: str | os.PathLike[str]) -> list[ContrastRow]:
    """Read a file of contrasts (CSV, TSV or semicolon-separated).

    Raises
    ------
    DataError
        If the file cannot be read, lacks a column or has an unknown one, or a line is
        incomplete, repeats an id, or has an id that cannot name a folder.
    """
    path = Path(path)
    table = read_sheet_rows(path)
    _check_columns(table, path)
    rows: list[ContrastRow] = []
    seen: dict[str, int] = {}
    for cells, line in zip(table.rows, table.lines, strict=True):
        named = dict(zip(table.header, cells, strict=True))
        row = _row({key: "" if cell == "NA" else cell for key, cell in named.items()}, path, line)
        # Folders that differ only in case are one on some systems.
        if row.id.casefold() in seen:
            raise DataError(
                f"{path}, line {line}: the id {quoted(row.id)} is already on line "
                f"{seen[row.id.casefold()]}; every contrast needs its own"
            )
        seen[row.id.casefold()] = line
        rows.append(row)
    return rows


def _check_columns(table: SheetRows, path: Path) -> None:
    known = (*_REQUIRED, *_OPTIONAL)
    absent = [name for name in _REQUIRED if name not in table.header]
    if absent:
        raise DataError(
            f"{path}: lacks the column{'s' if len(absent) > 1 else ''} {', '.join(absent)}; "
            f"a file of contrasts has {', '.join(_REQUIRED)}, and may have {', '.join(_OPTIONAL)}"
        )
    for position, name in enumerate(table.header):
        # An unknown column that says something would change the model unheard.
        if name not in known and any(row[position] for row in table.rows):
            raise DataError(
                f"{path}: column {quoted(name)} is not known{did_you_mean(name, known)}; "
                f"known are {', '.join(known)}"
            )


def _row(cells: dict[str, str], path: Path, line: int) -> ContrastRow:
    where = f"{path}, line {line}"
    empty = [name for name in _REQUIRED if not cells[name]]
    if empty:
        raise DataError(f"{where}: {' and '.join(empty)} is empty; fill it in")
    _check_id(cells["id"], where)
    if cells["target"] == cells["reference"]:
        raise DataError(
            f"{where}: target and reference are both {quoted(cells['target'])}; name two levels"
        )
    blocking = _parted(cells.get("blocking", ""))
    if cells["variable"] in blocking:
        raise DataError(
            f"{where}: {quoted(cells['variable'])} is both variable and blocking; drop it there"
        )
    column = cells.get("exclude_samples_col", "")
    values = _parted(cells.get("exclude_samples_values", ""))
    if bool(column) != bool(values):
        raise DataError(
            f"{where}: exclude_samples_col and exclude_samples_values go together; "
            f"found {listed([column, *values])}"
        )
    contrast = Contrast(cells["variable"], cells["target"], cells["reference"])
    return ContrastRow(cells["id"], contrast, blocking, column, values, line)


def _parted(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))


def _check_id(name: str, where: str) -> None:
    unsafe = sorted(set(name) & _UNSAFE)
    if unsafe or not name.isprintable() or not name.strip(".") or name[0] == "-":
        fault = f"it holds {listed(unsafe)}" if unsafe else "it is only dots, begins with a dash, "
        if not unsafe:
            fault += "or holds control characters"
        raise DataError(
            f"{where}: the id {quoted(name)} cannot name a folder ({fault}); "
            "use letters, digits, _ and -"
        )
    if len(name.encode("utf-8", "surrogatepass")) > _LONGEST_ID:
        raise DataError(
            f"{where}: the id {quoted(name)} is longer than {_LONGEST_ID} bytes; shorten it"
        )
