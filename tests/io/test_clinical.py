"""Clinical and survival tables."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

import rnaseq_s6k1
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.clinical import is_clinical, read_clinical, read_survival


def refusal(path, read=read_clinical) -> str:
    with pytest.raises(DataError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_study_joins_patients_and_samples(portals):
    study = portals / "cbioportal"
    table = rnaseq_s6k1.read_clinical(study)
    assert table.index.name == "sample"
    assert list(table.index) == [f"TCGA-ZZ-A00{n}-01" for n in range(1, 5)]
    assert list(table.columns) == [
        "patient", "OS", "OS.time", "DFS", "DFS.time",
        "ER_STATUS_BY_IHC", "SAMPLE_TYPE", "ONCOTREE_CODE", "AGE", "RACE",
    ]  # fmt: skip
    assert table.attrs["time_unit"] == "months"
    assert table.attrs["endpoints"] == ("OS", "DFS")
    np.testing.assert_array_equal(table["OS"], [1, 0, np.nan, 1])
    np.testing.assert_array_equal(table["OS.time"], [42.97, 82.5, np.nan, 18.96])
    np.testing.assert_array_equal(table["AGE"], [61, 48, np.nan, 70])
    assert table["RACE"].tolist() == ["WHITE", "ASIAN", None, "WHITE"]
    # Whichever of the two is given, the other lies beside it.
    for name in ("data_clinical_sample.txt", "data_clinical_patient.txt"):
        pd.testing.assert_frame_equal(read_clinical(study / name), table)


def test_a_patient_table_alone_is_by_patient(own_portals):
    (own_portals / "cbioportal" / "data_clinical_sample.txt").unlink()
    table = read_clinical(own_portals / "cbioportal")
    assert table.attrs["by_patient"]
    assert table.index[0] == "TCGA-ZZ-A001"
    assert "patient" not in table


def test_the_web_site_s_table(portals):
    table = read_clinical(portals / "cbioportal_web" / "zzzz_tcga_clinical_data.tsv")
    assert list(table.columns)[:5] == ["patient", "OS", "OS.time", "PFS", "PFS.time"]
    assert table.attrs["time_unit"] == "months"
    np.testing.assert_array_equal(table["PFS"], [1, 0, np.nan])


def test_xena_s_survival_table(portals, caplog):
    table = rnaseq_s6k1.read_survival(portals / "xena" / "ZZZZ_survival.txt")
    assert list(table.columns) == [
        "patient", "OS", "OS.time", "DSS", "DSS.time", "DFI", "DFI.time", "PFI", "PFI.time",
    ]  # fmt: skip
    assert table.attrs["time_unit"] == "days"
    assert table.loc["TCGA-ZZ-A001-01", "OS.time"] == 1308
    assert np.isnan(table.loc["TCGA-ZZ-A001-01", "DFI"])
    assert table.loc[["TCGA-ZZ-A003-01"], "OS":"PFI.time"].isna().all(axis=None)
    assert "2 times of OS negative, taken as missing: 'TCGA-ZZ-A003-01'" in caplog.text


def test_clinical_matrices_of_both_hubs(portals):
    old = read_clinical(portals / "xena" / "ZZZZ_clinicalMatrix")
    assert old.attrs["endpoints"] == ("OS",)
    assert old.loc["TCGA-ZZ-A004-01", ["OS", "OS.time"]].tolist() == [1, 577]
    assert old.loc["TCGA-ZZ-A001-01", "patient"] == "TCGA-ZZ-A001"
    new = read_clinical(portals / "xena" / "TCGA-ZZZZ.clinical.tsv.gz")
    assert new.index[0] == "TCGA-ZZ-A001-01A"
    assert new.attrs["endpoints"] == ()
    assert "no endpoint: no pair of columns such as OS and OS.time" in refusal(
        portals / "xena" / "TCGA-ZZZZ.clinical.tsv.gz", read_survival
    )


def test_a_table_of_ones_own(write):
    text = "sample\tarm\tRFS\tRFS.time\tage\na\tx\t1\t10.5\t50\nb\ty\t0\tNA\t60\nc\tx\t1\t3\t70\n"
    table = read_survival(write("mine.tsv", text))
    assert list(table.columns) == ["RFS", "RFS.time"]
    np.testing.assert_array_equal(table["RFS"], [1, np.nan, 1])


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("1:DECEASED", 1), ("0:LIVING", 0), ("DECEASED", 1), ("LIVING", 0), ("1", 1), ("0.0", 0),
        ("Recurred/Progressed", 1), ("DiseaseFree", 0), ("1:anything at all", 1),
        ("0:ALIVE OR DEAD TUMOR FREE", 0),
    ],
)  # fmt: skip
def test_events_are_understood(write, status, event):
    text = f"PATIENT_ID\tSAMPLE_ID\tX_STATUS\tX_MONTHS\np\ts\t{status}\t3\n"
    table = read_survival(write("t.txt", text))
    assert table["X"].tolist() == [event]
    assert table["X.time"].tolist() == [3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\tb\n1\t2\n", "no column of samples (SAMPLE_ID, Sample ID, sampleID, sample)"),
        ("sample\tx\na\t1\na\t2\n", "lines 2 and 3 say different things of 'a'; keep one row"),
        ("sample\tx\na\t1\n\t2\n", "line 3: no sample; fill it in"),
        ("sample\tx\na\t1\t2\n", "line 2 has 3 fields where the header (line 1) has 2"),
        ("sample\tx\tx\na\t1\t2\n", "names 'x' more than once"),
        ("sample\tx\n", "a header (line 1) and no rows"),
        ("sample\tOS\tOS.time\na\tmaybe\t2\n", "line 2, endpoint OS: 'maybe' is no event"),
        ("sample\tOS\tOS.time\na\t2\t2\n", "line 2, endpoint OS: '2' is no event; write 1 or 0"),
        ("sample\tOS\tOS.time\na\t1\tlong\n", "endpoint OS: the time 'long' is not a number"),
        (
            "sample\tOS\tOS.time\tPFS_STATUS\tPFS_MONTHS\na\t1\t9\t1\t3\n",
            "endpoints in days and in months in one table (OS in days, PFS in months)",
        ),
    ],
)
def test_faulty_tables_are_refused(write, text, words):
    assert words in refusal(write("t.tsv", text))


def test_rows_that_repeat_a_sample_count_once(write, caplog):
    caplog.set_level(logging.INFO)
    assert len(read_clinical(write("t.tsv", "sample\tx\na\t1\na\t1\nb\t1\n"))) == 2
    assert "1 row repeated" in caplog.text


def test_patients_of_another_study_are_refused(own_portals, caplog):
    path = own_portals / "cbioportal" / "data_clinical_patient.txt"
    text = path.read_text()
    path.write_text(text.replace("\nTCGA-ZZ-A004", "\nTCGA-ZZ-B004"))
    table = read_clinical(path.parent)
    assert np.isnan(table.loc["TCGA-ZZ-A004-01", "OS"])
    assert "nothing on 1 patient of the sample table: 'TCGA-ZZ-A004'" in caplog.text
    path.write_text(text.replace("TCGA-ZZ", "TCGA-YY"))
    assert "holds none of the patients of the sample table" in refusal(path.parent)


def test_missing_and_truncated_files_are_refused(tmp_path, portals):
    assert "no such file" in refusal(tmp_path / "x.tsv")
    assert "neither data_clinical_sample.txt nor data_clinical_patient.txt" in refusal(tmp_path)
    source = portals / "xena" / "TCGA-ZZZZ.clinical.tsv.gz"
    (tmp_path / source.name).write_bytes(source.read_bytes()[:-10])
    assert "the gzip file is truncated" in refusal(tmp_path / source.name)


def test_portals_tables_are_told_from_sheets_made_by_hand(portals, write):
    for name in (
        "cbioportal", "cbioportal/data_clinical_patient.txt", "xena/ZZZZ_survival.txt",
        "cbioportal_web/zzzz_tcga_clinical_data.tsv", "xena/ZZZZ_clinicalMatrix",
        "xena/TCGA-ZZZZ.clinical.tsv.gz",
    ):  # fmt: skip
        assert is_clinical(portals / name), name
    assert not is_clinical(write("s.tsv", "sample\tgroup\tOS\tOS.time\na\tx\t1\t2\n"))
    assert not is_clinical(write("s.csv", "sample,SAMPLE_ID\na,b\n"))
    assert not is_clinical(portals / "nothing.tsv")


@pytest.mark.shared_data
def test_the_real_cohort_s_endpoints(shared):
    path = shared / "data" / "tcga_brca_115" / "samples.tsv"
    table = read_survival(path)
    assert table.attrs["endpoints"] == ("OS", "DSS", "DFI", "PFI")
    assert table.shape == (115, 8)
    assert table["OS"].sum() == 13
