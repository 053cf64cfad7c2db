"""How a cohort is cut into high and low of a driver: options of ``stratify`` and ``run``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import NormalisationChoice, NormalisationOption
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

__all__ = ["CUT_HELP", "ByChoice", "SplitOptions", "copy_number_of", "copy_numbers"]

CUT_HELP = "tertile, quartile, median, q:0.2, or value:LOW,HIGH (log2 CPM)."


class ByChoice(StrEnum):
    """Choices of ``--by``."""

    expression = "expression"
    cna = "cna"


@dataclass(frozen=True)
class SplitOptions:
    """How the driver divides the samples."""

    cut: Annotated[
        str | None,
        typer.Option(
            help=f"{CUT_HELP} With --by cna: amplified (level 2 against the rest), gained (1 and 2 "
            "against 0 and below), or value:LOW,HIGH.  [default: tertile, amplified]",
            show_default=False,
        ),
    ] = None
    by: Annotated[
        ByChoice, typer.Option(help="Cut by the driver's expression or its copy number.")
    ] = ByChoice.expression
    within: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Cut inside each level of this column, as ER."),
    ] = None
    copy_number: Annotated[
        Path | None,
        typer.Option(help="--by cna: GISTIC levels, genes x samples; else the sheet's column."),
    ] = None
    cna_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="--by cna: column of the sheet.  [default: GENE_gistic]"
        ),
    ] = None

    normalisation: NormalisationOption = NormalisationChoice.tmm

    def check(self) -> None:
        """Refuse options that contradict each other, before any work.

        Raises
        ------
        UsageError
            If copy numbers are named and not cut on, or the cut is none.
        """
        from rnaseq_s6k1.cohort.cuts import parse_copy_number_cut, parse_cut

        if self.by is ByChoice.expression and (self.copy_number or self.cna_column):
            raise UsageError("--copy-number and --cna-column say what --by cna cuts on; add it")
        if self.copy_number is not None and self.cna_column is not None:
            raise UsageError("--copy-number and --cna-column both give levels; leave one out")
        if self.cut is not None:
            (parse_cut if self.by is ByChoice.expression else parse_copy_number_cut)(self.cut)

    @property
    def used(self) -> bool:
        """Whether any of them was given."""
        return self != SplitOptions()


def copy_number_of(
    adata: AnnData, gene: str, names: pd.Series, options: SplitOptions
) -> pd.Series | None:
    """Give the driver's copy number in every sample; None where the cut is by expression.

    Raises
    ------
    UsageError
        If the sheet has no such column, or it holds no numbers.
    DataError
        If the table lacks the gene or the samples.
    """
    from rnaseq_s6k1.cohort.copy_number import copy_number_columns
    from rnaseq_s6k1.cohort.driver_gene import find_gene
    from rnaseq_s6k1.design.levels import is_continuous
    from rnaseq_s6k1.design.wording import did_you_mean, listed

    if options.by is ByChoice.expression:
        return None
    driver = find_gene(adata, gene, names=names).name
    if options.copy_number is not None:
        from rnaseq_s6k1.cli.cohort.inputs import find_row, load_copy_number
        from rnaseq_s6k1.cohort.clinical import align_samples

        table = load_copy_number(options.copy_number)
        row = find_row(table.index, driver, str(options.copy_number))
        aligned = align_samples(table.loc[[row]].T, adata.obs_names, what=str(options.copy_number))
        levels: pd.Series = aligned[row].astype(float)
        return levels
    columns = [str(name) for name in adata.obs.columns]
    known = copy_number_columns(adata.obs)
    name = options.cna_column or known.get(driver) or known.get(gene)
    if name is None or name not in columns:
        asked = name or f"{driver}_gistic"
        raise UsageError(
            f"--by cna: the sample sheet has no column {asked[:60]!r} with copy-number levels"
            f"{did_you_mean(asked, columns)}; it has {listed(columns, 20) or 'none'}; name one "
            "with --cna-column, or a table with --copy-number"
        )
    if not is_continuous(adata.obs[name]):
        raise UsageError(f"--by cna: column {name[:60]!r} does not hold numbers")
    column: pd.Series = adata.obs[name].astype(float)
    return column.set_axis(adata.obs_names.astype(str))


def copy_numbers(adata: AnnData, options: SplitOptions) -> pd.DataFrame:
    """Give the copy number of every gene that has one, samples x genes.

    They are those of ``--copy-number``, else those of the sheet's columns.
    """
    from rnaseq_s6k1.cohort.clinical import align_samples
    from rnaseq_s6k1.cohort.copy_number import copy_number_columns
    from rnaseq_s6k1.design.levels import is_continuous

    if options.copy_number is not None:
        from rnaseq_s6k1.cli.cohort.inputs import load_copy_number

        table = load_copy_number(options.copy_number)
        aligned: pd.DataFrame = align_samples(
            table.T, adata.obs_names, what=str(options.copy_number)
        )
        return aligned
    columns = {
        gene: name
        for gene, name in copy_number_columns(adata.obs).items()
        if is_continuous(adata.obs[name])
    }
    if options.cna_column is not None:
        raise UsageError(
            "--cna-column names one gene's levels, and a screen needs those of many; give a table "
            "with --copy-number"
        )
    levels: pd.DataFrame = adata.obs[list(columns.values())].astype(float)
    return levels.set_axis(list(columns), axis=1).set_axis(adata.obs_names.astype(str))
