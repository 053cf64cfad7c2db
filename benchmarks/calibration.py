"""False positives and power of the gene-set tests: what a p below 0.05 is worth.

    python benchmarks/calibration.py                  # simulated data
    python benchmarks/calibration.py --shared DATA    # random sets and splits of real data, too

Under no effect 5 % of p-values should be below 0.05. Simulated genes of a set share a factor of
the samples that gives them a mean correlation; real data are split at random within one condition,
or a real contrast is tested for random sets of genes. Beside them stands power: for simulated
effects, and the core sets of the card on subsets of the T47D contrast. The table goes into
``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import README, say, write_into

from rnaseq_s6k1.enrichment.gsea import run_gsea
from rnaseq_s6k1.enrichment.ranking import rank_genes
from rnaseq_s6k1.enrichment.rotation.moderated_t import moderated_t
from rnaseq_s6k1.enrichment.rotation.residual_space import residual_space
from rnaseq_s6k1.enrichment.sample_data import SampleData
from rnaseq_s6k1.io.gmt import GeneSet, read_gmt

TESTS = {
    "pvalue": "preranked",
    "rotation_pvalue": "rotation",
    "camera_pvalue": "camera .01",
    "camera_estimated_pvalue": "camera estimated",
    "fry_pvalue": "fry",
}
CORE = (
    "HALLMARK_E2F_TARGETS", "HALLMARK_MYC_TARGETS_V1", "HALLMARK_MYC_TARGETS_V2",
    "HALLMARK_G2M_CHECKPOINT", "KEGG_CELL_CYCLE",
)  # fmt: skip
_LEVEL = 0.05
_ROTATIONS = 999

Sets = Mapping[str, Sequence[str]]
Section = Callable[[argparse.Namespace], Iterator[list[str]]]


def tested(samples: SampleData, sets: Sets, seed: int, jobs: int) -> pd.DataFrame:
    """Run all tests on one data set, ranked by the moderated t."""
    moderated = moderated_t(residual_space(samples.expression, samples.design, samples.contrast))
    genes = samples.genes.to_numpy(dtype=object)
    table = pd.DataFrame({"gene_id": genes, "gene_name": genes, "stat": moderated.t, "pvalue": 0.5})
    collection = {name: GeneSet(name, "", tuple(members)) for name, members in sets.items()}
    return run_gsea(
        rank_genes(table), {"sets": collection}, min_size=5, max_size=2000, samples=samples,
        rotations=_ROTATIONS, also=["camera", "fry"], permutations=1000, seed=seed, jobs=jobs,
    ).table  # fmt: skip


def two_groups(
    expression: np.ndarray, genes: Sequence[str], group: np.ndarray, *others: np.ndarray
):
    """Give a comparison of two groups of samples, adjusted for other columns."""
    design = np.column_stack([np.ones(len(group)), *others, group]).astype(float)
    contrast = np.zeros(design.shape[1])
    contrast[-1] = 1.0
    return SampleData(np.ascontiguousarray(expression), pd.Index(genes), design, contrast)


def simulated(
    n: int, correlation: float, effect: float, rng: np.random.Generator
) -> tuple[SampleData, Sets]:
    """Draw *n* v *n* samples of 3,000 genes: 25 sets of 40 with that correlation within each.

    Where there is an effect it is in the first five sets; in units of a gene's standard deviation.
    """
    names = [f"G{i:04d}" for i in range(3000)]
    group = np.repeat([0, 1], n)
    expression = rng.normal(size=(2 * n, 3000)) * np.sqrt(1 - correlation)
    for k in range(25):
        genes = slice(40 * k, 40 * k + 40)
        expression[:, genes] += np.sqrt(correlation) * rng.normal(size=(2 * n, 1))
        if k < 5:
            expression[:, genes] += effect * group[:, None]
    expression[:, 1000:] *= rng.lognormal(0, 0.4, 2000)
    sets = {f"S{k:02d}": names[40 * k : 40 * k + 40] for k in range(25)}
    return two_groups(expression, names, group), sets


def shares(tables: Sequence[pd.DataFrame]) -> list[str]:
    """Return the share of p-values below 0.05 of each test, as cells."""
    everything = pd.concat(tables)
    return [f"{(everything[column] < _LEVEL).mean():.3f}" for column in TESTS]


def simulated_rows(given: argparse.Namespace) -> Iterator[list[str]]:
    """Measure false positives at correlations, and power at effects."""
    for n, correlation in itertools.product((3, 6), (0.0, 0.05, 0.1, 0.2)):
        tables = []
        for k in range(given.repeats):
            rng = np.random.default_rng([1, n, round(100 * correlation), k])
            samples, sets = simulated(n, correlation, 0.0, rng)
            tables.append(tested(samples, sets, k, given.jobs))
        label = f"simulated {n} v {n}, correlation {correlation:g}, no effect"
        yield [label, str(sum(map(len, tables))), *shares(tables)]


def power_rows(given: argparse.Namespace) -> Iterator[list[str]]:
    """Measure power at a correlation of 0.1."""
    for n, effect in itertools.product((3, 6, 20), (0.1, 0.2, 0.3, 0.5)):
        tables = []
        for k in range(max(given.repeats // 3, 5)):
            rng = np.random.default_rng([2, n, round(100 * effect), k])
            samples, sets = simulated(n, 0.1, effect, rng)
            table = tested(samples, sets, k, given.jobs)
            tables.append(table[table["set"] < "S05"])
        label = f"simulated {n} v {n}, correlation 0.1, effect {effect:g} SD"
        yield [label, str(sum(map(len, tables))), *shares(tables)]


def read_vst(path: Path) -> pd.DataFrame:
    """Read an expression table, symbols x samples, as samples x symbols."""
    return pd.read_csv(path, sep="\t", index_col=0).T


def real_sets(shared: Path, genes: pd.Index) -> dict[str, list[str]]:
    """Read Hallmark and the KEGG cell cycle, and keep the genes at hand."""
    found = {}
    for name in ("h.all", "c2.cp.kegg_legacy"):
        path = shared / "gene_sets" / f"{name}.v2025.1.Hs.symbols.gmt"
        for label, gene_set in read_gmt(path).items():
            if name == "h.all" or label == "KEGG_CELL_CYCLE":
                found[label] = [gene for gene in gene_set.genes if gene in genes]
    return found


def t47d(shared: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Give the wild-type samples, and which are with estradiol."""
    vst = read_vst(shared / "reference" / "t47d_wt_vst_symbols.tsv.gz")
    sheet = pd.read_csv(
        shared / "data" / "t47d_e2_gse89888" / "samples.tsv", sep="\t", index_col=0
    ).loc[vst.index]
    return vst, (sheet["treatment"] == "E2").to_numpy()


