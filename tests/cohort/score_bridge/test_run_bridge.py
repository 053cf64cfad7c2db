from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rnaseq_s6k1.cohort.score_bridge.run import BridgeSettings, run_bridge
from rnaseq_s6k1.cohort.score_bridge.score_relations import BRIDGE_COLUMNS
from rnaseq_s6k1.cohort.score_bridge.signature import SignedSignature, signature_of_results
from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints
from rnaseq_s6k1.errors import DataError, ModelError, UsageError

FEW = BridgeSettings(n_random=99)


def _run(hidden, signature=None, settings=FEW, **how):
    how = {
        "clinical": hidden.clinical,
        "copy_number": "gistic",
        "endpoints": find_endpoints(hidden.clinical),
        **how,
    }
    return run_bridge(
        how.pop("adata", hidden.adata),
        signature or signature_of_results(hidden.results),
        names=how.pop("names", hidden.names),
        settings=settings,
        **how,
    )


@pytest.mark.parametrize("method", ["zscore", "rank"])
def test_a_planted_axis_is_found(hidden, method):
    result = _run(hidden, settings=BridgeSettings(method=method, n_random=199))
    assert tuple(result.table.columns) == BRIDGE_COLUMNS
    assert result.table["relation"].tolist() == [
        *["driver_expression"] * 2, *["copy_number"] * 2, *["outcome"] * 2, "proliferation",
    ]  # fmt: skip
    assert result.table["adjustment"].tolist() == ["none", "proliferation"] * 3 + ["none"]
    assert stats.spearmanr(result.scores["score"], hidden.axis).statistic > 0.9
    rows = result.table.set_index(["relation", "adjustment"])
    for adjustment in ("none", "proliferation"):
        for relation in ("driver_expression", "copy_number", "outcome"):
            row = rows.loc[(relation, adjustment)]
            assert row["empirical_p"] == 1 / 200, relation
            assert row["empirical_p_low"] == 0
            assert 0 < row["empirical_p_high"] < 0.03
            # Random signatures hold genes of the axis, too: that is the point of them.
            assert 0.05 < row["random_share_p05"] < 0.8
            assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert rows.loc[("outcome", "none"), "estimate"] > 1.5
    assert rows.loc[("outcome", "none"), "events"] == hidden.clinical["OS"].sum()
    assert rows.loc[("proliferation", "none"), "empirical_p"] > 0.01


def test_driver_and_neighbours_are_left_out_and_said(hidden):
    result = _run(hidden)
    used = result.signature.set_index("gene")
    for gene in ("RPS6KB1", "PPM1D"):
        assert not used.loc[gene, "in_score"]
        assert used.loc[gene, "reason"] == "amplicon of the driver"
    assert used["in_score"].sum() == 50
    assert any("50 of them scored; 2 amplicon of the driver" in note for note in result.notes)
    # The score does not know of them: it stays when they change.
    changed = hidden.adata.copy()
    changed.X[:, changed.var_names.get_loc("PPM1D")] = 7
    np.testing.assert_allclose(
        stats.spearmanr(
            _run(hidden, adata=changed).scores["score"], result.scores["score"]
        ).statistic,
        1,
        atol=0.01,
    )


def test_proliferation_alone_goes_when_adjusted(hidden):
    """A cell-cycle signature follows a cell-cycle outcome until adjusted."""
    cycle = [gene for gene in hidden.names if gene[0] not in "UDN" or not gene[1:].isdigit()]
    cycle = [gene for gene in cycle if gene not in ("RPS6KB1", "PPM1D")]
    signature = SignedSignature(pd.Series(1.0, index=sorted(cycle)[::2]), "half of the cycle")
    first = _run(hidden, signature)
    growth = first.scores["proliferation"].to_numpy()
    rng = np.random.default_rng(5)
    clinical = hidden.clinical.assign(OS=1)
    clinical["OS.time"] = rng.exponential(np.exp(-growth)) + 0.01
    rows = _run(hidden, signature, clinical=clinical).table.set_index(["relation", "adjustment"])
    assert rows.loc[("outcome", "none"), "pvalue"] < 1e-4
    assert rows.loc[("outcome", "proliferation"), "pvalue"] > 0.01
    assert rows.loc[("proliferation", "none"), "estimate"] > 0.9


@pytest.mark.slow
def test_a_random_signature_is_nothing_special(hidden):
    """Signatures drawn as the null is have uniform empirical p-values."""
    rng = np.random.default_rng(6)
    pool = sorted(gene for gene in hidden.names if gene not in ("RPS6KB1", "PPM1D"))
    found = []
    for seed in range(40):
        genes = sorted(rng.choice(pool, 30, replace=False))
        signature = SignedSignature(pd.Series(rng.choice([-1.0, 1.0], 30), index=genes), "")
        table = _run(hidden, signature, BridgeSettings(n_random=99, seed=seed)).table
        found.append(table[table["relation"] != "copy_number"]["empirical_p"].tolist())
    values = np.array(found)
    for column in range(values.shape[1]):
        assert stats.kstest(values[:, column], "uniform").pvalue > 0.003, column


