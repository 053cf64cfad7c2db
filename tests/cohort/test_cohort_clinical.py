from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.cohort.clinical import align_samples, attach_clinical
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.clinical import read_clinical
from rnaseq_s6k1.io.copy_number import read_copy_number
from rnaseq_s6k1.io.counts import read_counts


def test_a_study_joins_counts_of_the_gdc(portals, caplog):
    adata = read_counts(portals / "gdc")
    joined = attach_clinical(adata, read_clinical(portals / "cbioportal"))
    assert list(joined.obs_names) == list(adata.obs_names)
    obs = joined.obs
    assert obs.loc["TCGA-ZZ-A001-01A-11R-A00Z-07", "ER_STATUS_BY_IHC"] == "Positive"
    # Two aliquots of one sample share its row; normal and metastasis have none.
    twins = obs[obs.index.str.startswith("TCGA-ZZ-A002")]
    assert twins["OS.time"].tolist() == [82.5, 82.5]
    assert obs.loc[["TCGA-ZZ-A003-11A-11R-A115-07"], "ER_STATUS_BY_IHC"].isna().all()
    assert "says nothing of 2 samples: 'TCGA-ZZ-A003-11A-11R-A115-07'" in caplog.text
    assert obs["sample_type"].iloc[0] == "Primary Tumor"


def test_a_table_by_patient_speaks_of_primary_tumours(portals, tmp_path):
    path = tmp_path / "data_clinical_patient.txt"
    path.write_text((portals / "cbioportal" / path.name).read_text())
    obs = attach_clinical(read_counts(portals / "gdc"), read_clinical(path)).obs
    assert obs.loc["TCGA-ZZ-A003-01A-11R-A115-07", "OS"] is not None
    assert obs.loc["TCGA-ZZ-A001-01A-11R-A00Z-07", "AGE"] == 61
    assert np.isnan(obs.loc["TCGA-ZZ-A003-11A-11R-A115-07", "AGE"])


def test_copy_number_is_aligned_by_its_transpose(portals):
    adata = read_counts(portals / "xena" / "TCGA-ZZZZ.star_counts.tsv.gz")
    calls = align_samples(read_copy_number(portals / "gistic").T, adata.obs_names)
    assert list(calls.index) == list(adata.obs_names)
    assert calls["RPS6KB1"].tolist() == [2, 0, -1, pd.NA, 1, pd.NA]


def test_empty_columns_are_left_out_and_attributes_stay(portals):
    table = pd.DataFrame({"x": [1, 2], "y": [np.nan, 3.0]}, index=["TCGA-ZZ-A001-01", "other"])
    table.attrs["time_unit"] = "days"
    adata = read_counts(portals / "gdc")
    joined = attach_clinical(adata, table)
    assert "y" not in joined.obs
    assert joined.obs["x"].dropna().tolist() == [1]
    assert align_samples(table, adata.obs_names).attrs == {"time_unit": "days"}


def test_a_table_of_another_cohort_is_refused(portals):
    table = pd.DataFrame({"x": [1]}, index=["TCGA-YY-A001-01"])
    with pytest.raises(DataError, match=r"has none of the samples .* both are of one cohort"):
        attach_clinical(read_counts(portals / "gdc"), table)
