"""Measure how often tests of gene sets find what is not there, and what they find that is.

    python benchmarks/calibration.py                              # simulated data only
    python benchmarks/calibration.py --data DATA --gene-sets GMT  # and real experiments
    python benchmarks/calibration.py --only random-sets --data DATA

`DATA` holds the folders ``t47d_e2_gse89888`` and ``tcga_brca_115``, each with ``counts.tsv.gz``
and ``samples.tsv``. Every figure is a share of p-values of at most 0.05 (two-sided). Tables go to
stdout as Markdown. Rankings are of moderated t (simulated expression) or Wald statistics (counts).
"""

from __future__ import annotations

import argparse
import itertools
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from anndata import AnnData

from rnaseq_s6k1.de.run import run_de
from rnaseq_s6k1.enrichment.collections import read_gene_sets
from rnaseq_s6k1.enrichment.families import holm
from rnaseq_s6k1.enrichment.gsea import run_gsea
from rnaseq_s6k1.enrichment.phenotype import phenotype_test
from rnaseq_s6k1.enrichment.ranking import Ranking, rank_genes
from rnaseq_s6k1.enrichment.rotation.moderated_t import moderated_t
from rnaseq_s6k1.enrichment.rotation.residual_space import residual_space
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.enrichment.sample_data import SampleData, sample_data
from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.io.counts import read_counts
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.simulate.counts import simulate_counts
from rnaseq_s6k1.simulate.signature import CORE_SETS, PlantedSignature, Program

LEVEL = 0.05
TESTS = {
    "prerank": "pvalue",
    "rotation": "rotation_pvalue",
    "camera 0.01": "camera_pvalue",
    "camera estimated": "camera_estimated_pvalue",
    "fry": "fry_pvalue",
    "phenotype": "phenotype_pvalue",
}
CORE = tuple(CORE_SETS)

Sets = Mapping[str, GeneSet]
# Draws an experiment of a number: its samples, its ranking.
Draw = Callable[[int], tuple[SampleData, Ranking, Sets]]


@dataclass(frozen=True)
class Experiment:
    """What is tested: samples, their ranking, and the sets."""

    samples: SampleData
    ranking: Ranking
    sets: Sets


def pvalues(
    experiment: Experiment, *, rotations: int, seed: int = 0, jobs: int = 2
) -> pd.DataFrame:
    """Test the sets in every way: a row a set, a column a test of `TESTS`, NaN where refused."""
    samples = experiment.samples
    tested = run_gsea(
        experiment.ranking,
        {"made": experiment.sets},
        min_size=5,
        max_size=len(experiment.ranking.stats) - 1,
        samples=samples,
        rotations=rotations,
        also=("camera", "fry"),
        seed=seed,
        jobs=jobs,
    )
    table = tested.table.set_index("set").copy()
    members = [tested.members["made", name] for name in table.index]
    positions = [samples.genes.get_indexer(pd.Index(list(genes))) for genes in members]
    try:
        table["phenotype_pvalue"] = phenotype_test(
            samples.expression,
            samples.design,
            samples.contrast,
            SetIndex.of(positions, len(samples.genes)),
            permutations=rotations,
            seed=seed,
            jobs=jobs,
        )["pvalue"].to_numpy()
    except UsageError:  # too few splits
        table["phenotype_pvalue"] = np.nan
    found = table[list(TESTS.values())].set_axis(list(TESTS), axis=1)
    return found.assign(up=np.sign(table["nes"]))


def shares(found: pd.DataFrame) -> dict[str, str]:
    """Give the share of p-values at the level, by test."""
    return {
        name: f"{(found[name] <= LEVEL).mean():.3f}" if found[name].notna().all() else "-"
        for name in TESTS
    }


def simulated_experiment(
    seed: int, *, n: int, rho: float, n_genes: int = 4000, n_sets: int = 10, size: int = 50
) -> Experiment:
    """Draw expression of two groups without effects, correlated by `rho` within each set."""
    rng = np.random.default_rng([seed, n, round(100 * rho)])
    y = rng.standard_normal((2 * n, n_genes))
    for s in range(n_sets):
        genes = slice(size * s, size * (s + 1))
        factor = rng.standard_normal((2 * n, 1))
        y[:, genes] = np.sqrt(1 - rho) * y[:, genes] + np.sqrt(rho) * factor
    y *= np.sqrt(8 / rng.chisquare(8, n_genes))
    names = np.array([f"g{i:05d}" for i in range(n_genes)], dtype=object)
    design = np.column_stack([np.ones(2 * n), np.repeat([0.0, 1.0], n)])
    contrast = np.array([0.0, 1.0])
    t = moderated_t(residual_space(y, design, contrast)).t
    sets = {
        f"S{s}": GeneSet(f"S{s}", "", tuple(names[size * s : size * (s + 1)]))
        for s in range(n_sets)
    }
    ranking = rank_genes(
        pd.DataFrame({"gene_id": names, "gene_name": names, "stat": t, "pvalue": 0.5})
    )
    return Experiment(SampleData(y, pd.Index(names), design, contrast), ranking, sets)


