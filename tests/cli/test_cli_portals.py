"""Commands on the files of the portals."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table


@pytest.mark.parametrize(
    ("counts", "options", "n"),
    [
        ("gdc", (), 7),
        ("gdc", ("--strandedness", "reverse"), 7),
        ("xena/TCGA-ZZZZ.star_counts.tsv.gz", ("--format", "xena"), 6),
        ("cbioportal", ("--round",), 4),
    ],
)
def test_validate_reads_them(cli, portals, tmp_path, counts, options, n):
    sheet = tmp_path / "sheet.tsv"
    from rnaseq_s6k1.io.counts import read_counts

    names = list(read_counts(portals / counts, round_estimates="--round" in options).obs_names)
    groups = ["ctrl", "tumour"] * n
    pd.DataFrame({"sample": names, "group": groups[:n]}).to_csv(sheet, sep="\t", index=False)
    outcome = cli("validate", portals / counts, "--samples", sheet, *options)
    assert outcome.code == 0, outcome.err
    assert f"genes, {n} samples" in outcome.out


@pytest.mark.parametrize("samples", ["cbioportal", "xena/ZZZZ_clinicalMatrix"])
def test_stratify_takes_a_clinical_table(cli, portals, tmp_path, samples):
    outcome = cli(
        *("stratify", portals / "gdc", "--samples", portals / samples, "--cut", "median"),
        *("-o", tmp_path / "out", "--no-figures"),
    )
    assert outcome.code == 0, outcome.err
    table = read_table(tmp_path / "out" / "stratify" / "samples.tsv").set_index("sample")
    assert (table["group"] != "excluded").sum() == 4
    assert "second sample of a patient" in table.loc["TCGA-ZZ-A002-01A-11R-A00Z-07", "reason"]
    assert "solid tissue normal" in table.loc["TCGA-ZZ-A003-11A-11R-A115-07", "reason"]
    assert "OS.time" in table
    assert (
        "replicates of 1 patient, the first of each is used: "
        "TCGA-ZZ-A002-01A-21R-A115-07 > TCGA-ZZ-A002-01A-11R-A00Z-07"
    ) in outcome.err
    record = json.loads((tmp_path / "out" / "stratify" / "run.json").read_text())
    assert len(record["inputs"]) == 2


def test_where_works_on_the_gdc_s_own_sheet(cli, portals, tmp_path):
    outcome = cli(
        *("stratify", portals / "gdc", "--where", "sample_type=Primary Tumor"),
        *("--cut", "median", "-o", tmp_path, "--no-figures"),
    )
    assert outcome.code == 0, outcome.err
    assert len(read_table(tmp_path / "stratify" / "samples.tsv")) == 5


def test_a_clinical_table_of_another_cohort_is_one_line(cli, portals, tmp_path):
    path = tmp_path / "other.txt"
    path.write_text("PATIENT_ID\tSAMPLE_ID\tX\nq\tQ-01\t1\n")
    outcome = cli("validate", portals / "gdc", "--samples", path)
    assert outcome.code == 1
    assert "has none of the samples" in outcome.error
