"""Gene-set tests on the samples behind a ranking: what is tested, and with what evidence."""

from __future__ import annotations

from dataclasses import replace

import anndata
import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.de.run import run_de
from rnaseq_s6k1.enrichment.gsea import GSEA_COLUMNS, run_gsea
from rnaseq_s6k1.enrichment.ranking import rank_genes
from rnaseq_s6k1.enrichment.sample_data import sample_data
from rnaseq_s6k1.enrichment.sample_tests import ROTATION_TABLE_COLUMNS
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.gmt import GeneSet

N_GENES = 400
CONTRAST = ("condition", "treated", "control")


def counts(seed: int = 1) -> anndata.AnnData:
    """Draw 5 v 5 samples; the first 40 genes are up, the next 40 share a factor of the samples."""
    rng = np.random.default_rng(seed)
    treated = np.repeat([0.0, 1.0], 5)
    log2_means = np.tile(rng.normal(8, 1.2, N_GENES), (10, 1))
    log2_means[:, :40] += 1.2 * treated[:, None]
    log2_means[:, 40:80] += rng.normal(0, 1.0, 10)[:, None]
    means = 2.0**log2_means * rng.uniform(0.7, 1.4, 10)[:, None]
    drawn = rng.negative_binomial(20, 20 / (20 + means)).astype(np.int32)
    names = [f"{'treated' if t else 'control'}_{i}" for i, t in enumerate(treated)]
    obs = pd.DataFrame({"condition": np.where(treated > 0, "treated", "control")}, index=names)
    return anndata.AnnData(
        drawn, obs=obs, var=pd.DataFrame(index=[f"g{i:03d}" for i in range(N_GENES)])
    )


def sets(seed: int = 2) -> dict[str, dict[str, GeneSet]]:
    rng = np.random.default_rng(seed)
    chosen = {
        "UP": range(30),
        "TOGETHER": range(40, 80),
        **{f"RANDOM_{k}": rng.choice(np.arange(80, N_GENES), 25, replace=False) for k in range(4)},
    }
    return {
        "x": {
            name: GeneSet(name, "", tuple(f"g{i:03d}" for i in genes))
            for name, genes in chosen.items()
        }
    }


@pytest.fixture(scope="module")
def experiment():
    result = run_de(counts(), "~ condition", CONTRAST, shrink=False)
    return result, rank_genes(result.table)


@pytest.fixture(scope="module")
def tested(experiment):
    return run_gsea(
        experiment[1], sets(), samples=sample_data(*experiment), also=["camera", "fry"], seed=5
    )


def test_a_true_change_is_established_and_shared_moves_are_not(tested):
    rows = tested.table.set_index("set")
    assert rows.loc["UP", "evidence"] == "established"
    assert rows.loc["UP", "rotation_padj"] < 0.01
    assert rows.loc["TOGETHER", "evidence"] != "established"
    assert rows.loc["TOGETHER", "inter_gene_correlation"] > 0.3
    assert rows.loc["TOGETHER", "vif"] > 10
    assert rows.filter(like="RANDOM", axis=0)["inter_gene_correlation"].abs().max() < 0.15
    turned = tested.rotation.set_index("set")
    assert turned.loc["UP", "mean_rank"] > 0.5
    assert turned.loc["UP", "up_pvalue"] < 1e-3 < 0.9 < turned.loc["UP", "down_pvalue"]


def test_columns(tested, tmp_path):
    further = [name for name in tested.table.columns if name not in GSEA_COLUMNS]
    assert tested.table.columns.tolist()[: len(GSEA_COLUMNS)] == list(GSEA_COLUMNS)
    assert further == [
        *("camera_pvalue", "camera_padj", "camera_estimated_pvalue", "camera_estimated_padj"),
        *("fry_pvalue", "fry_padj", "fry_mixed_pvalue", "fry_mixed_padj"),
    ]
    assert tested.rotation.columns.tolist() == list(ROTATION_TABLE_COLUMNS)
    names = [path.name for path in tested.write(tmp_path)]
    assert names == [
        "gsea.tsv", "dropped_sets.tsv", "ranks.rnk", "running_sums.tsv", "rotation.tsv"
    ]  # fmt: skip
    replace(tested, rotation=None).write(tmp_path)
    assert not (tmp_path / "rotation.tsv").exists()


def test_order_of_samples_genes_and_sets_changes_no_bit(tested):
    rng = np.random.default_rng(3)
    shuffled = counts()[rng.permutation(10)][:, rng.permutation(N_GENES)].copy()
    result = run_de(shuffled, "~ condition", CONTRAST, shrink=False)
    ranking = rank_genes(result.table)
    turned = {"x": dict(reversed(list(sets()["x"].items())))}
    again = run_gsea(
        ranking,
        turned,
        samples=sample_data(result, ranking),
        also=["camera", "fry"],
        seed=5,
        jobs=2,
    )
    pd.testing.assert_frame_equal(again.table, tested.table, check_exact=True)
    pd.testing.assert_frame_equal(again.rotation, tested.rotation, check_exact=True)


def test_a_set_does_not_depend_on_the_others(experiment, tested):
    alone = run_gsea(
        experiment[1], {"x": {"UP": sets()["x"]["UP"]}}, samples=sample_data(*experiment), seed=5
    )
    columns = ["pvalue", "rotation_pvalue", "inter_gene_correlation", "vif"]
    assert (
        alone.table.loc[0, columns].tolist()
        == tested.table.set_index("set").loc["UP", columns].tolist()
    )


def test_rotation_alone_gives_scores_and_no_preranked_p(experiment):
    found = run_gsea(
        experiment[1], sets(), samples=sample_data(*experiment), preranked=False, rotations=999
    )
    assert found.table[["pvalue", "padj", "log10_pvalue"]].isna().all(axis=None)
    assert found.table["nes"].notna().all()
    assert found.table["rotation_pvalue"].is_monotonic_increasing
    assert set(found.table["evidence"]) == {"established", "none"}


def test_the_split_gene_takes_no_part():
    result = run_de(counts(), "~ condition", CONTRAST, shrink=False, split_gene="g005")
    ranking = rank_genes(result.table, exclude={"g005"})
    samples = sample_data(result, ranking)
    assert "g005" not in samples.genes
    assert len(samples.genes) == len(ranking.stats) >= N_GENES - 10
    assert samples.residual_df == 8


def test_of_rows_of_one_name_the_ranked_one_is_taken(experiment):
    result, _ = experiment
    table = result.table.copy()
    table.loc[table["gene_id"].isin(["g001", "g300"]), "gene_name"] = "TWICE"
    doubled = replace(result, table=table)
    ranking = rank_genes(table)
    samples = sample_data(doubled, ranking)
    sizes = table.set_index("gene_id")["stat"].abs()
    larger = "g001" if sizes["g001"] > sizes["g300"] else "g300"
    column = samples.expression[:, samples.genes.get_loc("TWICE")]
    np.testing.assert_array_equal(column, result.vst().sort_index()[larger])


def test_refusals(experiment):
    result, ranking = experiment
    with pytest.raises(UsageError, match="the rotation test needs the samples"):
        run_gsea(ranking, sets(), preranked=False)
    with pytest.raises(UsageError, match="--also gage: choose from camera, fry"):
        run_gsea(ranking, sets(), samples=sample_data(result, ranking), also=["gage"])
    with pytest.raises(DataError, match="needs the samples"):
        sample_data(result.without_experiment(), ranking)
    other = result.table.assign(log2FoldChange=-result.table["log2FoldChange"])
    with pytest.raises(DataError, match="are not those of the samples beside them"):
        sample_data(replace(result, table=other), ranking)
