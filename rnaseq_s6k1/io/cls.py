"""Phenotypes of samples in the CLS format of the Broad Institute, categorical or numeric.

A categorical file has three lines (`GSEA file formats
<https://docs.gsea-msigdb.org/GSEA/Data_Formats>`_): the numbers of samples and classes and a
1; ``#`` and the classes' names; a label a sample, in the order of the matrix. A numeric file
has ``#numeric`` and then, for each profile, ``#`` and its name, and a line with a number a
sample. Fields are separated by blanks or tabs. The file names no sample.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.atomic import write_text
from rnaseq_s6k1.io.text import check_readable, iterate_lines
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = ["CLASS_COLUMN", "is_cls", "read_cls", "write_cls"]

#: What the column of classes is called.
CLASS_COLUMN = "condition"

_START_BYTES = 64 << 10
_SIZES = re.compile(r"\d{1,9}\s+\d{1,9}\s+1", re.ASCII)
_NUMERIC = "#numeric"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_cls(path: Path) -> bool:
    """Tell whether a file can be read and starts as a CLS file does."""
    try:
        check_readable(path)
        start = next(iterate_lines(path, block_bytes=_START_BYTES)).data.decode("utf-8")
    except (DataError, StopIteration):
        return False
    first, _, rest = start.partition("\n")
    if first.strip().lower() == _NUMERIC:
        return True
    return _SIZES.fullmatch(first.strip()) is not None and rest.lstrip().startswith("#")


def read_cls(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read the phenotypes of samples from a CLS file, plain or gzip.

    A label that is the name of a class stands for it. Other labels stand for the classes in
    the order in which they first appear, as GSEA reads them; where they are the numbers from
    0 and appear in another order they are refused, since GenePattern reads them as positions.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    pandas.DataFrame
        One row a sample, in the order of the file. Categorical: the column ``condition``,
        whose categories are the classes in the order of the file. Numeric: a column of
        float64 for each profile.

    Raises
    ------
    DataError
        If the file is no CLS, the numbers of samples or classes are not those it states, a
        label has no class, or a value of a profile is no finite number; the message names the
        line.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> from pathlib import Path
    >>> _ = Path("groups.cls").write_text("4 2 1\n# siNC siS6K1\n0 0 1 1\n")
    >>> s6k1.read_cls("groups.cls")["condition"].tolist()
    ['siNC', 'siNC', 'siS6K1', 'siS6K1']
    """
    path = Path(path)
    check_readable(path)
    lines = [
        (number, line.strip())
        for block in iterate_lines(path)
        for number, line in enumerate(
            block.data.decode("utf-8").split("\n"), start=block.first_line
        )
        if line.strip()
    ]
    if not lines:
        raise DataError(f"{path}: the file is blank; a CLS file has three lines")
    if lines[0][1].lower() == _NUMERIC:
        return _numeric(path, lines[1:])
    return _categorical(path, lines)