def t47d_all(shared: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give all 24 samples, variance-stabilised, one column a symbol, and their sheet."""
    import rnaseq_s6k1 as s6k1

    folder = shared / "data" / "t47d_e2_gse89888"
    adata = s6k1.read_counts(folder / "counts.tsv.gz")
    sheet = s6k1.read_sample_sheet(folder / "samples.tsv", adata.obs_names)
    adata = s6k1.attach_samples(adata, sheet)
    contrast = ("treatment", "veh", "E2")
    result = s6k1.run_de(adata, "~ mutation + treatment", contrast, shrink=False, jobs=2)
    table = result.table[result.table["baseMean"] >= 5].sort_values("baseMean", ascending=False)
    table = table.drop_duplicates("gene_name")
    vst = result.vst()[list(table["gene_id"])]
    vst.columns = pd.Index(table["gene_name"])
    return vst, result.experiment.obs.loc[vst.index]


def random_set_rows(given: argparse.Namespace) -> Iterator[list[str]]:
    """Test 2,000 random sets of 20 to 200 genes on the real T47D contrast."""
    vst, with_e2 = t47d(given.shared)
    rng = np.random.default_rng(3)
    genes = vst.columns.to_numpy(dtype=object)
    sets = {
        f"R{k:04d}": list(rng.choice(genes, rng.integers(20, 201), replace=False))
        for k in range(2000)
    }
    for label, kept in (("4 v 4", range(8)), ("3 v 3", _three_of_each(with_e2))):
        chosen = np.array(list(kept))
        samples = two_groups(vst.to_numpy()[chosen], genes, with_e2[chosen])
        table = tested(samples, sets, 0, given.jobs)
        yield [f"random sets on T47D, {label}", str(len(table)), *shares([table])]


def _three_of_each(group: np.ndarray) -> list[int]:
    return [*np.flatnonzero(group)[:3], *np.flatnonzero(~group)[:3]]


def split_rows(given: argparse.Namespace) -> Iterator[list[str]]:
    """Split real samples of one condition at random: nothing differs."""
    vst, sheet = t47d_all(given.shared)
    sets = real_sets(given.shared, vst.columns)
    rng = np.random.default_rng(4)
    conditions = sheet.groupby(["mutation", "treatment"]).indices
    tables = []
    for block in conditions.values():
        # Three ways to split four samples in two pairs.
        for partner in block[1:]:
            group = np.isin(block, [block[0], partner]).astype(int)
            samples = two_groups(vst.to_numpy()[block], vst.columns, group)
            tables.append(tested(samples, sets, 0, given.jobs))
    yield ["T47D 2 v 2, one condition", str(sum(map(len, tables))), *shares(tables)]
    for per_genotype in (1, 2):
        tables = []
        for k in range(given.splits + 8):
            treatment = sheet["treatment"].unique()[k % 2]
            blocks = [rows for (_, way), rows in conditions.items() if way == treatment]
            drawn = [rng.permutation(block)[: 2 * per_genotype] for block in blocks]
            chosen = np.concatenate(drawn)
            group = np.tile(np.repeat([0, 1], per_genotype), len(blocks))
            genotype = np.repeat(np.arange(len(blocks)), 2 * per_genotype)
            others = [(genotype == level).astype(float) for level in range(1, len(blocks))]
            samples = two_groups(vst.to_numpy()[chosen], vst.columns, group, *others)
            tables.append(tested(samples, sets, k, given.jobs))
        n = 3 * per_genotype
        label = f"T47D {n} v {n}, genotype adjusted, random"
        yield [label, str(sum(map(len, tables))), *shares(tables)]
    tumours = read_vst(given.shared / "reference" / "tcga_tertile_vst_symbols.tsv.gz")
    sheet = pd.read_csv(
        given.shared / "data" / "tcga_brca_115" / "tertile_ER_design.tsv", sep="\t", index_col=0
    ).loc[tumours.index]
    positive = np.flatnonzero(sheet["ER"].astype(str).str.lower().str.startswith("pos"))
    sets = real_sets(given.shared, tumours.columns)
    for n in (3, min(20, len(positive) // 2)):
        tables = []
        for k in range(given.splits):
            chosen = rng.choice(positive, 2 * n, replace=False)
            samples = two_groups(tumours.to_numpy()[chosen], tumours.columns, np.repeat([0, 1], n))
            tables.append(tested(samples, sets, k, given.jobs))
        yield [f"TCGA ER+ {n} v {n}, random", str(sum(map(len, tables))), *shares(tables)]


def core_rows(given: argparse.Namespace) -> Iterator[list[str]]:
    """Find the core sets in each 3 v 3 subset of T47D."""
    vst, with_e2 = t47d(given.shared)
    sets = real_sets(given.shared, vst.columns)
    tables = []
    for left_out in itertools.product(np.flatnonzero(with_e2), np.flatnonzero(~with_e2)):
        kept = np.setdiff1d(np.arange(8), left_out)
        samples = two_groups(vst.to_numpy()[kept], vst.columns, with_e2[kept])
        table = tested(samples, sets, 0, given.jobs)
        tables.append(table[table["set"].isin(CORE)])
    yield ["core sets, T47D 3 v 3 subsets", str(sum(map(len, tables))), *shares(tables)]


def table_of(sections: Sequence[Section], given: argparse.Namespace) -> str:
    """Run the sections and return their rows as Markdown."""
    head = ["data", "tests", *TESTS.values()]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    for rows in sections:
        for row in rows(given):
            say(" ".join(row))
            lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print the table, write it into the README."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, help="folder of real data and references")
    parser.add_argument("--repeats", type=int, default=60, help="simulated data sets a row")
    parser.add_argument("--splits", type=int, default=12, help="random splits a row")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--print", action="store_true", help="leave README.md as it is")
    given = parser.parse_args()
    sections: list[Section] = [simulated_rows, power_rows]
    if given.shared is not None:
        sections = [simulated_rows, random_set_rows, split_rows, power_rows, core_rows]
    table = table_of(sections, given)
    print(table)
    if not given.print:
        write_into(README, "calibration.py", table)


if __name__ == "__main__":
    main()
