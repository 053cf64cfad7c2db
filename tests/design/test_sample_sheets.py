from __future__ import annotations

import gzip
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.design import sheet_text
from rnaseq_s6k1.design.samples import attach_samples, make_names, read_sample_sheet
from rnaseq_s6k1.errors import DataError

NAMES = ["s1", "s2", "s3"]


def written(folder: Path, content: str | bytes, name: str = "samples.tsv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def refused(path: Path, names: list[str] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_sample_sheet(path, NAMES if names is None else names)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value).replace(str(path), "FILE")


def counts(names: list[str]) -> AnnData:
    return AnnData(np.ones((len(names), 2), dtype=np.int32), obs=pd.DataFrame(index=names))


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("packed", [False, True])
def test_forms_of_a_sheet(
    tmp_path: Path, separator: str, end: str, mark: str, packed: bool
) -> None:
    lines = ["sample,group,note", 's1,si,"a, b; c"', "s2,nc,NA", "", "s3,nc,"]
    text = mark + end.join(line.replace(",", separator) for line in lines)
    text = text.replace(f"a{separator} b; c", "x").replace(f"a{separator} b{separator} c", "x")
    content = text.encode("utf-8")
    sheet = read_sample_sheet(
        written(tmp_path, gzip.compress(content) if packed else content), NAMES
    )
    assert list(sheet.index) == NAMES
    assert list(sheet.columns) == ["group", "note"]
    assert sheet["group"].tolist() == ["si", "nc", "nc"]
    assert sheet["note"].isna().tolist() == [False, True, True]


def test_types_of_columns(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "sample\tn\tgap\tx\tcode\tflag\tpart\ttext\tvoid\tword\n"
        "1\t6\t1\t0.5\t01\tTRUE\tTRUE\ta\t\tnan\n"
        "2\t7\tNA\t1e-3\t02\tfalse\tNA\tNA\tNA\tN/A\n",
    )
    sheet = read_sample_sheet(path, ["1", "2"])
    assert list(sheet.index) == ["1", "2"]
    assert sheet["n"].dtype == np.int64
    assert sheet["gap"].dtype == np.float64
    assert sheet["x"].tolist() == [0.5, 0.001]
    assert sheet["code"].tolist() == ["01", "02"]
    assert sheet["flag"].tolist() == [True, False]
    assert sheet["flag"].dtype == bool
    assert sheet["part"].tolist() == ["TRUE", None]
    assert sheet["text"].isna().tolist() == [False, True]
    assert sheet["void"].isna().all()
    assert sheet["word"].tolist() == ["nan", "N/A"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("group\tSample", "group"),
        ("group\tSAMPLE_ID", "group"),
        ("group\tSample Name", "group"),
        ("group\tId", "group"),
        ("group\tbarcode", "group"),
    ],
)
def test_the_id_column(tmp_path: Path, header: str, expected: str) -> None:
    path = written(tmp_path, f"{header}\nsi\ts1\nnc\ts2\nnc\ts3\n")
    sheet = read_sample_sheet(path, NAMES)
    assert list(sheet.index) == NAMES
    assert list(sheet.columns) == [expected]


def test_sample_goes_before_id_unless_only_id_fits(tmp_path: Path) -> None:
    path = written(tmp_path, "id\tsample\tg\ns1\tA\tx\ns2\tB\ty\n")
    assert list(read_sample_sheet(path, ["A", "B"]).index) == ["A", "B"]
    assert list(read_sample_sheet(path, ["s1", "s2"]).index) == ["s1", "s2"]
    assert list(read_sample_sheet(path, ["q"]).index) == ["A", "B"]


def test_a_fallback_id_column_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path, "g\tbarcode\nx\ts1\ny\ts2\n")
    with caplog.at_level(logging.INFO):
        read_sample_sheet(path, ["s1", "s2"])
    assert "samples are named by column barcode" in caplog.text


