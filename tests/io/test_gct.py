"""GCT files: any numbers as a table, counts as AnnData, and the refusals of both."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.counts import read_counts
from rnaseq_s6k1.io.detect import detect_format
from rnaseq_s6k1.io.gct import read_gct, write_gct

V12 = "#1.2\n3\t2\nName\tDescription\ts1\ts2\ng1\tna\t10\t0\ng2\tsome words\t3\t4\ng3\tna\t0\t7\n"
V13 = (
    "#1.3\n3\t2\t2\t2\n"
    "id\tgene_symbol\tband\ts1\ts2\n"
    "treatment\tna\tna\tE2\tveh\n"
    "dose\tna\tna\t1.5\t0\n"
    "ENSG00000141510.18\tTP53\t17p13\t10\t0\n"
    "ENSG00000136997.21\tMYC\t8q24\t3\t4\n"
    "ENSG00000139687.16\t\t13q14\t0\t7\n"
)
VALUES = [[10, 0], [3, 4], [0, 7]]

field = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8
).filter(lambda text: text.isprintable() and not (text[0] == text[-1] == '"'))
numbers = st.one_of(st.integers(-(2**40), 2**40), st.floats(allow_nan=False, allow_infinity=False))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_written_reads_back(data):
    n_rows, n_samples = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 4)))
    values = data.draw(
        st.lists(
            st.lists(st.one_of(numbers, st.none()), min_size=n_samples, max_size=n_samples),
            min_size=n_rows,
            max_size=n_rows,
        )
    )
    table = pd.DataFrame(
        np.array(values, dtype=float),
        index=data.draw(st.lists(field, min_size=n_rows, max_size=n_rows)),
        columns=data.draw(st.lists(field, min_size=n_samples, max_size=n_samples)),
    )
    texts = data.draw(st.lists(field, min_size=n_rows, max_size=n_rows))
    with tempfile.TemporaryDirectory() as folder:
        write_gct(table, Path(folder) / "x.gct.gz", descriptions=texts)
        back = read_gct(Path(folder) / "x.gct.gz")
    np.testing.assert_array_equal(back.to_frame().to_numpy(dtype=float), table.to_numpy())
    assert list(back.names) == list(table.index)
    assert list(back.samples) == list(table.columns)
    assert back.row_annotations["Description"].tolist() == texts


def test_version_1_2(write):
    table = read_gct(write("x.gct", V12))
    assert table.version == "1.2"
    assert table.values.tolist() == VALUES
    assert table.values.dtype == np.int32
    assert table.row_annotations["Description"].tolist() == ["na", "some words", "na"]
    assert table.sample_annotations.shape == (2, 0)
    assert table.lines.tolist() == [4, 5, 6]


def test_version_1_3_has_annotations_of_rows_and_samples(write):
    table = read_gct(write("x.gct", V13))
    assert table.version == "1.3"
    assert table.values.tolist() == VALUES
    assert table.row_annotations.columns.tolist() == ["gene_symbol", "band"]
    assert table.sample_annotations.loc["s2"].to_dict() == {"treatment": "veh", "dose": "0"}
    assert table.lines.tolist() == [6, 7, 8]


def test_version_1_3_without_any_annotation(write):
    table = read_gct(write("x.gct", "#1.3\n1\t2\t0\t0\nid\ta\tb\ng\t1\t2\n"))
    assert table.values.tolist() == [[1, 2]]
    assert table.row_annotations.shape == (1, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: gzip.compress(text.encode(), mtime=0),
        lambda text: text.replace("\n", "\t\t\n").encode(),
        lambda text: text.rstrip("\n").encode(),
        lambda text: (text + "\n \n").encode(),
        lambda text: text.replace("some words", '"some words"').encode(),
    ],
    ids=["crlf", "old mac", "bom", "gzip", "tabs", "no last line end", "blank lines", "quotes"],
)
def test_what_spreadsheets_and_editors_do_is_harmless(tmp_path, change):
    path = tmp_path / "x.gct"
    path.write_bytes(change(V12))
    table = read_gct(path)
    assert table.values.tolist() == VALUES
    assert table.row_annotations["Description"].tolist() == ["na", "some words", "na"]
    assert table.samples == ("s1", "s2")


def test_numbers_that_are_no_counts_and_missing_ones_are_read_as_they_are(write):
    text = V12.replace("\t10\t0", "\t-1.5e3\t").replace("3\t4", "NA\t0.25")
    values = read_gct(write("x.gct", text)).values
    np.testing.assert_array_equal(values, [[-1500, np.nan], [np.nan, 0.25], [0, 7]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#1.1\n1\t1\n", "line 1 is '#1.1' where a GCT file has #1.2 or #1.3"),
        ("#1.2\n", "the file ends before the numbers of rows and samples"),
        ("#1.2\n3\n", "line 2 must be the numbers of rows and samples (2 whole numbers"),
        ("#1.2\n-1\t2\n", "line 2 must be"),
        ("#1.3\n1\t2\n", "line 2 must be the numbers of rows, samples and annotations of both (4"),
        ("#1.2\n0\t2\nName\tDescription\ta\tb\n", "line 2 says that there are no values"),
        ("#1.2\n999999999\t999999999\nName\tDescription\ta\n", "line 3 has 3 fields where line 2"),
        (V12.replace("Name\tDescription", "Name"), "line 3 has 3 fields where line 2 asks for 4"),
        (V12.replace("3\t2\n", "4\t2\n", 1), "line 2 says 4 rows and the file has 3"),
        (V12.replace("3\t2\n", "2\t2\n", 1), "line 2 says 2 rows and the file has 3"),
        (V12.replace("g2\tsome words", "g2"), "line 5 has 3 fields where the header has 4"),
        (V12.replace("3\t4\n", "3\t4\t5\n"), "line 5 has 5 fields where the header has 4"),
        (V12.replace("g2\t", "\t"), "line 5: the row has no name"),
        (V12.replace("g2", "\ng2"), "line 5 is blank and others follow"),
        (V12.replace("\t4\n", "\tfour\n"), "line 5, column 's2': 'four' is not a finite number"),
        (V12.replace("\t4\n", "\t1_000\n"), "line 5, column 's2': '1_000' is not a finite number"),
        (V12.replace("\t4\n", "\t１\n"), "line 5, column 's2': '１' is not a finite number"),
        (V12.replace("\t4\n", "\tinf\n"), "line 5, column 's2': 'inf' is not a finite number"),
        (V12.replace("\t4\n", "\t1e999\n"), "line 5, column 's2': '1e999' is not a finite number"),
        (V12.replace("\t4\n", "\t=1+1\n"), "line 5, column 's2': '=1+1' is not a finite number"),
        (V12.replace("\t4\n", "\t1,000\n"), "'1,000' is not a finite number"),
        (V12.replace("\t4\n", "\t\x1b[2J\n"), "'\\x1b[2J' is not a finite number"),
        (V12.replace("g2", "g\0"), "line 5 holds a NUL byte"),
        (V13.replace("dose", "treatment"), "line 5: the annotation of the samples has the name"),
        (V13.replace("dose", ""), "line 5: the annotation of the samples has no name"),
        (V13.replace("band", "gene_symbol"), "line 3: the annotation of the rows 'gene_symbol'"),
        (V13.replace("E2\tveh", "E2"), "line 4 has 4 fields where the header has 5"),
    ],
)
def test_hostile_files_are_refused_with_the_place(write, text, says):
    path = write("x.gct", text)
    with pytest.raises(DataError) as refused:
        read_gct(path)
    message = str(refused.value)
    assert says in message
    assert message.startswith(str(path))
    assert message.isprintable()


def test_a_truncated_gzip_is_refused(tmp_path):
    path = tmp_path / "x.gct.gz"
    path.write_bytes(gzip.compress(V12.encode() * 100)[:-20])
    with pytest.raises(DataError, match="the gzip file is truncated"):
        read_gct(path)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(index=["a"]),
        pd.DataFrame({"s": ["x"]}, index=["a"]),
        pd.DataFrame({"s": [np.inf]}, index=["a"]),
        pd.DataFrame({"s": [1]}, index=[""]),
        pd.DataFrame({"s": [1]}, index=["a\tb"]),
        pd.DataFrame({"s ": [1]}, index=["a"]),
        pd.DataFrame({'"s"': [1]}, index=["a"]),
    ],
)
def test_what_would_not_read_back_is_not_written(table, tmp_path):
    with pytest.raises(DataError):
        write_gct(table, tmp_path / "x.gct")
    assert not (tmp_path / "x.gct").exists()


def test_the_usual_way_to_read_a_gct_reads_what_is_written(tmp_path):
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [0.5, 4.0]}, index=["TP53", "MYC"])
    write_gct(table, tmp_path / "x.gct")
    read = pd.read_csv(tmp_path / "x.gct", sep="\t", skiprows=2, index_col="Name")
    assert read.pop("Description").tolist() == ["na", "na"]
    pd.testing.assert_frame_equal(read, table, check_names=False)


class TestCounts:
    def test_the_format_is_found_by_content_and_by_name(self, write):
        path = write("counts.txt.gz", V12)
        assert detect_format(path) == "gct"
        for wanted in ("auto", "gct"):
            adata = read_counts(path, format=wanted)
            assert adata.X.T.tolist() == VALUES
            assert adata.uns["counts_source"]["format"] == "gct"
            assert adata.uns["counts_source"]["gct_version"] == "1.2"
        assert "gene_name" not in adata.var.columns, "descriptions are no names"
        assert adata.obs.shape == (2, 0)

    def test_the_same_counts_as_a_table(self, write, tmp_path):
        rng = np.random.default_rng(0)
        table = pd.DataFrame(
            rng.poisson(20, (50, 4)), [f"gene{i}" for i in range(50)], ["a", "b", "c", "d"]
        )
        write_gct(table, tmp_path / "x.gct")
        table.to_csv(tmp_path / "x.tsv", sep="\t")
        one, other = read_counts(tmp_path / "x.gct"), read_counts(tmp_path / "x.tsv")
        np.testing.assert_array_equal(one.X, other.X)
        assert one.X.dtype == other.X.dtype
        assert list(one.var_names) == list(other.var_names)

    def test_annotations_of_version_1_3_name_genes_and_describe_samples(self, write):
        adata = read_counts(write("x.gct", V13))
        assert list(adata.var_names) == ["ENSG00000141510", "ENSG00000136997", "ENSG00000139687"]
        assert adata.var["gene_name"].tolist() == ["TP53", "MYC", ""]
        assert adata.obs["treatment"].tolist() == ["E2", "veh"]
        assert adata.obs["dose"].tolist() == [1.5, 0.0]

    def test_descriptions_that_are_symbols_are_names(self, write):
        rows = "".join(
            f"ENSG0000000000{i}\t{symbol}\t{i}\t1\n"
            for i, symbol in enumerate(("TP53", "MYC", "GAPDH", "NA"))
        )
        adata = read_counts(write("gtex.gct", f"#1.2\n4\t2\nName\tDescription\ta\tb\n{rows}"))
        assert adata.var["gene_name"].tolist() == ["TP53", "MYC", "GAPDH", ""]

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (("\t4\n", "\t4.5\n"), "line 5, column 's2' (gene 'g2'): 4.5 is not a whole number"),
            (("\t4\n", "\t-4\n"), "line 5, column 's2' (gene 'g2'): negative value -4"),
            (("\t4\n", "\t\n"), "line 5, column 's2': the value is missing"),
            (("\t4\n", "\tNA\n"), "line 5, column 's2': the value is missing"),
            (("s2", "s1"), "sample names stand more than once"),
            (("g2", "2-Mar"), "mangled by a spreadsheet"),
        ],
    )
    def test_what_is_no_count_is_refused_as_in_any_format(self, write, change, says):
        with pytest.raises(DataError) as refused:
            read_counts(write("x.gct", V12.replace(*change)))
        assert says in str(refused.value)

    def test_genes_are_always_rows(self, write):
        with pytest.raises(UsageError, match="leave --transpose out"):
            read_counts(write("x.gct", V12), transpose=True)

    def test_estimates_are_rounded_on_request(self, write):
        adata = read_counts(write("x.gct", V12.replace("\t4\n", "\t4.5\n")), round_estimates=True)
        assert adata.X.T.tolist() == VALUES

    def test_a_file_of_phenotypes_is_sent_to_where_it_belongs(self, write):
        with pytest.raises(DataError, match=r"\.cls file of phenotypes, not counts; give it with"):
            read_counts(write("x.txt", "2 2 1\n# a b\na b\n"))
