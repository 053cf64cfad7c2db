"""Simulate the counts of a knock-down experiment."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.genes.table import load_gene_table
from rnaseq_s6k1.io.atomic import write_text
from rnaseq_s6k1.io.tables import write_table
from rnaseq_s6k1.simulate.expression import Dispersions, choose_genes, draw_means
from rnaseq_s6k1.simulate.factors import FactorModel, draw_counts, draw_loadings
from rnaseq_s6k1.simulate.signature import S6K1_KNOCKDOWN, PlantedSignature, plant

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["TRUTH_COLUMNS", "Simulation", "simulate_counts", "write_simulation"]

logger = logging.getLogger(__name__)

TRUTH_COLUMNS = ("gene", "mean", "dispersion", "log2FoldChange", "role")


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated counts and the truth behind them.

    Attributes
    ----------
    adata
        Counts, shape ``(n_samples, n_genes)``, int32; ``obs`` has ``condition`` and
        ``replicate``, ``var_names`` are gene symbols.
    truth
        One row a gene: ``gene mean dispersion log2FoldChange role``. The mean is that of the
        reference group in an average library, in counts; fold changes are target over reference.
    parameters
        What it was made with, ready for JSON.
    """

    adata: AnnData
    truth: pd.DataFrame
    parameters: dict[str, Any]

    @property
    def samples(self) -> pd.DataFrame:
        """The sample sheet: ``sample condition replicate``."""
        sheet: pd.DataFrame = self.adata.obs[["condition", "replicate"]]
        return sheet.rename_axis("sample").reset_index()

    @property
    def sentence(self) -> str:
        """What was simulated, in one sentence."""
        effect = self.truth["log2FoldChange"]
        return (
            f"simulated data, not a measurement: {self.adata.n_obs} samples x "
            f"{self.adata.n_vars:,} genes, seed {self.parameters['seed']}, "
            f"{int((effect > 1).sum())} genes planted up and {int((effect < -1).sum())} down "
            "more than two-fold"
        )


def simulate_counts(
    *,
    n_per_group: int = 3,
    n_genes: int = 16_000,
    seed: int = 0,
    signature: PlantedSignature | None = S6K1_KNOCKDOWN,
    target: str = "siS6K1",
    reference: str = "siNC",
    library_size: float = 25e6,
    library_sd: float = 0.2,
    dispersions: Dispersions | None = None,
    factors: FactorModel | None = None,
) -> Simulation:
    """Simulate two groups of libraries of a cell line.

    Counts have mean ``mu = s_j m_i 2^(b_i x_j)`` and variance ``mu + alpha_i mu^2`` (the negative
    binomial of Robinson and Smyth, Bioinformatics 2007, 23:2881; ``alpha`` is DESeq2's
    dispersion), with library sizes ``s_j`` that are log-normal with mean 1, reference means
    ``m_i``, true fold changes ``b_i``, and factors that genes share; see `draw_counts`. Each part
    draws from a stream of its own, so that simulations of one seed with and without a signature
    have the same genes, means and dispersions.

    Parameters
    ----------
    n_per_group
        Samples a group.
    n_genes
        Protein-coding genes, silent ones included.
    seed
        Seed, 0 included; the same seed gives the same counts.
    signature
        What the perturbation does; None for a null experiment.
    target, reference
        Names of the conditions; samples are ``{condition}_{replicate}``.
    library_size
        Mean of the assigned reads a library.
    library_sd
        Coefficient of variation of library sizes, on the log scale.
    dispersions, factors
        Trend of the dispersions, and shared variance.

    Returns
    -------
    Simulation
        Counts, truth and parameters.

    Raises
    ------
    UsageError
        If an argument is out of its range.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> simulation = s6k1.simulate_counts(n_per_group=2, n_genes=3000, seed=7)
    >>> simulation.adata.shape, list(simulation.adata.obs_names)
    ((4, 3000), ['siNC_1', 'siNC_2', 'siS6K1_1', 'siS6K1_2'])
    """
    _check_arguments(n_per_group, seed, library_size, library_sd, target, reference)
    dispersions = dispersions if dispersions is not None else Dispersions()
    factors = factors if factors is not None else FactorModel()
    _check_models(dispersions, factors)
    streams = [
        np.random.Generator(np.random.PCG64(child))
        for child in np.random.SeedSequence(seed).spawn(8)
    ]
    choice = choose_genes(n_genes, streams[0])
    means = draw_means(choice, library_size, streams[1])
    named = [] if signature is None else [signature.driver, *signature.details]
    alpha = dispersions.draw(means, np.isin(choice.genes, named), streams[2])
    effects, roles = plant(signature, choice.genes, means, choice.members, streams[3])
    loadings = draw_loadings(factors, choice.core, streams[4])
    is_target = np.repeat([0.0, 1.0], n_per_group)
    depth = np.exp(library_sd * streams[6].standard_normal(2 * n_per_group) - library_sd**2 / 2)
    expected = depth[:, np.newaxis] * means * 2.0 ** np.outer(is_target, effects)
    counts = draw_counts(expected, alpha, loadings, streams[5], streams[7])
    truth = pd.DataFrame(
        dict(zip(TRUTH_COLUMNS, (choice.genes, means, alpha, effects, roles), strict=True))
    )
    parameters: dict[str, Any] = {
        "n_per_group": n_per_group,
        "n_genes": n_genes,
        "seed": seed,
        "target": target,
        "reference": reference,
        "library_size": library_size,
        "library_sd": library_sd,
        "dispersions": asdict(dispersions),
        "factors": asdict(factors),
        "signature": None if signature is None else asdict(signature),
        "gene_table": load_gene_table().version,
    }
    adata = _experiment(counts, choice.genes, target, reference, n_per_group, seed)
    simulation = Simulation(adata, truth, parameters)
    logger.info("%s", simulation.sentence)
    return simulation


