"""Sample sheets: read them, and join them to the counts."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rnaseq_s6k1.design.sheet_text import SheetRows, read_sheet_rows
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.cells import MISSING, typed_column
from rnaseq_s6k1.io.cls import is_cls, read_cls

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["attach_samples", "make_names", "read_sample_sheet"]

logger = logging.getLogger(__name__)

_ID_NAMES = ("sample", "sample_id", "sample_name", "id")


def read_sample_sheet(path: str | os.PathLike[str], sample_names: Iterable[str]) -> pd.DataFrame:
    r"""Read a sample sheet (TSV, CSV, semicolon-separated or ``.cls``, plain or gzip).

    A ``.cls`` file, known by its content, names no sample: its labels are those of
    `sample_names`, in their order. The id column of a table is the one called ``sample``,
    ``sample_id``, ``sample_name`` or ``id`` (in any case), else the first one that covers the
    matrix's columns.

    An apostrophe before text that a spreadsheet would run (``'=x``) is no part of the text, in a
    sheet that this program wrote as in any other; see `rnaseq_s6k1.io.spreadsheets`. Where the
    ids with their apostrophes are the matrix's names, as those of an ``.h5ad`` may be, they are
    kept.

    Parameters
    ----------
    path
        The file.
    sample_names
        Names of the samples in the count matrix, in its order.

    Returns
    -------
    pandas.DataFrame
        Shape ``(n_rows, n_columns)``, indexed by sample id (text, also where ids are
        numbers), in the file's order. Whole numbers are int64 (float64 where some are
        missing), decimals float64, TRUE/FALSE bool, the rest text. ``NA`` and empty cells
        are missing. A ``.cls`` of classes has the column ``condition``, one of numbers a
        column for each profile.

    Raises
    ------
    DataError
        If the file cannot be read, no id column is found, ids are missing or repeated, or a
        ``.cls`` has labels for another number of samples.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> text = "sample\tcondition\tage\ns2\tcontrol\t61\ns1\ttreated\t57\n"
    >>> _ = Path("samples.tsv").write_text(text)
    >>> s6k1.read_sample_sheet("samples.tsv", ["s1", "s2"])["age"].to_dict()
    {'s2': 61, 's1': 57}
    """
    path = Path(path)
    names = [str(name) for name in sample_names]
    if is_cls(path):
        return _sheet_of_cls(path, names)
    table = read_sheet_rows(path)
    position = _id_column(table, names, path)
    ids = _ids(table, position, names)
    _check_ids(ids, table, path)
    columns = {
        name: typed_column([row[i] for row in table.rows])
        for i, name in enumerate(table.header)
        if i != position
    }
    if not columns:
        raise DataError(
            f"{path}: there is no column besides the samples' names; add one with their groups"
        )
    if "" in columns:
        raise DataError(f"{path}: column 1 has no name in the header; give it one")
    sheet = pd.DataFrame(columns)
    sheet.index = pd.Index(ids, dtype=object, name=table.header[position] or "sample")
    return sheet


def _sheet_of_cls(path: Path, sample_names: list[str]) -> pd.DataFrame:
    """Give the labels of a CLS file to the samples of the matrix, in its order."""
    sheet = read_cls(path)
    if len(sheet) != len(sample_names):
        raise DataError(
            f"{path}: has labels for {len(sheet)} samples and the matrix has {len(sample_names)} "
            f"({listed(sample_names, 4)}); a .cls names no sample, so it must label every one in "
            "the matrix's order"
        )
    for column in sheet.columns:
        if isinstance(sheet[column].dtype, pd.CategoricalDtype):
            sheet[column] = sheet[column].astype(str).astype(object)
    sheet.index = pd.Index(sample_names, dtype=object, name="sample")
    shown = [
        f"{name} {', '.join(f'{value}' for value in row)}"
        for name, row in zip(sample_names, sheet.itertuples(index=False), strict=True)
    ]
    logger.info(
        "%s: %s given to the samples in the matrix's order: %s",
        path.name,
        listed(sheet.columns),
        listed(shown, 6),
    )
    return sheet


def _ids(table: SheetRows, position: int, sample_names: Sequence[str]) -> list[str]:
    """Give the ids as they are written where all samples of the matrix are called so."""
    written = [row[position] for row in table.written]
    if sample_names and set(sample_names) <= set(written):
        return written
    return [row[position] for row in table.rows]


def _id_column(table: SheetRows, sample_names: Sequence[str], path: Path) -> int:
    wanted = set(sample_names)
    keys = [re.sub(r"[ .\-]", "_", name.lower()) for name in table.header]
    named = [keys.index(name) for name in _ID_NAMES if name in keys]
    others = [i for i in range(len(keys)) if i not in named]
    for position in (*named, *others):
        if wanted and wanted <= set(_ids(table, position, sample_names)):
            if position not in named:
                name = table.header[position] or "the first, unnamed one"
                logger.info("%s: samples are named by column %s", path.name, name)
            return position
    if named:
        return named[0]
    overlap = [len(wanted & {row[position] for row in table.rows}) for position in others]
    best = int(np.argmax(overlap))
    nearest = ""
    if overlap[best]:
        absent = sorted(wanted - {row[best] for row in table.rows})
        nearest = f"; column {quoted(table.header[best])} lacks only {listed(absent)}"
    raise DataError(
        f"{path}: no column is called {', '.join(_ID_NAMES)}, and none holds all samples of the "
        f"matrix ({listed(sample_names, 4)}){nearest}; name the samples' column 'sample'"
    )


def _check_ids(ids: list[str], table: SheetRows, path: Path) -> None:
    first: dict[str, int] = {}
    for sample, line in zip(ids, table.lines, strict=True):
        if sample in MISSING:
            raise DataError(f"{path}, line {line}: the sample has no name; fill it in")
        if sample in first:
            raise DataError(
                f"{path}, line {line}: sample {quoted(sample)} is already on line "
                f"{first[sample]}; keep one row a sample"
            )
        first[sample] = line


def attach_samples(adata: AnnData, sheet: pd.DataFrame) -> AnnData:
    """Join a sample sheet to the counts; samples keep the matrix's order.

    Parameters
    ----------
    adata
        Counts, shape ``(n_samples, n_genes)``.
    sheet
        From `read_sample_sheet`; one row a sample of the matrix, in any order.

    Returns
    -------
    anndata.AnnData
        A copy with the sheet's columns in ``obs``; columns of the same name are replaced.

    Raises
    ------
    DataError
        If the sheet lacks samples of the matrix, or the matrix samples of the sheet.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> import pandas as pd
    >>> adata = s6k1.simulate_counts(n_genes=3000).adata
    >>> sheet = pd.DataFrame({"batch": list("aababb")}, index=adata.obs_names)
    >>> s6k1.attach_samples(adata, sheet).obs["batch"].tolist()
    ['a', 'a', 'b', 'a', 'b', 'b']
    """
    in_matrix = [str(name) for name in adata.obs_names]
    in_sheet = [str(name) for name in sheet.index]
    absent_from_sheet = [name for name in in_matrix if name not in set(in_sheet)]
    absent_from_matrix = [name for name in in_sheet if name not in set(in_matrix)]
    if absent_from_sheet or absent_from_matrix:
        raise DataError(_mismatch(absent_from_sheet, absent_from_matrix))
    joined = adata.copy()
    kept = [name for name in joined.obs.columns if name not in sheet.columns]
    obs = pd.concat([joined.obs[kept], sheet.loc[in_matrix].set_axis(joined.obs_names)], axis=1)
    joined.obs = obs
    return joined


def _mismatch(absent_from_sheet: list[str], absent_from_matrix: list[str]) -> str:
    clauses = []
    if absent_from_sheet:
        clauses.append(f"the sample sheet lacks {_counted(absent_from_sheet)} of the matrix")
    if absent_from_matrix:
        clauses.append(f"the matrix lacks {_counted(absent_from_matrix)} of the sample sheet")
    return f"{'; '.join(clauses)}; {_hint(absent_from_sheet, absent_from_matrix)}"


def _counted(names: list[str]) -> str:
    return f"the sample{'s' if len(names) > 1 else ''} {listed(names)}"


def _hint(absent_from_sheet: list[str], absent_from_matrix: list[str]) -> str:
    if not absent_from_matrix:
        return "add rows for them, or drop their columns from the matrix"
    if not absent_from_sheet:
        return "drop their rows, or check that this is the sheet of this matrix"
    for reason, in_sheet, in_matrix in _REWRITINGS:
        rewritten = {in_sheet(name): name for name in absent_from_matrix}
        for name in absent_from_sheet:
            if in_matrix(name) in rewritten:
                return (
                    f"{reason}: {quoted(rewritten[in_matrix(name)])} in the sheet is "
                    f"{quoted(name)} in the matrix; make them the same"
                )
    near = did_you_mean(absent_from_sheet[0], absent_from_matrix)
    return f"the names must be the same{near}"


def make_names(name: str) -> str:
    """Rewrite a name as R's ``make.names`` does: ``1-a b`` becomes ``X1.a.b``."""
    rewritten = re.sub(r"[^\w.]", ".", name)
    starts_well = re.match(r"[^\W\d_]|\.(?![0-9])", rewritten)
    return rewritten if starts_well else f"X{rewritten}"


def _without_signs(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


# What sets the two apart, and what to do to each side to make them equal.
_REWRITINGS: tuple[tuple[str, Callable[[str], str], Callable[[str], str]], ...] = (
    ("R has rewritten the matrix's names (read.table with check.names = TRUE)", make_names, str),
    ("R has rewritten the sheet's names (make.names)", str, make_names),
    ("they differ in upper and lower case", str.casefold, str.casefold),
    ("they differ in separators", _without_signs, _without_signs),
)
