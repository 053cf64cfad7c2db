"""Which tumours have which genes altered, how often, and in what order an oncoprint shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rnaseq_s6k1.cohort.contingency import contingency_test, wilson_interval
from rnaseq_s6k1.de.filtering import benjamini_hochberg
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.copy_number import CALLS
from rnaseq_s6k1.io.mutations import SILENT_CLASSES
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = [
    "ALTERED_LEVELS",
    "ANY_GENE",
    "FREQUENCY_COLUMNS",
    "KINDS",
    "MUTATION_KINDS",
    "Alterations",
    "alteration_table",
    "frequencies",
    "group_tests",
    "memo_sort",
]

#: Levels that count as altered, as in cBioPortal: amplification and deep deletion.
ALTERED_LEVELS = (2, -2)
_KIND_OF_LEVEL = {2: "amplification", -2: "deep_deletion", 1: "gain", -1: "shallow_deletion"}
MUTATION_KINDS = ("truncating", "inframe", "missense", "other_mutation")
#: All kinds, in the order an oncoprint draws and sorts them.
KINDS = (*_KIND_OF_LEVEL.values(), *MUTATION_KINDS)
ANY_GENE = "(any gene)"
FREQUENCY_COLUMNS = ("gene", "kind", "group", "n", "altered", "share", "ci_low", "ci_high")

#: Classes of the MAF format (docs.gdc.cancer.gov), in lower case without separators.
_CLASSES = {
    "truncating": (
        "nonsensemutation", "frameshiftdel", "frameshiftins", "splicesite", "nonstopmutation",
        "translationstartsite", "denovostartoutofframe", "truncating", "nonsense", "frameshift",
        "splice", "stopgained", "frameshiftvariant", "spliceacceptorvariant",
        "splicedonorvariant", "startlost", "stoplost", "spliceacceptor", "splicedonor",
    ),
    "inframe": (
        "inframedel", "inframeins", "inframe", "inframedeletion", "inframeinsertion",
        "denovostartinframe",
    ),
    "missense": ("missensemutation", "missense", "missensevariant"),
}  # fmt: skip
_KIND_OF_CLASS = {name: kind for kind, names in _CLASSES.items() for name in names}


@dataclass(frozen=True, eq=False)
class Alterations:
    """Alterations of chosen genes in the samples of a cohort.

    Attributes
    ----------
    kinds
        Kinds of `KINDS` present, a tuple a cell, samples x genes.
    known
        Whether the sample was looked at for the gene by every kind of data given.
    notes
        What was left out.
    """

    kinds: pd.DataFrame
    known: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def genes(self) -> list[str]:
        """The genes, in the order asked for."""
        return [str(name) for name in self.kinds.columns]

    def altered(self, only: Sequence[str] = KINDS) -> pd.DataFrame:
        """Give 1 where a gene is altered, 0 where not, NaN where that is not known.

        Parameters
        ----------
        only
            Kinds that count.
        """
        wanted = set(only)
        found = self.kinds.map(lambda kinds: bool(wanted.intersection(kinds)))
        return found.astype(float).where(found | self.known)


def alteration_table(
    genes: Sequence[str],
    samples: Sequence[str],
    *,
    copy_number: pd.DataFrame | None = None,
    mutations: pd.DataFrame | None = None,
    sequenced: Collection[str] | None = None,
    levels: Sequence[int] = ALTERED_LEVELS,
) -> Alterations:
    """Join copy number and mutations.

    Silent mutations and those outside of the protein count for nothing.

    Parameters
    ----------
    genes
        The genes, in order.
    samples
        The samples.
    copy_number
        GISTIC's thresholded levels, samples x genes; genes it lacks are an error.
    mutations
        Columns ``sample gene class``; see `rnaseq_s6k1.io.mutations.read_mutations`.
    sequenced
        Samples that were looked at for mutations. Without it every sample counts as looked at,
        since a table of mutations does not name those without any.
    levels
        Levels that count as alterations.

    Raises
    ------
    UsageError
        If neither table is given, a level is none, or a gene is named twice.
    DataError
        If a copy number is no GISTIC level, or a gene is in neither table.
    """
    genes, index = list(genes), pd.Index(sorted(samples), dtype=object, name="sample")
    _check(genes, copy_number, mutations, levels)
    cells: dict[tuple[str, str], set[str]] = {}
    known = pd.DataFrame(True, index=index, columns=genes)
    notes = []
    if copy_number is not None:
        called = copy_number.reindex(index=index)
        for gene in genes:
            if gene in called.columns:
                known[gene] = called[gene].notna()
                _add_levels(cells, gene, called[gene], levels)
            elif mutations is None:
                raise DataError(f"the copy numbers have no gene {clip(gene)}; check its name")
            else:
                notes.append(f"no copy number of {gene}: only its mutations count")
    if mutations is not None:
        notes += _add_mutations(cells, mutations, set(genes), set(index))
        if sequenced is not None:
            seen = index.isin([*sequenced, *mutations["sample"]])
            known.loc[~seen, :] = False
            if not seen.all():
                notes.append(
                    f"{plural(int((~seen).sum()), 'sample')} not sequenced: there a gene is known "
                    "only where its copy number is altered"
                )
    rows = [
        [tuple(kind for kind in KINDS if kind in cells.get((sample, gene), ())) for gene in genes]
        for sample in index
    ]
    table = pd.DataFrame(index=index, columns=genes, dtype=object)
    for at, gene in enumerate(genes):
        table[gene] = pd.Series([row[at] for row in rows], index=index, dtype=object)
    return Alterations(table, known, tuple(notes))


def frequencies(
    altered: pd.DataFrame,
    alterations: Alterations | None = None,
    groups: pd.Series | None = None,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count how often each gene is altered, overall and by group, with Wilson's intervals.

    Parameters
    ----------
    altered
        1, 0 or NaN, samples x genes, from `Alterations.altered`.
    alterations
        Where given, each kind that occurs is counted, too.
    groups
        Group of each sample; missing ones are in no group, and in the overall count.
    confidence
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns `FREQUENCY_COLUMNS`: a row a gene, kind (``any`` first) and group (``all``
        first), then rows of `ANY_GENE`. ``n`` is the samples whose status is known.
    """
    parts = {"all": altered.index}
    if groups is not None:
        present = groups.reindex(altered.index).dropna().astype(str)
        parts |= {name: present.index[present == name] for name in sorted(set(present))}
    kinds = {"any": altered}
    if alterations is not None:
        occurring = {kind for cell in alterations.kinds.to_numpy().ravel() for kind in cell}
        kinds |= {kind: alterations.altered([kind]) for kind in KINDS if kind in occurring}
    rows = []
    for gene in altered.columns:
        for kind, table in kinds.items():
            if kind != "any" and not table[gene].eq(1).any():
                continue
            for group, samples in parts.items():
                rows.append((str(gene), kind, group, *_count(table.loc[samples, gene])))
    if altered.shape[1] > 1:
        together = _any_gene(altered)
        rows += [
            (ANY_GENE, "any", group, *_count(together.loc[samples]))
            for group, samples in parts.items()
        ]
    table = pd.DataFrame(rows, columns=list(FREQUENCY_COLUMNS[:5]))
    table["share"] = (table["altered"] / table["n"]).where(table["n"] > 0)
    low, high = wilson_interval(
        table["altered"].to_numpy(), table["n"].to_numpy(), confidence=confidence
    )
    table["ci_low"], table["ci_high"] = low, high
    return table