def test_row_names_of_r(tmp_path: Path) -> None:
    short = written(tmp_path, '"group" "x"\n'.replace(" ", "\t") + '"s1"\t"si"\t1\n"s2"\t"nc"\t2\n')
    assert list(read_sample_sheet(short, ["s1", "s2"]).columns) == ["group", "x"]
    unnamed = written(tmp_path, '"","group"\n"s1","si"\n"s2","nc"\n', "samples.csv")
    sheet = read_sample_sheet(unnamed, ["s1", "s2"])
    assert list(sheet.index) == ["s1", "s2"]
    assert sheet.index.name == "sample"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "FILE: the file is empty"),
        ("\n \n", "FILE: the file is empty"),
        ("sample\tgroup\n", "there is a header but no row"),
        ("sample\ns1\ns2\n", "no column besides the samples' names"),
        ("sample\tgroup\ns1\tsi\ns2\n", "FILE, line 3: 1 cells where the header has 2"),
        ("sample\tgroup\ns1\tsi\ns1\tnc\n", "line 3: sample 's1' is already on line 2"),
        ("sample\tgroup\ns1\tsi\nNA\tnc\n", "line 3: the sample has no name"),
        ("sample\tgroup\tgroup\ns1\ta\tb\n", "names 'group' more than once"),
        ("sample\tgroup\t\ns1\ta\tb\n", "column 3 has no name"),
        ("sample\t_index\ns1\ta\n", "'_index' is reserved"),
        ("group\tx\nsi\t1\nnc\t2\n", "none holds all samples of the matrix ('s1', 's2', 's3')"),
        ("group\tbarcode\nsi\ts1\nnc\ts2\n", "column 'barcode' lacks only 's3'"),
        ("sample\tgroup\ns1\tm\u00fcll\n".encode("latin-1"), "FILE, line 2: not UTF-8 text"),
        ("sample\tgroup\n".encode("utf-16"), "not UTF-8 text"),
        (b"sample\tgroup\ns1\ta\x00b\n", "line 2: holds NUL bytes"),
        (b"PK\x03\x04rest", "this is a spreadsheet file; export it as TSV or CSV"),
        (gzip.compress(b"sample\tgroup\n" * 50, mtime=0)[:-12], "the gzip file is"),
        (b"\x1f\x8bnonsense", "the gzip file is damaged"),
        ('sample\tgroup\ns1\t"si\n', "check the quotes"),
    ],
)
def test_refused_sheets(tmp_path: Path, content: str | bytes, words: str) -> None:
    assert words in refused(written(tmp_path, content))


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.tsv")
    assert "cannot be read" in refused(tmp_path)


def test_bombs_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_text, "_LARGEST", 1 << 20)
    path = written(tmp_path, gzip.compress(b"a\tb\n" * (1 << 20)))
    assert "larger than 1 MiB" in refused(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=80))
def test_arbitrary_bytes_raise_nothing_but_data_errors(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    try:
        sheet = read_sample_sheet(path, NAMES)
    except DataError:
        return
    assert sheet.index.is_unique


def test_attaching_keeps_the_order_of_the_matrix() -> None:
    sheet = pd.DataFrame({"group": ["c", "a", "b"], "n": [3, 1, 2]}, index=["s3", "s1", "s2"])
    adata = counts(NAMES)
    adata.obs["group"] = "old"
    adata.obs["depth"] = [7, 8, 9]
    joined = attach_samples(adata, sheet)
    assert joined.obs["group"].tolist() == ["a", "b", "c"]
    assert joined.obs["n"].tolist() == [1, 2, 3]
    assert joined.obs["depth"].tolist() == [7, 8, 9]
    assert adata.obs["group"].tolist() == ["old"] * 3


@pytest.mark.parametrize(
    ("matrix", "sheet", "words"),
    [
        (["a", "b"], ["a"], "the sample sheet lacks the sample 'b' of the matrix; add rows"),
        (["a"], ["a", "b", "c"], "the matrix lacks the samples 'b', 'c' of the sample sheet; dr"),
        (["X1.a"], ["1-a"], "R has rewritten the matrix's names"),
        (["X1.a"], ["1-a"], "'1-a' in the sheet is 'X1.a' in the matrix"),
        (["1-a"], ["X1.a"], "R has rewritten the sheet's names (make.names): 'X1.a' in the sheet"),
        (["siNC_1"], ["SINC_1"], "they differ in upper and lower case"),
        (["siNC_1"], ["siNC-1"], "they differ in separators"),
        (["sample_01"], ["sample_1"], "the names must be the same (did you mean 'sample_1'?)"),
    ],
)
def test_mismatches_are_named(matrix: list[str], sheet: list[str], words: str) -> None:
    table = pd.DataFrame({"g": range(len(sheet))}, index=sheet)
    with pytest.raises(DataError) as caught:
        attach_samples(counts(matrix), table)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "rewritten"),
    [("1-a b", "X1.a.b"), ("_x", "X_x"), (".2", "X.2"), (".a", ".a"), ("ok_1", "ok_1")],
)
def test_make_names(name: str, rewritten: str) -> None:
    assert make_names(name) == rewritten


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("sheet", "matrix", "separator", "n_ids"),
    [
        ("airway/samples.csv", "airway/counts.csv.gz", ",", 1),
        ("bottomly/samples.tsv", "bottomly/counts.tsv.gz", "\t", 1),
        ("pasilla/samples.tsv", "pasilla/counts.tsv.gz", "\t", 1),
        ("t47d_e2_gse89888/samples.tsv", "t47d_e2_gse89888/counts.tsv.gz", "\t", 2),
        ("tcga_brca_115/samples.tsv", "tcga_brca_115/counts.tsv.gz", "\t", 1),
    ],
)
def test_real_sheets(shared: Path, sheet: str, matrix: str, separator: str, n_ids: int) -> None:
    with gzip.open(shared / "data" / matrix, "rt", encoding="utf-8") as stream:
        header = stream.readline().rstrip("\n").split(separator)
    names = [cell.strip('"') for cell in header[n_ids:]]
    table = read_sample_sheet(shared / "data" / sheet, names)
    joined = attach_samples(counts(names), table)
    assert list(joined.obs_names) == names
    assert joined.obs.notna().any(axis=None)
