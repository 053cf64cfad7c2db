from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.cohort.split_samples import with_groups
from rnaseq_s6k1.cohort.stratify import stratify
from rnaseq_s6k1.errors import DataError, ModelError, UsageError


def _cohort(n: int = 12, *, seed: int = 0, names: list[str] | None = None) -> AnnData:
    """A cohort in which RPS6KB1 rises from the first sample to the last."""
    rng = np.random.default_rng(seed)
    genes = ["RPS6KB1", "MYC", "CCNE1", "ACTB", *(f"GENE{k}" for k in range(60))]
    X = rng.poisson(2.0 ** rng.normal(8, 1, len(genes)), (n, len(genes)))
    X[:, 0] = 100 * np.arange(1, n + 1)
    samples = names if names is not None else [f"P{k:02d}" for k in range(n)]
    return AnnData(
        X.astype(np.int32),
        obs=pd.DataFrame({"age": np.arange(n)}, index=samples),
        var=pd.DataFrame(index=genes),
    )


@pytest.mark.shared_data
def test_the_tertiles_of_tcga_are_edgers(shared: Path):
    folder = shared / "data" / "tcga_brca_115"
    counts = pd.read_csv(folder / "counts.tsv.gz", sep="\t", index_col=0)
    adata = AnnData(
        counts.to_numpy(dtype=np.int32).T,
        obs=pd.DataFrame(index=counts.columns),
        var=pd.DataFrame(index=counts.index),
    )
    result = stratify(adata, "RPS6KB1", cut="tertile")
    table = result.samples.set_index("sample")
    reference = pd.read_csv(folder / "rps6kb1_tertiles_edger.tsv.gz", sep="\t", index_col=0)
    design = pd.read_csv(folder / "tertile_ER_design.tsv", sep="\t", index_col=0)
    assert (result.n_high, result.n_low, result.n_middle) == (39, 39, 37)
    assert result.groups.sort_index().equals(design["group"].sort_index().rename("group"))
    assert (
        table["group"].replace("middle", "none")
        == reference["tertile"].fillna("none").reindex(table.index)
    ).all()
    np.testing.assert_allclose(
        table["expression"], reference["RPS6KB1_tmm_logcpm"].reindex(table.index), atol=1e-11
    )


def test_tertiles_and_the_table():
    result = stratify(_cohort())
    assert list(result.samples.columns) == ["sample", "patient", "expression", "group", "reason"]
    assert result.samples["group"].tolist() == ["low"] * 4 + ["middle"] * 4 + ["high"] * 4
    assert (result.n_high, result.n_low, result.n_middle, result.n_excluded) == (4, 4, 4, 0)
    assert result.gene_id == "RPS6KB1"
    assert result.sentence.startswith("RPS6KB1 tertile: 4 high (at or above ")
    assert result.notes == ()


@pytest.mark.parametrize(
    ("cut", "n_low", "n_high"), [("quartile", 3, 3), ("median", 6, 6), ("q:0.2", 3, 3)]
)
def test_other_cuts(cut: str, n_low: int, n_high: int):
    result = stratify(_cohort(), cut=cut)
    assert (result.n_low, result.n_high) == (n_low, n_high)


def test_a_cut_by_value_is_on_the_scale_of_the_table():
    expression = stratify(_cohort()).samples["expression"]
    low, high = expression[2], expression[9]
    result = stratify(_cohort(), cut=f"value:{low + 1e-6},{high - 1e-6}")
    assert (result.n_low, result.n_high) == (3, 3)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from(["tmm", "median_ratio"]))
def test_the_order_of_samples_and_genes_does_not_matter(seed: int, method):
    adata = _cohort(seed=seed)
    rng = np.random.default_rng(seed)
    shuffled = adata[rng.permutation(adata.n_obs)][:, rng.permutation(adata.n_vars)].copy()
    one, other = (stratify(each, normalisation=method) for each in (adata, shuffled))
    pd.testing.assert_frame_equal(one.samples, other.samples, check_exact=True)
    assert one.thresholds == other.thresholds


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(0, 11))
def test_a_deeper_library_leaves_the_groups(seed: int, times: int, sample: int):
    adata, deeper = _cohort(seed=seed), _cohort(seed=seed)
    deeper.X[sample] *= times
    one, other = (stratify(each, normalisation="median_ratio") for each in (adata, deeper))
    assert one.samples["group"].tolist() == other.samples["group"].tolist()
    deeper.X[:] = adata.X * times
    assert stratify(deeper).samples["group"].tolist() == stratify(adata).samples["group"].tolist()


def test_one_primary_tumour_a_patient():
    names = [f"TCGA-A8-A0{k:02d}-01A" for k in range(10)]
    adata = _cohort(names=[*names, "TCGA-A8-A000-11A", "TCGA-A8-A001-01B"])
    result = stratify(adata)
    table = result.samples.set_index("sample")
    assert result.n_excluded == 2
    assert table.loc["TCGA-A8-A000-11A", "group"] == "excluded"
    assert np.isnan(table.loc["TCGA-A8-A000-11A", "expression"])
    assert "solid tissue normal" in table.loc["TCGA-A8-A000-11A", "reason"]
    assert table.loc["TCGA-A8-A001-01B", "patient"] == "TCGA-A8-A001"
    assert any("10 of 12 samples used" in note for note in result.notes)
    alone = stratify(adata[:10].copy())
    kept = table[table["group"] != "excluded"]
    np.testing.assert_array_equal(kept["expression"], alone.samples["expression"])
    assert stratify(adata, one_per_patient=False).n_excluded == 0


