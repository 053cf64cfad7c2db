"""Mutations as MAF and as Xena's tables."""

from __future__ import annotations

import shutil

import pytest

import rnaseq_s6k1
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.mutations import MUTATION_COLUMNS, read_mutations

HEAD = "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\tHGVSp_Short\n"


def refusal(path) -> str:
    with pytest.raises(DataError) as caught:
        read_mutations(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_study_of_cbioportal(portals):
    table = rnaseq_s6k1.read_mutations(portals / "cbioportal")
    assert tuple(table.columns) == MUTATION_COLUMNS
    assert table.values.tolist() == [
        ["TCGA-ZZ-A002-01", "PIK3CA", "Missense_Mutation", "p.H1047R"],
        ["TCGA-ZZ-A003-01", "RB1", "Nonsense_Mutation", "p.R552*"],
        ["TCGA-ZZ-A003-01", "TP53", "Missense_Mutation", "p.R273C"],
        ["TCGA-ZZ-A004-01", "CCND1", "Splice_Site", ""],
    ]
    # A001 has silent mutations only: it was sequenced, and is in no row.
    assert table.attrs["sequenced"] == tuple(f"TCGA-ZZ-A00{n}-01" for n in range(1, 5))


def test_silent_mutations_are_kept_on_request(portals):
    table = read_mutations(portals / "cbioportal" / "data_mutations.txt", silent=True)
    assert set(table["class"]) >= {"Silent", "5'UTR"}
    assert len(table) == 6


def test_xena_s_table(portals):
    table = read_mutations(portals / "xena" / "ZZZZ_mc3.txt.gz")
    assert list(table["gene"]) == ["PIK3CA", "TP53"]
    assert list(table["protein_change"]) == ["p.H1047R", "p.R273C"]
    assert table.attrs["sequenced"] is None
    assert len(read_mutations(portals / "xena" / "ZZZZ_mc3.txt.gz", silent=True)) == 3


def test_a_folder_of_maf_files_is_joined(portals, tmp_path, write):
    (tmp_path / "u1").mkdir()
    shutil.copy(portals / "cbioportal" / "data_mutations.txt", tmp_path / "u1" / "a.maf")
    write("u2/b.maf.gz", "#version gdc-1.0.0\n" + HEAD + "MYC\tMissense_Mutation\tS9\tp.A1B\n")
    table = read_mutations(tmp_path)
    assert len(table) == 5
    assert table.iloc[0].tolist() == ["S9", "MYC", "Missense_Mutation", "p.A1B"]


def test_sequenced_samples_of_the_comment_line(write):
    text = "#sequenced_samples: S1 S2 S3\n" + HEAD + "MYC\tMissense_Mutation\tS1\tp.A1B\n"
    assert read_mutations(write("m.txt", text)).attrs["sequenced"] == ("S1", "S2", "S3")


def test_the_same_change_of_two_codons_counts_twice(write):
    head = HEAD.rstrip() + "\tStart_Position\n"
    row = "MYC\tMissense_Mutation\tS1\tp.A1B\t{}\n"
    text = head + row.format(1) + row.format(2) + row.format(1)
    assert len(read_mutations(write("m.txt", text))) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hugo_Symbol\tTumor_Sample_Barcode\nMYC\tS1\n", "no column Variant_Classification or"),
        ("Variant_Classification\tTumor_Sample_Barcode\nx\tS1\n", "no column Hugo_Symbol or gene"),
        ("Hugo_Symbol\tVariant_Classification\nMYC\tx\n", "no column Tumor_Sample_Barcode or"),
        (HEAD + "MYC\tMissense_Mutation\t\tp.A1B\n", "line 2, column 'Tumor_Sample_Barcode': the"),
        (HEAD + "MYC\t\tS1\tp.A1B\n", "line 2, column 'Variant_Classification': the cell is empty"),
        (HEAD + "MYC\tMissense_Mutation\tS1\n", "line 2 has 3 fields"),
        (HEAD.rstrip() + "\tHugo_Symbol\nMYC\tx\tS1\t\tMYC\n", "'Hugo_Symbol' more than once"),
        (HEAD, "a header (line 1) and no rows"),
    ],
)
def test_faulty_tables_are_refused(write, text, words):
    assert words in refusal(write("data_mutations.txt", text))


def test_missing_and_truncated_files_are_refused(write, tmp_path):
    assert "no such file" in refusal(tmp_path / "x.maf")
    assert "nor a *.maf or *.maf.gz file" in refusal(tmp_path)
    path = write("x.maf.gz", HEAD + "MYC\tMissense_Mutation\tS1\tp.A1B\n" * 50)
    path.write_bytes(path.read_bytes()[:-10])
    assert "the gzip file is truncated" in refusal(path)


def test_formulas_and_escapes_in_names_stay_text(write):
    text = HEAD + '=cmd|calc\tMissense_Mutation\tS1\t"p.A1B\n'
    row = read_mutations(write("m.txt", text)).iloc[0]
    assert row["gene"] == "=cmd|calc"
    assert row["protein_change"] == '"p.A1B'
