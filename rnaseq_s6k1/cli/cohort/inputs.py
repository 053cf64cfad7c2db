"""What the analyses of a cohort read: expression, sample sheet, copy number, mutations."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import ComparisonOptions, CountsOptions
from rnaseq_s6k1.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.cohort.alterations import Alterations

__all__ = [
    "AlterationOptions",
    "CountsArgument",
    "MeasuredGene",
    "SheetOptions",
    "ValuesOption",
    "find_row",
    "load_alterations",
    "load_copy_number",
    "load_expression",
    "load_sheet",
    "split_names",
]

logger = logging.getLogger(__name__)

CountsArgument = Annotated[
    Path | None, typer.Argument(metavar="[COUNTS]", help="Count matrix or folder.")
]
ValuesOption = Annotated[
    Path | None,
    typer.Option(help="Normalised expression, genes x samples, instead of COUNTS."),
]


@dataclass(frozen=True)
class SheetOptions:
    """The sample sheet and which of its samples are used."""

    samples: Annotated[Path | None, typer.Option(help="Sample sheet (TSV or CSV).")] = None
    where: Annotated[
        list[str],
        typer.Option(metavar="COLUMN=VALUE", help="Use only these samples; repeatable."),
    ] = field(default_factory=list)


@dataclass(frozen=True)
class AlterationOptions:
    """Where alterations come from, and which count."""

    copy_number: Annotated[
        Path | None,
        typer.Option(
            help="GISTIC levels (data_cna.txt, all_thresholded.by_genes.txt); else the sheet's "
            "columns GENE_gistic or GENE_cna."
        ),
    ] = None
    mutations: Annotated[
        Path | None,
        typer.Option(help="Mutations: a MAF, data_mutations.txt, or sample, gene, class."),
    ] = None
    levels: Annotated[
        str, typer.Option(help="Copy-number levels that count as altered, as 2,-2 or 2.")
    ] = "2,-2"

    @property
    def level_numbers(self) -> list[int]:
        """The levels as whole numbers.

        Raises
        ------
        UsageError
            If one is none.
        """
        try:
            return [int(level) for level in split_names(self.levels)]
        except ValueError:
            raise UsageError(
                f"--levels {self.levels[:40]!r}: give whole numbers from -2 to 2, separated by "
                "commas"
            ) from None


@dataclass(frozen=True, eq=False)
class MeasuredGene:
    """A gene's expression with the sheet of the same samples.

    Attributes
    ----------
    gene
        Its name.
    expressions
        Samples x scales of expression, the main one first.
    obs
        The sheet; without columns where there is none.
    """

    gene: str
    expressions: pd.DataFrame
    obs: pd.DataFrame


def split_names(text: str | None) -> list[str]:
    """Take apart names that commas separate."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def load_sheet(sheet: SheetOptions, sample_names: pd.Index) -> pd.DataFrame:
    """Read the sheet and keep the samples asked for; it may have more than the data.

    Raises
    ------
    UsageError
        If samples are chosen, and there is no sheet.
    """
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.design.samples import read_sample_sheet
    from rnaseq_s6k1.design.where import filter_samples
    from rnaseq_s6k1.io.clinical import is_clinical, read_clinical

    if sheet.samples is None:
        if sheet.where:
            raise UsageError("--where names columns of a sample sheet; give one with --samples")
        return pd.DataFrame(index=sample_names)
    if is_clinical(sheet.samples):
        table = read_clinical(sheet.samples)
    else:
        table = read_sample_sheet(sheet.samples, sample_names)
    table.index = table.index.astype(str)
    return filter_samples(AnnData(obs=table), sheet.where).obs if sheet.where else table


def load_expression(
    counts: Path | None,
    values: Path | None,
    gene: str,
    reading: CountsOptions,
    sheet: SheetOptions,
) -> MeasuredGene:
    """Read a gene's expression, from counts or from normalised values.

    Counts give log2 counts per million, TMM first and with the library size alone beside it.

    Raises
    ------
    UsageError
        If neither or both are given.
    DataError
        If the gene or its samples cannot be found.
    """
    import pandas as pd

    from rnaseq_s6k1.cohort.matching import matched

    if (counts is None) == (values is None):
        raise UsageError("give either COUNTS or --values, and not both")
    if counts is not None:
        name, expressions, obs = _from_counts(counts, gene, reading, sheet)
    else:
        from rnaseq_s6k1.io.value_matrix import read_value_matrix

        assert values is not None
        matrix = read_value_matrix(values)
        name = find_row(matrix.index, gene, f"{values}")
        expressions = pd.DataFrame({"values as given": matrix.loc[name].dropna()})
        obs = load_sheet(sheet, matrix.columns)
    tables = matched({"the expression": expressions, "the sample sheet": obs})
    used = tables["the expression"]
    if len(used) < len(expressions):
        logger.info(
            "%d of %d samples with expression are used: those in the sheet, one primary tumour a "
            "patient",
            len(used),
            len(expressions),
        )
    return MeasuredGene(name, used, tables["the sample sheet"])