def test_the_gene_is_found_by_other_names():
    adata = _cohort()
    by_alias = stratify(adata, "S6K1")
    assert (by_alias.gene, by_alias.gene_id) == ("RPS6KB1", "RPS6KB1")
    assert "S6K1 is RPS6KB1 in the matrix" in by_alias.notes
    ensembl = adata.copy()
    ensembl.var_names = ["ENSG00000108443", "ENSG00000136997", *adata.var_names[2:]]
    ensembl.var_names = [*ensembl.var_names[:2], *(f"ENSG1{k:010d}" for k in range(62))]
    for name in ("RPS6KB1", "ENSG00000108443", "ENSG00000108443.14"):
        found = stratify(ensembl, name)
        assert (found.gene, found.gene_id) == ("RPS6KB1", "ENSG00000108443")
    named = adata.copy()
    named.var_names = [f"row{k}" for k in range(named.n_vars)]
    named.var["gene_name"] = adata.var_names.to_numpy()
    assert stratify(named, "RPS6KB1").gene_id == "row0"
    given_names = pd.Series(adata.var_names.to_numpy(), index=named.var_names)
    del named.var["gene_name"]
    assert stratify(named, "RPS6KB1", names=given_names).gene_id == "row0"


def test_of_rows_with_one_name_the_most_counted_is_used():
    adata = _cohort()
    names = pd.Series(adata.var_names.tolist(), index=adata.var_names)
    names["GENE7"] = names["MYC"] = "TWICE"
    adata.X[:, adata.var_names.get_loc("MYC")] = 1
    result = stratify(adata, "TWICE", names=names)
    assert result.gene_id == "GENE7"
    assert "2 rows are named TWICE, GENE7 with most counts is used" in result.notes


def test_ties_are_kept_together_and_said():
    # Equal counts in equal libraries: four samples tie at the low threshold.
    X = np.tile(np.arange(100, 164), (9, 1))
    X[:, 0] = [50, 50, 50, 50, 60, 70, 80, 90, 100]
    X[:, 1] = 1000 - X[:, 0]
    adata = _cohort(9)
    adata.X = X.astype(np.int32)
    result = stratify(adata, normalisation="median_ratio")
    assert (result.n_low, result.n_high) == (4, 3)
    assert "4 samples tie at the low threshold" in result.notes[0]


def test_few_counts_are_said():
    adata = _cohort()
    adata.X[:, 0] = np.arange(12)
    assert any("rest largely on sampling noise" in note for note in stratify(adata).notes)


def test_a_missing_gene_is_refused_with_the_closest_names():
    with pytest.raises(
        DataError, match="gene 'RPS6KB' is not among the 64 names of the matrix; th"
    ):
        stratify(_cohort(), "RPS6KB")
    with pytest.raises(DataError, match="closest names are 'MYC'"):
        stratify(_cohort(), "mycc")
    with pytest.raises(DataError, match="its names look like 'ACTB'"):
        stratify(_cohort(), "@@@@@@@@")
    with pytest.raises(UsageError, match="--gene names no gene"):
        stratify(_cohort(), " ")


def test_a_silent_or_constant_gene_is_refused():
    adata = _cohort()
    adata.X[:, 0] = 0
    with pytest.raises(DataError, match="RPS6KB1 has no counts in any of 12 samples"):
        stratify(adata)
    same = _cohort()
    same.X[:] = np.arange(1, 65)
    with pytest.raises(DataError, match="RPS6KB1 has the same expression, log2 CPM"):
        stratify(same)


def test_small_groups_are_refused():
    with pytest.raises(ModelError, match="leaves 1 sample in the low group of 3 samples; at least"):
        stratify(_cohort(3))
    with pytest.raises(ModelError, match="leaves 0 samples in the high group"):
        stratify(_cohort(), cut="value:15,40")


def test_empty_samples_and_unknown_methods_are_refused():
    adata = _cohort()
    adata.X[3] = 0
    with pytest.raises(DataError, match="1 sample without any counts: 'P03'; leave them out"):
        stratify(adata)
    with pytest.raises(UsageError, match="one of tmm, median_ratio, library_size, not 'rpkm'"):
        stratify(_cohort(), normalisation="rpkm")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="--cut 'thirds' is not a cut"):
        stratify(_cohort(), cut="thirds")


def test_groups_become_a_column():
    adata = _cohort()
    result = stratify(adata)
    kept, column = with_groups(adata, result)
    assert column == "group"
    assert kept.obs["group"].tolist() == ["low"] * 4 + ["high"] * 4
    assert kept.n_obs == 8
    assert "group" not in adata.obs
    adata.obs["group"] = "x"
    kept, column = with_groups(adata, result)
    assert column == "expression_group"
    assert set(kept.obs["group"]) == {"x"}
    with pytest.raises(UsageError, match="has a column 'age' already, and the groups of RPS6KB1"):
        with_groups(adata, result, column="age")
