"""Which genes are simulated, how much each is expressed, and how much it varies.

Where a figure says T47D it was measured on the eight wild-type libraries of GSE89888 (11.3 to
13.8 million assigned reads) with R DESeq2 1.38.3's means and dispersions of protein-coding genes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnaseq_s6k1.enrichment.collections import read_gene_sets
from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.genes.matching import match_sets
from rnaseq_s6k1.genes.table import load_gene_table
from rnaseq_s6k1.simulate.signature import CORE_SETS

__all__ = ["PANEL_CPM", "Dispersions", "GeneChoice", "choose_genes", "draw_means"]

#: Genes that a reader looks up first, in counts per million. Those of T47D, but for four that
#: are set: RPS6KB1 (T47D 60; MCF-7 carries the 17q23 amplicon), MYC (T47D 32) and CCNE1
#: (T47D 8) high enough for their tests to have power at 3 v 3, HPRT1 (T47D 6).
PANEL_CPM: Mapping[str, float] = {
    "ACTB": 4300.0,
    "B2M": 475.0,
    "CCND1": 130.0,
    "CCNE1": 20.0,
    "CDK4": 125.0,
    "EEF1A1": 1700.0,
    "ESR1": 150.0,
    "GAPDH": 575.0,
    "HPRT1": 40.0,
    "MYC": 120.0,
    "PPIA": 460.0,
    "RB1": 86.0,
    "RPLP0": 775.0,
    "RPS6KB1": 100.0,
    "TBP": 13.0,
    "TUBB": 510.0,
}

#: T47D: 15 % of protein-coding genes have a mean below 1.
_SILENT_SHARE = 0.15
#: T47D: log2 means of the others, as a mixture of two normals fitted by maximum likelihood:
#: weight, mean, standard deviation. (Only their shape is used: means are scaled to the library.)
_LOW, _HIGH = (0.50, 5.57, 3.16), (0.50, 9.08, 1.34)
#: T47D: log2 means of E2F targets have the quartiles 8.6, 9.6, 10.4, of the G2M checkpoint 8.5,
#: 9.5, 10.6, of KEGG's cell cycle 8.0, 9.1, 10.1, of MYC targets V1 9.6, 10.6, 11.5.
_CORE_MEAN, _CORE_SD = 9.6, 1.4
#: Of the log2 means; T47D's largest is 15.7 (ACTB).
_RANGE = (-4.0, 14.5)


@dataclass(frozen=True)
class GeneChoice:
    """The simulated genes.

    Attributes
    ----------
    genes
        Symbols, sorted, shape ``(n_genes,)``.
    members
        Those of each core set.
    """

    genes: np.ndarray
    members: dict[str, tuple[str, ...]]

    @property
    def core(self) -> np.ndarray:
        """Whether each gene is in a core set, shape ``(n_genes,)``."""
        return np.isin(self.genes, sorted(set().union(*self.members.values())))


@dataclass(frozen=True)
class Dispersions:
    """Negative-binomial dispersions: a trend over the mean, with log-normal scatter.

    ``alpha(mean) = (a1 / mean + a0) exp(scatter z)``, the parametric trend of DESeq2 (Love,
    Huber and Anders, Genome Biology 2014, 15:550, equation 6).

    Attributes
    ----------
    a0
        Dispersion at high counts. T47D's is 0.001, as technical replicates have it; the default
        of 0.02 (a biological coefficient of variation of 14 %) is a cell line's repeated
        transfection.
    a1
        T47D: 0.88.
    scatter
        Standard deviation of log dispersions. T47D's final estimates have 0.24; they are shrunk
        with a prior of at least 0.5, so that the truth lies between.
    """

    a0: float = 0.02
    a1: float = 0.9
    scatter: float = 0.4

    def draw(self, means: np.ndarray, exact: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw dispersions for genes of these means; those marked exact get the trend's value."""
        z = np.where(exact, 0.0, rng.standard_normal(len(means)))
        trend = self.a1 / np.maximum(means, 1e-3) + self.a0
        return np.asarray(np.minimum(trend * np.exp(self.scatter * z), 10.0))


def choose_genes(n_genes: int, rng: np.random.Generator) -> GeneChoice:
    """Choose protein-coding genes: the panel, the core sets, then others at random.

    Where there is room for as many genes again, all Hallmark genes are among the others, as they
    are in a real matrix.

    Parameters
    ----------
    n_genes
        How many.
    rng
        Source of randomness.

    Returns
    -------
    GeneChoice
        Symbols, and which are in the core sets.

    Raises
    ------
    UsageError
        If there are fewer genes than asked for, or fewer are asked for than must be in.
    """
    frame = load_gene_table().frame
    coding = frame["symbol"][
        (frame["gene_type"] == "protein-coding") & ~frame["symbol"].str.startswith("LOC")
    ]
    available = sorted(set(coding))
    collections = read_gene_sets(["hallmark", "kegg_cell_cycle"])
    sets = {name: one for sets in collections.values() for name, one in sets.items()}
    matched = match_sets(sets, available).members
    members = {name: tuple(sorted(matched[name])) for name in CORE_SETS}
    chosen = set(PANEL_CPM).union(*members.values())
    if not len(chosen) <= n_genes <= len(available):
        raise UsageError(
            f"n_genes must lie between {len(chosen)} (the genes of the core sets and the panel) "
            f"and {len(available)} (all protein-coding genes), not {n_genes}"
        )
    in_sets = chosen.union(*matched.values())
    if n_genes >= 2 * len(in_sets):
        chosen = in_sets
    others = np.array([gene for gene in available if gene not in chosen])
    drawn = rng.choice(others, n_genes - len(chosen), replace=False)
    return GeneChoice(np.array(sorted([*chosen, *drawn.tolist()])), members)


def draw_means(choice: GeneChoice, library_size: float, rng: np.random.Generator) -> np.ndarray:
    """Draw mean counts of the reference group in a library of this size.

    Log-normal mixtures (see the constants), scaled so that all means add up to the library;
    the panel has its own.

    Parameters
    ----------
    choice
        The genes.
    library_size
        Assigned reads of an average library.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Means in counts, shape ``(n_genes,)``.
    """
    n = len(choice.genes)
    is_low = rng.random(n) < _LOW[0]
    log2_mean = np.where(is_low, rng.normal(*_LOW[1:], n), rng.normal(*_HIGH[1:], n))
    silent = rng.random(n) < _SILENT_SHARE
    log2_mean = np.where(silent, rng.uniform(_RANGE[0], 0.0, n), log2_mean)
    log2_mean = np.where(choice.core, rng.normal(_CORE_MEAN, _CORE_SD, n), log2_mean)
    means = 2.0 ** np.clip(log2_mean, *_RANGE)
    panel = np.isin(choice.genes, sorted(PANEL_CPM))
    panel_share = sum(PANEL_CPM.values()) / 1e6
    means *= library_size * (1 - panel_share) / means[~panel].sum()
    means[panel] = [PANEL_CPM[gene] * library_size / 1e6 for gene in choice.genes[panel]]
    return np.asarray(means)
