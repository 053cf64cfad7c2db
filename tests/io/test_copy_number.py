"""Copy-number calls of cBioPortal, GISTIC2 and Xena."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

import rnaseq_s6k1
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.copy_number import read_copy_number

HEAD = "Hugo_Symbol\tEntrez_Gene_Id\tS1\tS2\n"


def refusal(path) -> str:
    with pytest.raises(DataError) as caught:
        read_copy_number(path)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    return str(caught.value)


def test_a_study_of_cbioportal(portals):
    table = rnaseq_s6k1.read_copy_number(portals / "cbioportal")
    assert table.index.name == "gene"
    assert list(table.columns) == [f"TCGA-ZZ-A00{n}-01" for n in range(1, 5)]
    assert set(map(str, table.dtypes)) == {"Int8"}
    assert table.loc["RPS6KB1"].tolist() == [2, 0, -1, 1]
    assert table.loc["MYC", "TCGA-ZZ-A004-01"] is pd.NA
    # A row without a symbol goes by its Entrez id; -1.5 is the deep deletion of older studies.
    assert table.loc["100130426"].tolist() == [0, 0, -2, 0]
    assert table.equals(read_copy_number(portals / "cbioportal" / "data_cna.txt"))


def test_gistic_and_xena_say_the_same(portals):
    gistic = read_copy_number(portals / "gistic")
    xena = read_copy_number(
        portals / "xena" / "Gistic2_CopyNumber_Gistic2_all_thresholded.by_genes.gz"
    )
    assert gistic.columns[0] == "TCGA-ZZ-A001-01A-11D-A12N-01"
    assert gistic.set_axis(xena.columns, axis=1).equals(xena)
    cbio = read_copy_number(portals / "cbioportal").loc[xena.index]
    assert xena.equals(cbio.fillna(0))


@pytest.mark.parametrize("missing", ["NA", "", "NaN", " NA "])
def test_missing_calls(write, missing):
    table = read_copy_number(write("data_cna.txt", HEAD + f"MYC\t1\t{missing}\t 2\n"))
    assert table.loc["MYC", "S1"] is pd.NA
    assert table.loc["MYC", "S2"] == 2


def test_rows_that_repeat_a_gene_count_once(write, caplog):
    caplog.set_level(logging.INFO)
    text = HEAD + "MYC\t1\t0\t2\nRB1\t2\t0\t0\nMYC\t1\t0\t2\n\t\t1\t1\n"
    table = read_copy_number(write("data_cna.txt.gz", text))
    assert list(table.index) == ["MYC", "RB1"]
    assert "1 row repeated" in caplog.text
    assert "left out 1 gene without a name" in caplog.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "MYC\t1\t0\t2\nMYC\t1\t0\t1\n", "lines 2 and 3 give the gene 'MYC' different"),
        (HEAD + "MYC\t1\t0.37\t2\n", "line 2, column 'S1': '0.37' is not a copy-number call"),
        (HEAD + "MYC\t1\t0\t-0.5\n", "but rather a log2 ratio or mean; give the discrete table"),
        (HEAD + "MYC\t1\t0\t5\n", "but rather a number of copies"),
        (HEAD + "MYC\t1\t0\tgain\n", "line 2, column 'S2': 'gain' is not a copy-number call"),
        (HEAD + "MYC\t1\t0\n", "line 2 has 3 fields where the header (line 1) has 4"),
        (HEAD, "a header (line 1) and no rows"),
        (HEAD + "\t\t0\t1\n", "no row names a gene"),
        ("Hugo_Symbol\tS1\tS1\nMYC\t0\t1\n", "names 'S1' more than once"),
        ("Hugo_Symbol\tEntrez_Gene_Id\nMYC\t1\n", "no column of a sample"),
        ("Chromosome\tStart\tS1\n1\t2\t0\n", "the first columns name no gene"),
        (
            "Hugo_Symbol\tEntrez_Gene_Id\tSample_Id\tValue\nMYC\t1\tS1\t2\n",
            "cBioPortal's long format",
        ),
        ("# only a comment\n", "holds no table"),
    ],
)
def test_what_is_no_table_of_calls_is_refused(write, text, words):
    assert words in refusal(write("data_cna.txt", text))


def test_missing_and_truncated_files_are_refused(write, tmp_path):
    assert "no such file" in refusal(tmp_path / "data_cna.txt")
    assert "neither data_cna.txt (cBioPortal) nor all_thresholded" in refusal(tmp_path)
    path = write("data_cna.txt.gz", HEAD + "MYC\t1\t0\t2\n" * 60)
    path.write_bytes(path.read_bytes()[:-10])
    assert "the gzip file is truncated" in refusal(path)
