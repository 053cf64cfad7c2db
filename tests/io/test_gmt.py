from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest
from gene_set_cases import gene_sets
from hypothesis import given

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gmt import GeneSet, format_gmt, parse_gmt, read_gmt, write_gmt


@given(gene_sets)
def test_what_is_written_reads_back(sets):
    assert list(parse_gmt(format_gmt(sets), "x").values()) == sets


def test_write_and_read_a_file_plain_and_gzip(tmp_path):
    sets = {"A": GeneSet("A", "https://a", ("TP53", "MYC")), "B": GeneSet("B", "", ("RB1",))}
    for name in ("x.gmt", "x.gmt.gz"):
        write_gmt(sets, tmp_path / name)
        back = read_gmt(tmp_path / name)
        assert back["A"] == sets["A"]
        assert back["B"].genes == ("RB1",)
        assert back["B"].description == "na"
    assert (tmp_path / "x.gmt.gz").read_bytes()[4:8] == b"\0\0\0\0", "gzip carries no time"


def test_gzip_is_known_by_content_not_by_name(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_bytes(gzip.compress(b"A\td\tTP53\n", mtime=0))
    assert read_gmt(path)["A"].genes == ("TP53",)


def test_bom_crlf_trailing_tabs_blank_lines_and_spaces_are_harmless(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_bytes(b"\xef\xbb\xbfA\td\tTP53\tMYC\t\t\r\n\r\n B \t\t RB1 \t\t E2F1\r\n")
    sets = read_gmt(path)
    assert list(sets) == ["A", "B"]
    assert sets["A"].genes == ("TP53", "MYC")
    assert sets["B"] == GeneSet("B", "", ("RB1", "E2F1"))


def test_repeated_genes_are_dropped_and_counted(caplog):
    with caplog.at_level(logging.INFO):
        sets = parse_gmt("A\td\tTP53\tMYC\tTP53\tTP53\n", "x.gmt")
    assert sets["A"].genes == ("TP53", "MYC")
    assert "x.gmt: 2 repeated genes within sets were dropped" in caplog.text


def test_a_gene_of_many_sets_is_counted_in_each_and_held_once(caplog):
    with caplog.at_level(logging.INFO):
        sets = parse_gmt("A\td\tTP53,1.0\tMYC\nB\td\tTP53,1.0\nC\td\tTP53\n", "x.gmt")
    assert [one.genes for one in sets.values()] == [("TP53", "MYC"), ("TP53",), ("TP53",)]
    assert sets["A"].genes[0] is sets["B"].genes[0]
    assert "the weights of 2 genes" in caplog.text


@pytest.mark.parametrize("tail", ["", "\n", "\n\n"])
def test_only_a_newline_ends_a_line(tail):
    sets = parse_gmt(f"A\td\tTP53\nB\td\u2028e\tMYC{tail}", "x")
    assert [one.genes for one in sets.values()] == [("TP53",), ("MYC",)]


def test_case_is_kept():
    assert parse_gmt("a\td\tTrp53\tC1orf112\n", "x")["a"].genes == ("Trp53", "C1orf112")


def test_enrichr_weights_are_dropped_and_counted(caplog):
    with caplog.at_level(logging.INFO):
        assert parse_gmt("A\t\tTP53,1.0\tMYC,0.5\n", "x")["A"].genes == ("TP53", "MYC")
    assert "weights of 2 genes" in caplog.text


def test_a_name_like_a_formula_is_kept_with_a_warning(caplog):
    sets = parse_gmt("=HYPERLINK()\td\tTP53\n", "x.gmt")
    assert "=HYPERLINK()" in sets
    assert "1 set name starts with =" in caplog.text


def test_control_characters_in_a_description_become_spaces():
    assert parse_gmt("A\tred\x1b[31m\tTP53\n", "x")["A"].description == "red [31m"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no gene set"),
        (b"\n\n", "holds no gene set"),
        (b"A\td\tTP53\nB\td\n", "line 2: the set 'B' has no genes"),
        (b"A\td\tTP53\nB\td\t\t\t\n", "line 2: the set 'B' has no genes"),
        (b"A TP53 MYC\n", "line 1: the set 'A TP53 MYC' has no genes (found no tab)"),
        (b"\td\tTP53\n", "line 1 starts with an empty set name"),
        (b"A\td\tTP53\n\nA\td\tMYC\n", "line 3 gives the set 'A' again, first on line 1"),
        (b"A\td\tTP53\nB\td\tCaf\xe9\n", "line 2 is not UTF-8 text (byte 0xe9)"),
        ("A\td\tTP53\n".encode("utf-16"), "line 1 is not UTF-8 text"),
        (b"A\x1b[2J\td\tTP53\n", r"'A\x1b[2J' holds a control character"),
        (b"A\td\tTP\x0053\n", r"'TP\x0053' holds a control character"),
        ("A\td\tTP53\u202e\n".encode(), r"'TP53\u202e' holds a control character"),
        (b"A\td\tTP53,MYC\n", "the gene 'TP53,MYC' of the set 'A' holds a comma"),
        (b"\x1f\x8b\x08\x00broken", "the gzip file is damaged"),
        (gzip.compress(b"A\td\tTP53\n", mtime=0)[:-6], "the gzip file is damaged"),
    ],
)
def test_refusals_name_the_line(tmp_path, content, message):
    path = tmp_path / "sets.gmt"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_gmt(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_name_is_clipped_in_the_message():
    with pytest.raises(DataError) as caught:
        parse_gmt("A" * 10_000, "x")
    assert len(str(caught.value)) < 300


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_gmt(tmp_path / "none.gmt")
    with pytest.raises(DataError, match="is a folder, not a GMT file"):
        read_gmt(tmp_path)


def test_a_file_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("rnaseq_s6k1.io.gene_set.MAX_BYTES", 20)
    path = tmp_path / "bomb.gmt"
    path.write_bytes(gzip.compress(b"A" * 1000))
    with pytest.raises(DataError, match="not a GMT file"):
        read_gmt(path)


@pytest.mark.parametrize(
    ("genes", "message"),
    [
        (("A\tB",), "cannot be written as GMT"),
        (("A", "A"), "cannot be written as GMT"),
        (("A", ""), "cannot be written as GMT"),
        ((), "has no genes"),
        (("A\n",), "cannot be written|no genes"),
    ],
)
def test_sets_that_would_not_read_back_are_not_written(tmp_path: Path, genes, message):
    with pytest.raises(DataError, match=message):
        write_gmt([GeneSet("S", "d", genes)], tmp_path / "x.gmt")
    assert not (tmp_path / "x.gmt").exists()
