"""mRNA against protein, and samples of several tables brought together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rnaseq_s6k1.cohort.matching import by_patient, matched, require_overlap
from rnaseq_s6k1.cohort.protein import PROTEIN_COLUMNS, mrna_against_protein
from rnaseq_s6k1.errors import DataError, ModelError

NAMES = [f"s{k:02d}" for k in range(30)]


@pytest.fixture
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    genes = ["G", *(f"B{k:02d}" for k in range(20))]
    mrna = pd.DataFrame(rng.normal(size=(30, 21)), index=NAMES, columns=genes)
    protein = mrna * 0.3 + rng.normal(size=mrna.shape)
    protein["G"] = mrna["G"] + rng.normal(0, 0.3, 30)
    protein["p-G"] = protein["G"] * -1
    protein.loc["s03", "G"] = np.nan
    return mrna, protein


def test_scipy_agrees(tables, tmp_path):
    mrna, protein = tables
    found = mrna_against_protein(mrna, protein, [("B00", "B00"), ("G", "G"), ("G", "p-G")])
    assert tuple(found.table.columns) == PROTEIN_COLUMNS
    rows = found.table.set_index("protein")
    kept = protein["G"].notna()
    expected = stats.spearmanr(mrna.loc[kept, "G"], protein.loc[kept, "G"])
    assert rows.loc["G", "rho"] == pytest.approx(expected.statistic)
    assert rows.loc["G", "pvalue"] == pytest.approx(expected.pvalue, rel=1e-6)
    assert rows.loc["G", "n"] == 29
    assert rows.loc["p-G", "rho"] < 0
    assert len(found.background) == 21
    assert rows.loc["G", "percentile"] == pytest.approx(100 * 20.5 / 21)
    assert len(found.samples) == 30 + 29 + 29 + 1
    assert [path.name for path in found.write(tmp_path)] == [
        "correlations.tsv", "background.tsv", "samples.tsv",
    ]  # fmt: skip


def test_refusals(tables):
    mrna, protein = tables
    with pytest.raises(DataError, match="protein table has no row 'g'; near it are 'G', 'p-G'"):
        mrna_against_protein(mrna, protein, [("G", "g")])
    with pytest.raises(DataError, match="the mRNA table has no row 'Q'"):
        mrna_against_protein(mrna, protein, [("Q", "G")])
    with pytest.raises(DataError, match="3 samples with both, where a correlation needs four"):
        mrna_against_protein(mrna.iloc[:4], protein.iloc[:4], [("G", "G")])
    with pytest.raises(ModelError, match="do not vary"):
        mrna_against_protein(mrna * 0, protein, [("G", "G")])


def test_tables_are_matched_by_patient():
    one = pd.DataFrame(
        {"x": [1, 2, 3, 4]},
        index=["TCGA-AA-0001-01A", "TCGA-AA-0002-01A", "TCGA-AA-0002-11A", "TCGA-AA-0009-01A"],
    )
    other = pd.DataFrame({"y": [5, 6]}, index=["TCGA-AA-0002", "TCGA-AA-0001"])
    found = matched({"one": one, "other": other})
    assert list(found["one"].index) == ["TCGA-AA-0001", "TCGA-AA-0002"]
    assert found["one"]["x"].tolist() == [1, 2]
    assert found["other"]["y"].tolist() == [6, 5]
    assert by_patient(pd.DataFrame({"x": [1, 2]}, index=["b", "a"]))["x"].tolist() == [2, 1]


def test_no_shared_sample_is_said_with_examples():
    with pytest.raises(DataError, match=r"mRNA \(1 sample, first 'a'\), protein \(1 sample, fir"):
        require_overlap({"mRNA": ["a"], "protein": ["b"]})
