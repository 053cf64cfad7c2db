"""Two results compared: matching, lines of evidence, the answer, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact, spearmanr

import rnaseq_s6k1 as s6k1
from rnaseq_s6k1.concordance.concord import run_concord
from rnaseq_s6k1.concordance.evidence import LINE_COLUMNS, called_sets
from rnaseq_s6k1.concordance.matching import MATCHED_COLUMNS, match_genes
from rnaseq_s6k1.de.result import DEParameters, DEResult
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.tables import read_table

N = 600


def experiment(effects: np.ndarray, seed: int, samples: str = "s", n: int = 8) -> DEResult:
    """A fitted experiment of planted log2 fold changes, target `b` over reference `a`."""
    rng = np.random.default_rng(seed)
    mean = np.exp(np.random.default_rng(99).normal(5.5, 1.0, N))
    treated = np.arange(n) >= n // 2
    mu = mean * 2.0 ** (effects * treated[:, None])
    counts = rng.negative_binomial(20.0, 20.0 / (20.0 + mu))
    obs = pd.DataFrame(
        {"group": np.where(treated, "b", "a")}, index=[f"{samples}{i}" for i in range(n)]
    )
    from anndata import AnnData

    genes = [f"gene{i:04d}" for i in range(N)]
    adata = AnnData(counts, obs=obs, var=pd.DataFrame(index=genes))
    return s6k1.run_de(adata, "~ group", ("group", "b", "a"), lfc=0.5, shrink=False)


def effects_of(seed: int, size: float = 1.0) -> np.ndarray:
    effects = np.random.default_rng(seed).normal(0, size, N)
    effects[N // 2 :] *= 0.1
    return effects


@pytest.fixture(scope="module")
def knockdown() -> DEResult:
    return experiment(effects_of(1), 11, "k")


@pytest.fixture(scope="module")
def tumours() -> DEResult:
    return experiment(-0.8 * effects_of(1) + 0.4 * effects_of(2), 12, "t", n=16)


@pytest.fixture(scope="module")
def reversed_pair(knockdown, tumours):
    return run_concord(knockdown, tumours, names=("the knock-down", "high"), rotations=199)


def test_a_knock_down_reverses(reversed_pair):
    assert reversed_pair.verdict == "reverses"
    assert reversed_pair.evidence == "rotation"
    assert reversed_pair.sentence.startswith("the knock-down reverses what high does: Spearman")
    assert "rotation p = 0.005" in reversed_pair.sentence
    lines = reversed_pair.lines.set_index("measure")
    assert tuple(reversed_pair.lines.columns) == LINE_COLUMNS
    assert list(lines.index) == [
        "spearman", "sign_concordance", "a_up_in_b", "a_down_in_b", "b_up_in_a", "b_down_in_a",
        "rrho_peak",
    ]  # fmt: skip
    assert (lines["direction"] == "reverses").all()
    assert (lines["rotation_pvalue"] >= 1 / 200).all()
    assert lines.loc["spearman", "reading"] == "reverses"
    assert (lines["pvalue"] > 0).all()
    assert lines.loc["a_up_in_b", "estimate"] < 0 < lines.loc["a_down_in_b", "estimate"]


def test_the_lines_are_what_they_say(reversed_pair):
    genes, lines = reversed_pair.genes, reversed_pair.lines.set_index("measure")
    rho = spearmanr(genes["stat_a"], genes["stat_b"])
    assert lines.loc["spearman", "estimate"] == pytest.approx(rho.statistic)
    assert lines.loc["spearman", "ci_low"] < rho.statistic < lines.loc["spearman", "ci_high"]
    both = genes[(genes["direction_a"] != "none") & (genes["direction_b"] != "none")]
    assert lines.loc["sign_concordance", "n"] == len(both)
    same = (both["direction_a"] == both["direction_b"]).mean()
    assert lines.loc["sign_concordance", "estimate"] == pytest.approx(same)
    cells = pd.crosstab(both["direction_a"], both["direction_b"]).to_numpy()
    assert lines.loc["sign_concordance", "pvalue"] == pytest.approx(fisher_exact(cells).pvalue)
    assert (genes["agreement"] == "same").sum() + (genes["agreement"] == "opposite").sum() == len(
        both
    )
    peak = -reversed_pair.rrho["log10_pvalue"].min()
    assert lines.loc["rrho_peak", "estimate"] == pytest.approx(peak)


def test_the_same_effect_agrees(knockdown):
    again = experiment(effects_of(1), 13, "r")
    result = run_concord(knockdown, again, rotations=49)
    assert (result.verdict, result.leaning) == ("agrees", "agrees")
    assert result.lines["direction"].eq("agrees").all()


def test_other_effects_are_unrelated_within_a_wide_margin_and_undecided_within_a_narrow_one(
    knockdown,
):
    other = experiment(effects_of(5), 14, "o")
    assert run_concord(knockdown, other, rotations=49, margin=0.45).verdict == "unrelated"
    narrow = run_concord(knockdown, other, rotations=49, margin=0.01)
    assert narrow.verdict == "undecided"
    assert narrow.sentence.startswith("It is undecided whether A agrees with B or reverses it")


def test_tables_alone_decide_nothing(knockdown, tumours):
    result = run_concord(knockdown.without_experiment(), tumours.without_experiment())
    assert (result.verdict, result.leaning) == ("undecided", "reverses")
    assert result.evidence == "descriptive"
    assert "a description only" in result.sentence
    assert (result.lines["reading"] == "not tested").all()
    assert result.lines["rotation_pvalue"].isna().all()
    assert result.lines["pvalue"][0] < 1e-10
    assert result.rotations.empty


def test_one_experiment_is_rotated_alone(knockdown, tumours):
    result = run_concord(knockdown.without_experiment(), tumours, rotations=99)
    assert set(result.nulls) == {"b"}
    assert result.verdict == "reverses"
    lines = result.lines.set_index("measure")
    assert lines.loc["a_up_in_b", "rotated"] == "B"
    assert lines.loc["b_up_in_a", "reading"] == "not tested"


def test_shared_samples_decide_nothing(knockdown):
    counts = knockdown.experiment.copy()
    turned = s6k1.run_de(counts, "~ group", ("group", "a", "b"), shrink=False)
    # Without calls there are no sets: a result's own ones would fill the end of its ranking.
    a, b = (replace(one, table=one.table.assign(direction="none")) for one in (knockdown, turned))
    result = run_concord(a, b)
    assert (result.verdict, result.evidence) == ("undecided", "shared samples")
    assert "8 samples are in both results" in result.sentence
    assert result.facts["shared_samples"] == 8
    lines = result.lines.set_index("measure")
    assert lines.loc["a_up_in_b", "note"] == "0 genes called up in A, too few for a set"
    assert lines.loc["sign_concordance", "note"] == "no gene is called in both results"


def test_order_and_jobs_do_not_matter_and_the_seed_does(knockdown, tumours, tmp_path):
    first = run_concord(knockdown, tumours, rotations=20, jobs=1)
    shuffled = replace(knockdown, table=knockdown.table.sample(frac=1, random_state=1))
    second = run_concord(shuffled, tumours, rotations=20, jobs=2)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    paths = [
        [path.read_bytes() for path in result.write(tmp_path / name)]
        for name, result in (("a", first), ("b", second))
    ]
    assert paths[0] == paths[1]
    third = run_concord(knockdown, tumours, rotations=20, seed=1)
    assert not third.rotations["rho"].equals(first.rotations["rho"])


def test_files(reversed_pair, tmp_path):
    paths = reversed_pair.write(tmp_path)
    assert [path.name for path in paths] == [
        "concord.tsv", "genes.tsv", "rrho.tsv", "rotations.tsv", "concord.json",
    ]  # fmt: skip
    content = json.loads((tmp_path / "concord.json").read_text())
    assert content["verdict"] == "reverses"
    assert content["a"]["target"] == "b"
    assert len(content["lines"]) == 7
    assert content["lines"][2]["ci_low"] is None
    assert content["refitted_rho"].keys() == {"a", "b"}
    rotations = read_table(tmp_path / "rotations.tsv")
    assert rotations.groupby("rotated").size().to_dict() == {"a": 199, "b": 199}
    back = read_table(tmp_path / "genes.tsv")
    assert list(back.columns) == [*MATCHED_COLUMNS, "agreement"]


def bare(names, stats, *, gene_ids=None, **parameters) -> DEResult:
    stats = np.asarray(stats, dtype=float)
    ids = names if gene_ids is None else gene_ids
    table = pd.DataFrame(
        {
            "gene_id": ids,
            "gene_name": names,
            "baseMean": 1.0,
            "log2FoldChange": np.sign(stats),
            "lfcSE": 1.0,
            "stat": stats,
            "pvalue": 0.5,
            "padj": 0.5,
            "log2FoldChange_shrunk": np.nan,
            "direction": "none",
            "padj_na_reason": "",
        }
    )
    return DEResult(table, None, DEParameters(**parameters))


NAMES = [f"N{i:03d}" for i in range(100)]


def test_genes_match_by_id_or_else_by_name():
    stats = np.arange(100.0) - 50.5
    by_id = match_genes(bare(NAMES, stats), bare(NAMES[::-1], stats[::-1]))
    assert by_id.by == "id"
    assert (by_id.table["stat_a"] == by_id.table["stat_b"]).all()
    ids = [f"ENSG{i:04d}" for i in range(101)]
    # The name N000 stands twice; the larger statistic is kept.
    first = bare([*NAMES, "N000"], [*stats, 99.0], gene_ids=ids)
    by_name = match_genes(first, bare(NAMES, stats))
    assert by_name.by == "name"
    row = by_name.table.set_index("gene").loc["N000"]
    assert row["gene_name"] == "N000"
    assert (row["stat_a"], row["gene_id_a"], row["gene_id_b"]) == (99.0, "ENSG0100", "N000")


def test_the_gene_that_split_the_groups_is_left_out_of_both():
    stats = np.arange(100.0) - 50.5
    ids = [f"ENSG{i:04d}" for i in range(100)]
    split = bare(NAMES, stats, gene_ids=ids, split_gene="ENSG0007")
    assert "N007" not in set(match_genes(split, bare(NAMES, stats)).table["gene"])


def test_what_cannot_be_compared_is_refused(knockdown):
    stats = np.arange(100.0) - 50.5
    other = bare([f"X{i}" for i in range(100)], stats)
    with pytest.raises(
        DataError, match=r"only 0 genes are in both results .* is 'N000', of B 'X0'"
    ):
        run_concord(bare(NAMES, stats), other)
    with pytest.raises(DataError, match="statistics of B have no sign"):
        run_concord(bare(NAMES, stats), bare(NAMES, np.abs(stats), reduced="~ 1"))
    stats[3] = np.inf
    with pytest.raises(DataError, match="statistic of gene 'N003' in A is infinite"):
        run_concord(bare(NAMES, stats), bare(NAMES, np.zeros(100)))
    with pytest.raises(DataError, match="all statistics of B are equal"):
        run_concord(bare(NAMES, np.arange(100.0) - 50), bare(NAMES, np.ones(100)))
    with pytest.raises(UsageError, match="--margin is a correlation between 0 and 1, not 2"):
        run_concord(knockdown, knockdown, margin=2.0)
    with pytest.raises(UsageError, match=r"10 rotations cannot give a p-value below 0\.05"):
        run_concord(knockdown, knockdown, rotations=10)


def test_called_sets_are_bounded():
    genes = pd.DataFrame(
        {
            "direction_a": ["up"] * 700 + ["down"] * 5,
            "pvalue_a": [*np.linspace(0, 1, 700)[::-1], *np.zeros(5)],
        }
    )
    sets = called_sets(genes, "a")
    assert sets.n_called == 705
    assert sets.up.tolist() == list(range(200, 700))
    assert not len(sets.down)
