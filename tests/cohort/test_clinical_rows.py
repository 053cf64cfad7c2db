from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd
import pytest

from rnaseq_s6k1.cohort.clinical_rows import clinical_of_samples, one_row_per_patient
from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints, read_endpoint
from rnaseq_s6k1.design.clinical import read_clinical_table
from rnaseq_s6k1.errors import DataError


def _table(index, **columns):
    return pd.DataFrame({"OS": range(len(index)), **columns}, index=pd.Index(index, dtype=object))


def test_rows_are_found_by_id_column_or_patient(caplog):
    table = _table(["b", "a", "c"])
    with caplog.at_level(logging.INFO, logger="rnaseq_s6k1"):
        found = clinical_of_samples(table, ["a", "b", "x"])
    assert found["OS"].to_dict() == {"a": 1, "b": 0}
    assert "1 sample of the matrix without a row in the clinical table: 'x'" in caplog.text
    assert "1 row of the clinical table without a sample" in caplog.text
    by_column = clinical_of_samples(_table(["r1", "r2"], barcode=["a", "b"]), ["b", "a"])
    assert by_column["OS"].to_dict() == {"b": 1, "a": 0}
    patients = _table(["TCGA-A8-A08X", "TCGA-AR-A0TY"])
    found = clinical_of_samples(patients, ["TCGA-AR-A0TY-01A-12R-A115-07", "TCGA.A8.A08X.01"])
    assert found["OS"].tolist() == [1, 0]


def test_one_row_a_patient():
    table = _table(["TCGA-A8-A08X-01", "TCGA-A8-A08X-11", "TCGA-AR-A0TY-01", "plain"])
    assert one_row_per_patient(table)["OS"].tolist() == [0, 2, 3]


def test_what_cannot_be_matched_is_refused():
    with pytest.raises(DataError, match=r"none of 2 samples of the matrix \('a', 'b'\) is in the"):
        clinical_of_samples(_table(["x", "y"]), ["a", "b"])
    twice = _table(["r1", "r2"], name=["a", "a"])
    with pytest.raises(DataError, match="one row a sample or patient"):
        clinical_of_samples(twice, ["a"])


def test_the_portals_tables_keep_their_unit():
    portals = Path(__file__).resolve().parents[1] / "fixtures" / "portals"
    table = read_clinical_table(portals / "cbioportal" / "data_clinical_patient.txt")
    one_each = one_row_per_patient(table)
    endpoint = {one.name: one for one in find_endpoints(one_each)}["OS"]
    assert (endpoint.unit, endpoint.stated) == ("months", True)
    assert read_endpoint(one_each, endpoint).event.any()
    weeks = find_endpoints(one_each, ["OS"], time_unit="weeks")[0]
    assert weeks.unit == "weeks"
    xena = one_row_per_patient(read_clinical_table(portals / "xena" / "ZZZZ_survival.txt"))
    assert find_endpoints(xena, ["OS"])[0].unit == "days"


def test_clinical_tables_are_read(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("PATIENT_ID;OS;code\nP1;1;007\nP2;NA;=1+1\n")
    table = read_clinical_table(path)
    assert table.index.tolist() == ["P1", "P2"]
    assert table["code"].tolist() == ["007", "=1+1"]
    assert pd.isna(table["OS"]["P2"])
    path.write_text("IHC,months\nhigh,3\nlow,4.5\n")
    assert read_clinical_table(path).index.tolist() == ["row 1", "row 2"]
    path.write_text("id,x\nA,1\nA,2\n")
    with pytest.raises(DataError, match="line 3: 'A' is already on line 2"):
        read_clinical_table(path)
    path.write_text("id,x\n,1\n")
    with pytest.raises(DataError, match="line 2: the row has no name"):
        read_clinical_table(path)