def write_simulation(simulation: Simulation, out: Path) -> dict[str, Path]:
    """Write counts, sample sheet, truth and parameters, each file atomically.

    Parameters
    ----------
    simulation
        What to write.
    out
        The folder.

    Returns
    -------
    dict
        ``counts`` (genes x samples, first column ``gene_id``), ``samples``, ``truth`` and
        ``parameters`` to their files.

    Raises
    ------
    DataError
        If the folder cannot be written to.
    """
    paths = {
        "counts": out / "counts.tsv",
        "samples": out / "samples.tsv",
        "truth": out / "truth.tsv",
        "parameters": out / "parameters.json",
    }
    adata = simulation.adata
    counts = pd.DataFrame(np.asarray(adata.X).T, index=adata.var_names, columns=adata.obs_names)
    write_table(counts, paths["counts"], index_label="gene_id")
    write_table(simulation.samples, paths["samples"])
    write_table(simulation.truth, paths["truth"])
    write_text(paths["parameters"], json.dumps(simulation.parameters, indent=2) + "\n")
    return paths


def _experiment(
    counts: np.ndarray, genes: np.ndarray, target: str, reference: str, n_per_group: int, seed: int
) -> AnnData:
    from anndata import AnnData

    conditions = [reference] * n_per_group + [target] * n_per_group
    replicates = [*range(1, n_per_group + 1)] * 2
    names = [f"{name}_{number}" for name, number in zip(conditions, replicates, strict=True)]
    obs = pd.DataFrame(
        {"condition": conditions, "replicate": replicates}, index=pd.Index(names, dtype=object)
    )
    adata = AnnData(
        counts.astype(np.int32),
        obs=obs,
        var=pd.DataFrame(index=pd.Index(genes.astype(object), dtype=object)),
    )
    source: Mapping[str, str | int | bool] = {"format": "simulated", "seed": seed, "rounded": False}
    adata.uns["counts_source"] = dict(source)
    return adata


def _check_arguments(
    n_per_group: int,
    seed: int,
    library_size: float,
    library_sd: float,
    target: str,
    reference: str,
) -> None:
    if n_per_group < 2:
        raise UsageError(f"a group needs at least 2 samples to be tested, not {n_per_group}")
    if seed < 0:
        raise UsageError(f"--seed must be a whole number of 0 or more, not {seed}")
    if not 1e5 <= library_size <= 5e8:
        raise UsageError(f"library_size must lie between 1e5 and 5e8 reads, not {library_size:g}")
    if not 0 <= library_sd <= 1:
        raise UsageError(f"library_sd must lie between 0 and 1, not {library_sd:g}")
    if target == reference or not target or not reference:
        raise UsageError(f"the conditions need two names, not {target!r} and {reference!r}")


def _check_models(dispersions: Dispersions, factors: FactorModel) -> None:
    for name, value in asdict(dispersions).items():
        if not 0 <= value <= 10:
            raise UsageError(f"dispersion parameter {name} must lie between 0 and 10, not {value}")
    for name in ("proliferation_share", "generic_share"):
        share = getattr(factors, name)
        if not 0 <= share <= 0.5:
            raise UsageError(f"factor parameter {name} must lie between 0 and 0.5, not {share}")
    if factors.n_generic < 0:
        raise UsageError(f"factor parameter n_generic must be 0 or more, not {factors.n_generic}")