def counted_experiment(
    adata: AnnData, design: str, contrast: tuple[str, str, str], sets: Sets
) -> Experiment:
    """Fit counts, and take what the tests need."""
    result = run_de(adata, design, contrast, shrink=False, jobs=2)
    ranking = rank_genes(result.table)
    return Experiment(sample_data(result, ranking), ranking, sets)


def simulated_rows(n_tests: int) -> Iterator[dict[str, str]]:
    """Correlate simulated genes of a set, without effects."""
    for n, rho in itertools.product((3, 6), (0.0, 0.05, 0.1, 0.2)):
        found = [
            pvalues(simulated_experiment(seed, n=n, rho=rho), rotations=999, seed=seed)
            for seed in range(-(-n_tests // 10))
        ]
        whole = pd.concat(found)
        yield {
            "samples": f"{n} v {n}",
            "correlation": f"{rho:g}",
            "tests": str(len(whole)),
        } | shares(whole)


def random_set_rows(t47d: AnnData, n_sets: int) -> Iterator[dict[str, str]]:
    """Random sets of genes on the real contrast, where most genes change; all, and one subset."""
    for label, samples in (
        ("4 v 4", t47d.obs_names),
        ("3 v 3", [name for name in t47d.obs_names if not name.endswith("rep4")]),
    ):
        adata = t47d[samples].copy()
        contrast = ("treatment", "E2", "veh")
        experiment = counted_experiment(adata, "~ treatment", contrast, {})
        rng = np.random.default_rng(1)
        names = experiment.ranking.stats.index.to_numpy(dtype=object)
        sets = {
            f"R{i}": GeneSet(f"R{i}", "", tuple(rng.choice(names, size, replace=False)))
            for i, size in enumerate(rng.integers(20, 201, n_sets))
        }
        drawn = Experiment(experiment.samples, experiment.ranking, sets)
        found = pvalues(drawn, rotations=999)
        yield {"contrast": f"T47D {label}", "sets": str(len(found))} | shares(found)


def split_rows(
    t47d: AnnData, tcga: AnnData, sets: Sets, limit: int | None
) -> Iterator[dict[str, str]]:
    """Random splits within one condition."""
    kinds: list[tuple[str, str, Iterable[AnnData]]] = [
        ("T47D 2 v 2", "~ split", _pairs_within_condition(t47d)),
        ("T47D 3 v 3, genotype adjusted", "~ mutation + split", _by_genotype(t47d, 1)),
        ("T47D 6 v 6, genotype adjusted", "~ mutation + split", _by_genotype(t47d, 2)),
        ("TCGA ER+ 3 v 3", "~ split", _tumours(tcga, 3)),
        ("TCGA ER+ 20 v 20", "~ split", _tumours(tcga, 20)),
    ]
    for label, design, splits in kinds:
        found = [
            pvalues(
                counted_experiment(adata, design, ("split", "b", "a"), sets), rotations=999, seed=i
            )
            for i, adata in enumerate(itertools.islice(splits, limit))
        ]
        rows = pd.concat(found)
        by_split = [{name: (one[name] <= LEVEL).mean() for name in TESTS} for one in found]
        spread = pd.DataFrame(by_split)["rotation"].std() / np.sqrt(len(found))
        yield (
            {
                "splits": f"{label} ({len(found)})",
                "tests": str(len(rows)),
            }
            | shares(rows)
            | {"rotation's standard error": f"{spread:.3f}"}
        )


def subset_rows(t47d: AnnData, sets: Sets) -> Iterator[dict[str, str]]:
    """Core sets found in the 3 v 3 subsets of the real contrast."""
    core = {name: sets[name] for name in CORE}
    replicates = ("rep1", "rep2", "rep3", "rep4")
    found = []
    for out_veh, out_e2 in itertools.product(replicates, replicates):
        kept = [
            not name.endswith(out_veh if name.startswith("veh") else out_e2)
            for name in t47d.obs_names
        ]
        experiment = counted_experiment(
            t47d[kept].copy(), "~ treatment", ("treatment", "E2", "veh"), core
        )
        found.append(pvalues(experiment, rotations=9_999))
    for rule, passes in (
        ("p <= 0.05", lambda p: (p <= LEVEL).sum()),
        ("Holm over the five", lambda p: (np.array(holm(list(p))) <= LEVEL).sum()),
    ):
        yield {"all five core sets by": rule, "subsets": str(len(found))} | {
            name: f"{sum(passes(one[name]) == len(core) for one in found)} of {len(found)}"
            if all(one[name].notna().all() for one in found)
            else "-"
            for name in TESTS
        }


def power_rows(sets: Sets, n_repeats: int) -> Iterator[dict[str, str]]:
    """Core sets found where their genes fall by a given log2 fold change, on average."""
    core = {name: sets[name] for name in CORE}
    for n, effect in itertools.product((3, 6, 10, 20), (0.1, 0.2, 0.3, 0.4, 0.5)):
        signature = PlantedSignature(
            name=f"shift {effect:g}",
            programs=tuple(Program(name, -effect, 0.2) for name in CORE),
            n_up=100,
            n_down=100,
        )
        found = []
        for seed in range(n_repeats):
            simulation = simulate_counts(
                n_per_group=n, n_genes=12_000, seed=seed, signature=signature
            )
            experiment = counted_experiment(
                simulation.adata, "~ condition", ("condition", "siS6K1", "siNC"), core
            )
            one = pvalues(experiment, rotations=999, seed=seed)
            # What is significant the wrong way is no power.
            found.append(
                one[list(TESTS)]
                .where(one["up"] < 0, other=1.0, axis=0)
                .where(one[list(TESTS)].notna())
            )
        whole = pd.concat(found)
        yield {
            "samples": f"{n} v {n}",
            "log2FC": f"{-effect:g}",
            "tests": str(len(whole)),
        } | shares(whole)


def _pairs_within_condition(adata: AnnData) -> Iterator[AnnData]:
    for _, rows in adata.obs.groupby(["mutation", "treatment"], observed=True):
        names = sorted(rows.index)
        for partner in names[1:]:
            yield _split(adata, names, {names[0], partner})


def _by_genotype(adata: AnnData, each: int) -> Iterator[AnnData]:
    """Split one treatment's samples with `each` samples a genotype in either half."""
    rng = np.random.default_rng(each)
    for treatment in itertools.islice(itertools.cycle(("veh", "E2")), 20):
        rows = adata.obs[adata.obs["treatment"] == treatment]
        kept: list[str] = []
        second: set[str] = set()
        for _, samples in rows.groupby("mutation", observed=True):
            drawn = rng.permutation(sorted(samples.index))[: 2 * each].tolist()
            kept += drawn
            second |= set(drawn[:each])
        yield _split(adata, kept, second)


def _tumours(adata: AnnData, n: int) -> Iterator[AnnData]:
    rng = np.random.default_rng(n)
    positive = sorted(adata.obs_names[adata.obs["ER"].astype(str) == "Positive"])
    for _ in range(12):
        drawn = rng.choice(positive, 2 * n, replace=False).tolist()
        yield _split(adata, drawn, set(drawn[:n]))


def _split(adata: AnnData, kept: Sequence[str], second: set[str]) -> AnnData:
    chosen = adata[list(kept)].copy()
    chosen.obs["split"] = ["b" if name in second else "a" for name in chosen.obs_names]
    return chosen


def read_experiment(folder: Path) -> AnnData:
    """Read the counts of a folder with their sample sheet."""
    from rnaseq_s6k1.design.samples import attach_samples, read_sample_sheet

    adata = read_counts(folder / "counts.tsv.gz")
    return attach_samples(adata, read_sample_sheet(folder / "samples.tsv", adata.obs_names))


def markdown(title: str, rows: Iterable[dict[str, str]]) -> None:
    """Print a table as its rows come."""
    print(f"\n### {title}\n")
    for number, row in enumerate(rows):
        if number == 0:
            print("| " + " | ".join(row) + " |")
            print("|" + "---|" * len(row))
        print("| " + " | ".join(row.values()) + " |", flush=True)


PARTS = ("simulated", "random-sets", "splits", "subsets", "power")


def main() -> int:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of the real experiments")
    parser.add_argument("--gene-sets", nargs="+", default=["hallmark", "kegg_cell_cycle"])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--tests", type=int, default=1500, help="simulated tests a row")
    parser.add_argument("--sets", type=int, default=2000, help="random sets")
    parser.add_argument("--splits", type=int, help="the most splits of a kind")
    parser.add_argument("--repeats", type=int, default=10, help="simulations a row of power")
    arguments = parser.parse_args()
    # Half of the splits are of four samples: what one should know of those is known here.
    logging.getLogger("rnaseq_s6k1").setLevel(logging.ERROR)
    wanted = set(arguments.only)
    sets = {
        name: one
        for each in read_gene_sets(arguments.gene_sets).values()
        for name, one in each.items()
    }
    if "simulated" in wanted:
        markdown("No effect, simulated correlation within sets", simulated_rows(arguments.tests))
    if arguments.data is None:
        print("no --data: real experiments are left out", file=sys.stderr)
    else:
        t47d = read_experiment(arguments.data / "t47d_e2_gse89888")
        wild = t47d[t47d.obs["mutation"].astype(str) == "WT"].copy()
        if "random-sets" in wanted:
            markdown("Random sets on T47D", random_set_rows(wild, arguments.sets))
        if "splits" in wanted:
            tcga = read_experiment(arguments.data / "tcga_brca_115")
            markdown("Random splits", split_rows(t47d, tcga, sets, arguments.splits))
        if "subsets" in wanted:
            markdown("T47D in subsets of 3 v 3", subset_rows(wild, sets))
    if "power" in wanted:
        markdown("Planted shifts of the core sets", power_rows(sets, arguments.repeats))
    return 0


if __name__ == "__main__":
    sys.exit(main())