def test_the_same_bytes_whatever_the_order_of_the_matrix(hidden, tmp_path):
    rng = np.random.default_rng(7)
    adata = hidden.adata
    shuffled = adata[rng.permutation(adata.n_obs)][:, rng.permutation(adata.n_vars)].copy()
    for name, matrix in (("a", adata), ("b", shuffled)):
        _run(hidden, adata=matrix, clinical=hidden.clinical.iloc[::-1]).write(tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["bridge.tsv", "random_signatures.tsv.gz", "scores.tsv", "signature.tsv"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    other = _run(hidden, settings=BridgeSettings(n_random=99, seed=1))
    assert not other.random.equals(_run(hidden).random)


def test_without_a_clinical_table_the_driver_is_related_all_the_same(hidden):
    result = _run(hidden, clinical=None, copy_number=None, endpoints=())
    assert result.table["relation"].tolist() == ["driver_expression"] * 2 + ["proliferation"]
    with pytest.raises(UsageError, match="need a clinical table"):
        _run(hidden, clinical=None)


def test_missing_clinical_values_are_counted(hidden):
    clinical = hidden.clinical.copy().astype(float)
    clinical.loc["T03", "gistic"] = np.nan
    clinical.loc[["T04", "T05"], "OS"] = np.nan
    result = _run(hidden, clinical=clinical.drop(index="T06"))
    rows = result.table.set_index(["relation", "adjustment"])
    assert rows.loc[("copy_number", "none"), "n"] == 78
    assert rows.loc[("outcome", "none"), "n"] == 77
    assert any("2 left out, no gistic ('T03', 'T06')" in note for note in result.notes)


def test_what_cannot_be_scored_is_refused(hidden):
    with pytest.raises(DataError, match=r"closest names|look like"):
        _run(hidden, driver="NOTHING")
    with pytest.raises(DataError, match="--copy-number 'word' holds text"):
        _run(hidden, clinical=hidden.clinical.assign(word="x"), copy_number="word")
    with pytest.raises(DataError, match="fewer than two levels"):
        _run(hidden, clinical=hidden.clinical.assign(flat=1), copy_number="flat")
    near = SignedSignature(pd.Series(1.0, index=["PPM1D", "RPS6KB1", "U00", "U01"]), "")
    with pytest.raises(ModelError, match="2 genes of the signature's 4 are expressed"):
        _run(hidden, near)
    mouse = SignedSignature(pd.Series(1.0, index=[f"Gene{k}" for k in range(200)]), "")
    with pytest.raises(DataError, match="only 0 of 200 genes"):
        _run(hidden, mouse)
    silent = hidden.adata.copy()
    silent.X[:, silent.var_names.get_loc("RPS6KB1")] = 0
    with pytest.raises(DataError, match="hardly expressed or constant"):
        _run(hidden, adata=silent)


@pytest.mark.slow
@pytest.mark.shared_data
def test_t47d_without_estradiol_in_real_tumours(shared):
    from rnaseq_s6k1.de.result import read_results
    from rnaseq_s6k1.genes.naming import name_genes
    from rnaseq_s6k1.io.counts import read_counts

    folder = shared / "data" / "tcga_brca_115"
    table = read_results(
        shared / "data" / "t47d_e2_gse89888" / "deseq2_1.38.3_reference_results.tsv.gz"
    )
    table["gene_name"] = name_genes(pd.Index(table["gene_id"])).names.to_numpy()
    table["stat"] = -table["stat"]  # the reference is E2 over veh
    adata = read_counts(folder / "counts.tsv.gz")
    clinical = pd.read_csv(folder / "samples.tsv", sep="\t", index_col=0)
    result = run_bridge(
        adata,
        signature_of_results(table, top=1000),
        names=name_genes(adata.var_names).names,
        clinical=clinical,
        copy_number="RPS6KB1_gistic",
        endpoints=find_endpoints(clinical, ["OS", "PFI"]),
        settings=BridgeSettings(n_random=300),
    )
    rows = result.table.set_index(["variable", "adjustment"])
    assert rows.loc[("proliferation meta-gene (hallmark)", "none"), "estimate"] < -0.7
    driver = rows.loc[("RPS6KB1", "none")]
    # Losing estradiol does not lower RPS6KB1, and tumours agree: no more than random signatures.
    assert driver["empirical_p"] > 0.05
    assert driver["random_share_p05"] > 0.15, "random signatures follow the driver, too"
