"""Gene sets in columns, and the choice between GMX and GMT by the file's name."""

from __future__ import annotations

import gzip
import logging

import pytest
from gene_set_cases import gene_sets
from hypothesis import given

from rnaseq_s6k1.enrichment.collections import read_gene_sets
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gene_set_file import read_gene_set_file
from rnaseq_s6k1.io.gmt import GeneSet, read_gmt, write_gmt
from rnaseq_s6k1.io.gmx import format_gmx, parse_gmx, read_gmx, write_gmx

TEXT = "A\tB\tC\nna\tpage\t\nTP53\tMYC\tRB1\nMDM2\t\tE2F1\n\t\tE2F2\n"
SETS = {
    "A": GeneSet("A", "na", ("TP53", "MDM2")),
    "B": GeneSet("B", "page", ("MYC",)),
    "C": GeneSet("C", "", ("RB1", "E2F1", "E2F2")),
}


@given(gene_sets)
def test_what_is_written_reads_back(sets):
    assert list(parse_gmx(format_gmx(sets), "x").values()) == sets


def test_columns_of_any_length_are_sets():
    assert parse_gmx(TEXT, "x") == SETS


def test_a_gmx_and_a_gmt_of_the_same_sets_are_the_same(tmp_path):
    for name in ("x.gmx", "x.gmx.gz"):
        write_gmx(SETS, tmp_path / name)
        write_gmt(SETS, tmp_path / "x.gmt")
        assert read_gmx(tmp_path / name) == read_gmt(tmp_path / "x.gmt")
        assert read_gene_set_file(tmp_path / name) == read_gene_set_file(tmp_path / "x.gmt")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: gzip.compress(text.encode(), mtime=0),
        lambda text: text.replace("\n", "\t\t\n").encode() + b"\n\t\n\n",
        lambda text: text.replace("TP53", " TP53 ").rstrip("\n").encode(),
    ],
    ids=["crlf", "bom", "gzip", "tabs and blank lines at the ends", "blanks, no last line end"],
)
def test_what_spreadsheets_and_editors_do_is_harmless(tmp_path, change):
    path = tmp_path / "sets.gmx"
    path.write_bytes(change(TEXT))
    assert read_gmx(path) == SETS


def test_repeats_weights_and_formulas_are_told(caplog):
    with caplog.at_level(logging.INFO):
        sets = parse_gmx("=A()\tB\n\t\nTP53,1.0\tMYC\nTP53\tMYC\n", "x.gmx")
    assert sets["=A()"].genes == ("TP53",)
    assert sets["B"].genes == ("MYC",)
    assert "x.gmx: 2 repeated genes within sets were dropped" in caplog.text
    assert "weights of 1 genes" in caplog.text
    assert "1 set name starts with =" in caplog.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "line 1 names no gene set"),
        (b"\t\t\n\na\tb\n", "line 1 names no gene set"),
        (b"A\nna\n", "column 1: the set 'A' has no genes"),
        (b"A\tB\nna\tna\nTP53\t\n", "column 2: the set 'B' has no genes"),
        (b"A\tB\tA\n\nx\ty\tz\n", "line 1, column 3 gives the set 'A' again, first in column 1"),
        (b"A\n\nx\ty\n", "line 3, column 2: the gene 'y' stands under no set name"),
        (b"A\t\tB\n\nx\ty\tz\n", "line 3, column 2: the gene 'y' stands under no set name"),
        (b"A\x1b[2J\n\nx\n", "line 1, column 1: 'A\\x1b[2J' holds a control character"),
        (b"A\tB\n\nx\ty\n\tz\xe2\x80\xae\n", "line 4, column 2: "),
        (
            b"A\n\nTP53, MYC\n",
            "line 3, column 1: the gene 'TP53, MYC' of the set 'A' holds a comma",
        ),
        (b"A\n\n\xff\n", "line 3 is not UTF-8 text (byte 0xff)"),
        (b"\x1f\x8b\x08\x00", "the gzip file is damaged"),
    ],
)
def test_hostile_files_are_refused_with_the_place(tmp_path, content, says):
    path = tmp_path / "sets.gmx"
    path.write_bytes(content)
    with pytest.raises(DataError) as refused:
        read_gmx(path)
    message = str(refused.value)
    assert says in message
    assert message.startswith(str(path))
    assert message.isprintable()


def test_missing_files_folders_and_bombs_are_refused(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="no such file"):
        read_gmx(tmp_path / "none.gmx")
    with pytest.raises(DataError, match="is a folder, not a GMX file"):
        read_gmx(tmp_path)
    monkeypatch.setattr("rnaseq_s6k1.io.gene_set.MAX_BYTES", 20)
    (tmp_path / "large.gmx").write_text("A\n\n" + "x" * 30)
    with pytest.raises(DataError, match="larger than"):
        read_gmx(tmp_path / "large.gmx")


@pytest.mark.parametrize(
    "one",
    [
        GeneSet("A", "", ()),
        GeneSet("A", "", ("a\tb",)),
        GeneSet("A", "", ("a", "a")),
        GeneSet("A", "", ("a", "")),
        GeneSet("A", "", ("a\nb",)),
        GeneSet(" A", "", ("a",)),
    ],
)
def test_what_would_not_read_back_is_not_written(one, tmp_path):
    with pytest.raises(DataError):
        write_gmx([one], tmp_path / "x.gmx")
    assert not (tmp_path / "x.gmx").exists()


def test_two_sets_of_one_name_are_not_written():
    one = GeneSet("A", "", ("a",))
    with pytest.raises(DataError, match="gives the set 'A' again"):
        format_gmx([one, one])


def test_collections_take_a_gmx_and_name_it_without_the_ending(tmp_path):
    write_gmx(SETS, tmp_path / "mine.gmx")
    write_gmx(SETS, tmp_path / "other.gmx.gz")
    read = read_gene_sets([str(tmp_path / "mine.gmx"), str(tmp_path / "other.gmx.gz")])
    assert list(read) == ["mine", "other"]
    assert read["mine"] == read["other"]
    assert read["mine"]["A"].genes == ("TP53", "MDM2")