def group_tests(altered: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Test whether the frequency of each gene differs between groups.

    Fisher's exact test for two groups, chi-square for more, marked ``sparse`` where fewer than
    five samples are expected in a cell; FDR (Benjamini and Hochberg) over the genes.

    Parameters
    ----------
    altered
        1, 0 or NaN, samples x genes.
    groups
        Group of each sample; missing ones are left out.

    Returns
    -------
    pandas.DataFrame
        ``gene n_groups n test pvalue padj``, in the order of the genes.
    """
    labels = groups.reindex(altered.index)
    rows = []
    for gene in altered.columns:
        both = pd.DataFrame({"altered": altered[gene], "group": labels}).dropna()
        counts = pd.crosstab(both["altered"], both["group"].astype(str)).to_numpy()
        test, pvalue = contingency_test(counts) if counts.size else ("none", float("nan"))
        rows.append((str(gene), counts.shape[1] if counts.size else 0, len(both), test, pvalue))
    table = pd.DataFrame(rows, columns=["gene", "n_groups", "n", "test", "pvalue"])
    table["padj"] = benjamini_hochberg(table["pvalue"].to_numpy())
    return table


def memo_sort(alterations: Alterations) -> tuple[list[str], list[str]]:
    """Order genes and samples as an oncoprint does ("memo sort").

    Genes stand by the number of their altered samples, the most altered first. Samples stand
    by whether the first gene is altered, within that by the second, and so on, so that the
    altered ones form a staircase; samples altered in the same genes stand by the kinds, in the
    order of `KINDS`, then by name.

    Returns
    -------
    list of str, list of str
        Genes and samples.
    """
    altered = alterations.altered().fillna(0.0)
    totals = dict(zip(alterations.genes, altered.sum().tolist(), strict=True))
    genes = sorted(alterations.genes, key=lambda gene: (-totals[gene], gene))
    patterns = (-altered[genes].to_numpy()).tolist()
    cells = alterations.kinds[genes].to_numpy().tolist()
    # A cell without an alteration comes after those with any.
    details = [
        [[KINDS.index(kind) for kind in cell] or [len(KINDS)] for cell in row] for row in cells
    ]
    names = [str(name) for name in alterations.kinds.index]
    return genes, [name for _, _, name in sorted(zip(patterns, details, names, strict=True))]


def _check(
    genes: list[str],
    copy_number: pd.DataFrame | None,
    mutations: pd.DataFrame | None,
    levels: Sequence[int],
) -> None:
    if copy_number is None and mutations is None:
        raise UsageError("alterations need copy numbers, mutations, or both")
    if not genes:
        raise UsageError("name the genes whose alterations count")
    repeated = sorted({gene for gene in genes if genes.count(gene) > 1})
    if repeated:
        raise UsageError(f"genes are named twice: {listing(repeated)}")
    unknown = [level for level in levels if level not in _KIND_OF_LEVEL]
    if unknown:
        raise UsageError(
            f"{listing(unknown)} cannot count as an alteration; choose among -2, -1, 1 and 2"
        )


def _add_levels(
    cells: dict[tuple[str, str], set[str]], gene: str, called: pd.Series, levels: Sequence[int]
) -> None:
    for sample, level in called.dropna().items():
        if level not in CALLS:
            raise DataError(
                f"copy number of {clip(gene)} in sample {clip(sample)}: {level:g} is no GISTIC "
                "level (whole numbers from -2 to 2); give thresholded calls"
            )
        if int(level) in levels:
            cells.setdefault((str(sample), gene), set()).add(_KIND_OF_LEVEL[int(level)])


def _add_mutations(
    cells: dict[tuple[str, str], set[str]],
    mutations: pd.DataFrame,
    genes: set[str],
    samples: set[str],
) -> list[str]:
    rows = mutations[mutations["gene"].isin(genes)]
    silent = strangers = 0
    for sample, gene, name in zip(rows["sample"], rows["gene"], rows["class"], strict=True):
        # Xena joins several terms by & or ;, the gravest first.
        first = str(name).lower().replace(";", "&").split("&")[0]
        key = "".join(letter for letter in first if letter.isalnum())
        if str(sample) not in samples:
            strangers += 1
        elif first in SILENT_CLASSES:
            silent += 1
        else:
            kind = _KIND_OF_CLASS.get(key, "other_mutation")
            cells.setdefault((str(sample), str(gene)), set()).add(kind)
    notes = []
    if silent:
        notes.append(f"{plural(silent, 'mutation')} that leave the protein as it is not counted")
    if strangers:
        notes.append(f"{plural(strangers, 'mutation')} of samples not among those used left out")
    return notes


def _count(status: pd.Series) -> tuple[int, int]:
    known = status.dropna()
    return len(known), int(known.sum())


def _any_gene(altered: pd.DataFrame) -> pd.Series:
    """Say whether any gene is altered; unknown where none is and one is unknown."""
    some = altered.eq(1).any(axis=1)
    values = np.where(some, 1.0, np.where(altered.isna().any(axis=1), np.nan, 0.0))
    return pd.Series(values, index=altered.index)