def write_cls(phenotypes: pd.Series | pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write the phenotypes of samples as CLS, atomically; ``.gz`` names are compressed.

    Names are written exactly; see `rnaseq_s6k1.io.spreadsheets`.

    Parameters
    ----------
    phenotypes
        In the samples' order. A series of numbers, or a table of which every column holds
        numbers, is written as numeric profiles; a series (or a table's only column) of text
        or of pandas categories as classes, in the order of the categories or else of first
        appearance.
    path
        The file.

    Raises
    ------
    DataError
        If there is no sample, a value is missing or not finite, or the name of a class holds
        blanks, as a CLS file cannot have it.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> import pandas as pd
    >>> s6k1.write_cls(pd.Series(["siNC", "siNC", "siS6K1"]), "groups.cls")
    >>> s6k1.read_cls("groups.cls")["condition"].tolist()
    ['siNC', 'siNC', 'siS6K1']
    """
    table = phenotypes.to_frame() if isinstance(phenotypes, pd.Series) else phenotypes
    if not table.shape[0] or not table.shape[1]:
        raise DataError("a CLS file needs at least one sample; the table is empty")
    if table.isna().to_numpy().any():
        raise DataError("a CLS file has a value for every sample; fill or remove the missing ones")
    if all(_is_numeric(table[column]) for column in table.columns):
        write_text(path, _numeric_text(table))
        return
    if table.shape[1] > 1:
        raise DataError(
            "a CLS file has one column of classes, or columns of numbers only; choose a column of "
            f"{listing(table.columns)}"
        )
    write_text(path, _categorical_text(table.iloc[:, 0]))


def _categorical(path: Path, lines: list[tuple[int, str]]) -> pd.DataFrame:
    if not _SIZES.fullmatch(lines[0][1]):
        raise DataError(
            f"{path}: line {lines[0][0]} is {clip(lines[0][1])} where a CLS file has the numbers "
            "of samples and classes and a 1, or #numeric; check the format"
        )
    if len(lines) != 3 or not lines[1][1].startswith("#"):
        raise DataError(
            f"{path}: a CLS file of classes has three lines (sizes; # and the classes; a label a "
            f"sample), and this one has {plural(len(lines), 'line')}"
            + ("" if len(lines) != 3 else f" of which line {lines[1][0]} does not start with #")
        )
    n_samples, n_classes, _ = (int(size) for size in lines[0][1].split())
    classes = lines[1][1].removeprefix("#").split()
    labels = lines[2][1].split()
    if len(classes) != n_classes:
        raise DataError(
            f"{path}: line {lines[1][0]} names {len(classes)} classes ({listing(classes)}) where "
            f"line {lines[0][0]} says {n_classes}; names of classes hold no blanks"
        )
    if len(set(classes)) != n_classes:
        raise DataError(f"{path}: line {lines[1][0]} names a class twice: {listing(classes)}")
    if len(labels) != n_samples:
        raise DataError(
            f"{path}: line {lines[2][0]} has {plural(len(labels), 'label')} where line "
            f"{lines[0][0]} says {plural(n_samples, 'sample')}; give one a sample"
        )
    for name in (*classes, *labels):
        if not name.isprintable():
            raise DataError(f"{path}: the class {clip(name)} holds a control character; rename it")
    named = _classes_of(labels, classes, f"{path}: line {lines[2][0]}")
    return pd.DataFrame({CLASS_COLUMN: pd.Categorical(named, categories=classes)})


def _classes_of(labels: list[str], classes: list[str], where: str) -> list[str]:
    """Give each label's class."""
    used = list(dict.fromkeys(labels))
    if set(used) <= set(classes):
        return labels
    strange = [label for label in used if label not in classes]
    if len(strange) != len(used) or len(used) > len(classes):
        raise DataError(
            f"{where}: {listing(strange)} {'is' if len(strange) == 1 else 'are'} no class among "
            f"{listing(classes)}; use the names of the classes as labels"
        )
    numbers = [str(number) for number in range(len(classes))]
    if set(used) <= set(numbers) and used != numbers[: len(used)]:
        raise DataError(
            f"{where}: the labels are numbers and start with {clip(used[0])}, which is class "
            f"{clip(classes[int(used[0])])} by its number and {clip(classes[0])} by the order of "
            "appearance; use the names of the classes as labels"
        )
    meaning = dict(zip(used, classes, strict=False))
    return [meaning[label] for label in labels]


def _numeric(path: Path, lines: list[tuple[int, str]]) -> pd.DataFrame:
    profiles: dict[str, list[float]] = {}
    first_line = 0
    if not lines or len(lines) % 2:
        raise DataError(
            f"{path}: a numeric CLS file has two lines a profile (# and its name; the values), and "
            f"{plural(len(lines), 'line')} follow{'s' if len(lines) == 1 else ''} #numeric"
        )
    for (name_line, name), (number, line) in zip(lines[::2], lines[1::2], strict=True):
        profile = name.removeprefix("#").strip()
        if not name.startswith("#") or not profile:
            raise DataError(
                f"{path}: line {name_line} is {clip(name)} where a profile's name stands after #"
            )
        if profile in profiles or not profile.isprintable():
            what = "stands twice" if profile in profiles else "holds a control character"
            raise DataError(
                f"{path}: line {name_line}: the profile {clip(profile)} {what}; rename it"
            )
        values = [_value(field, f"{path}: line {number}") for field in line.split()]
        first_line = first_line or number
        wanted = len(next(iter(profiles.values()), values))
        if len(values) != wanted:
            raise DataError(
                f"{path}: line {number} has {plural(len(values), 'value')} and line {first_line} "
                f"{wanted}; give one a sample"
            )
        profiles[profile] = values
    return pd.DataFrame(profiles)


def _value(field: str, where: str) -> float:
    value = float(field) if _NUMBER.fullmatch(field) else float("nan")
    if not np.isfinite(value):
        raise DataError(f"{where}: {clip(field)} is not a finite number; give a number a sample")
    return value


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _numeric_text(table: pd.DataFrame) -> str:
    lines = [_NUMERIC]
    names = [" ".join(str(column).split()) for column in table.columns]
    for position, name in enumerate(names):
        values = table.iloc[:, position].to_numpy(dtype=float)
        if not np.isfinite(values).all():
            raise DataError(f"the profile {clip(name)} holds a value that is not finite")
        if not name or not name.isprintable() or name.startswith("#") or name in names[:position]:
            raise DataError(
                f"the profile {clip(name)} cannot be written as CLS; give every profile a name of "
                "its own, without control characters and not starting with #"
            )
        lines += [f"#{name}", " ".join(map(repr, values.tolist()))]
    return "\n".join(lines) + "\n"


def _categorical_text(groups: pd.Series) -> str:
    labels = [str(label) for label in groups]
    if isinstance(groups.dtype, pd.CategoricalDtype):
        classes = [str(name) for name in groups.cat.categories]
    else:
        classes = list(dict.fromkeys(labels))
    for at, name in enumerate(classes):
        if not name.isprintable() or name.split() != [name] or name in classes[:at]:
            raise DataError(
                f"the class {clip(name)} cannot be written as CLS, which separates classes by "
                "blanks; rename it"
            )
    if classes[0].startswith("#"):
        raise DataError(
            f"the class {clip(classes[0])} cannot be written as CLS, as # starts the line of the "
            "classes; rename it"
        )
    sizes = f"{len(labels)} {len(classes)} 1"
    return f"{sizes}\n# {' '.join(classes)}\n{' '.join(labels)}\n"