def _from_counts(
    counts: Path, gene: str, reading: CountsOptions, sheet: SheetOptions
) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    import pandas as pd

    from rnaseq_s6k1.cli.loading import load_counts, load_experiment, matrix_gene_names
    from rnaseq_s6k1.cohort.driver_gene import find_gene
    from rnaseq_s6k1.cohort.expression import NORMALISATIONS, cohort_counts
    from rnaseq_s6k1.cohort.tmm import Normalisation
    from rnaseq_s6k1.genes.naming import name_genes

    chosen = ComparisonOptions(samples=sheet.samples, where=sheet.where)
    adata = load_experiment(load_counts(counts, reading), chosen)
    names = name_genes(
        adata.var_names, matrix_names=matrix_gene_names(adata), id_map=reading.id_map
    ).names
    found = find_gene(adata, gene, names=names)
    if found.note:
        logger.info("%s", found.note)
    scales: tuple[Normalisation, ...] = ("tmm", "library_size")
    expressions = pd.DataFrame(
        {
            f"log2 CPM, {NORMALISATIONS[scale]}": cohort_counts(
                adata, normalisation=scale
            ).expression_of(found.gene_id)
            for scale in scales
        }
    )
    return found.name, expressions, adata.obs


def find_row(names: pd.Index, gene: str, what: str) -> str:
    """Find a gene among the row names of a table, by its name or another of the same gene.

    Raises
    ------
    DataError
        If it is not there; the message gives the closest names.
    """
    import pandas as pd
    from anndata import AnnData

    from rnaseq_s6k1.cohort.driver_gene import find_gene

    try:
        found = find_gene(AnnData(var=pd.DataFrame(index=names.astype(str))), gene)
    except DataError as error:
        raise DataError(f"{what}: {error}") from None
    if found.note:
        logger.info("%s: %s", what, found.note)
    return found.gene_id


def load_copy_number(path: Path) -> pd.DataFrame:
    """Read GISTIC levels, genes x samples, as floats with NaN where there is no call."""
    from rnaseq_s6k1.io.copy_number import read_copy_number

    return read_copy_number(path).astype("float64")


def load_alterations(
    genes: list[str], options: AlterationOptions, sheet: SheetOptions
) -> tuple[Alterations, pd.DataFrame]:
    """Read the alterations of genes, and the sheet of the same samples.

    Without names, the genes are all those whose levels the sheet has.

    Raises
    ------
    UsageError
        If no data or no genes are named.
    """
    import pandas as pd

    from rnaseq_s6k1.cohort.alterations import alteration_table
    from rnaseq_s6k1.cohort.copy_number import copy_number_columns
    from rnaseq_s6k1.cohort.matching import by_patient, matched

    levels = None
    if options.copy_number is not None:
        levels = load_copy_number(options.copy_number).T
        levels.index.name = "sample"
    elif sheet.samples is None:
        raise UsageError(
            "give --copy-number, or a sample sheet (--samples) that lists every sample looked at"
        )
    obs = load_sheet(sheet, pd.Index([]) if levels is None else levels.index)
    if levels is None:
        columns = copy_number_columns(obs)
        if columns:
            levels = obs[list(columns.values())].set_axis(list(columns), axis=1)
            if not genes:
                genes = list(columns)
        obs = by_patient(obs)
        levels = None if levels is None else by_patient(levels)
    else:
        tables = matched({"the copy numbers": levels, "the sample sheet": obs})
        levels, obs = tables["the copy numbers"], tables["the sample sheet"]
    mutations, sequenced = None, None
    if options.mutations is not None:
        mutations, sequenced = _mutations_by_patient(options.mutations, obs.index)
    if not genes:
        raise UsageError("name the genes with --genes, as --genes RPS6KB1,PIK3CA")
    if levels is None and mutations is None:
        raise UsageError(
            "no copy numbers and no mutations: give --copy-number or --mutations, or a sheet with "
            "columns such as RPS6KB1_gistic"
        )
    found = alteration_table(
        genes, list(obs.index), copy_number=levels, mutations=mutations,
        sequenced=sequenced, levels=options.level_numbers,
    )  # fmt: skip
    for note in found.notes:
        logger.info("%s", note)
    return found, obs


def _mutations_by_patient(path: Path, samples: pd.Index) -> tuple[pd.DataFrame, list[str] | None]:
    """Read mutations, and who was sequenced where the file says so; TCGA's named by patient."""
    from rnaseq_s6k1.cohort.barcodes import one_primary_per_patient
    from rnaseq_s6k1.io.mutations import read_mutations

    table = read_mutations(path)
    looked_at = table.attrs["sequenced"] or ()
    selection = one_primary_per_patient(sorted({*table["sample"], *looked_at}))
    kept = table[table["sample"].isin(selection.kept)].copy()
    kept["sample"] = kept["sample"].map(selection.patients)
    known = {selection.patients[name] for name in looked_at if name in set(selection.kept)}
    if not (kept["sample"].isin(samples).any() or known.intersection(samples)):
        raise DataError(
            f"{path}: no mutation is of a sample of the other tables (here "
            f"{str(kept['sample'].iloc[0])[:40]!r}, there {str(samples[0])[:40]!r}); give tables "
            "of the same samples, named alike"
        )
    return kept, sorted(known) if looked_at else None
