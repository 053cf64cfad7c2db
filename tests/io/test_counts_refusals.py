"""Every refusal of the readers, by its message."""

from __future__ import annotations

import gzip
import re
import sys

import numpy as np
import pytest

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.counts import read_counts


def refusal(path, *, error=DataError, **options) -> str:
    with pytest.raises(error) as caught:
        read_counts(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    assert path.name in message
    return message


HEAD = "gene_id\tsiNC_1\tsiS6K1_1\nMYC\t5\t6\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["the file is empty"]),
        ("\n\n", ["holds no table, only blank or comment lines"]),
        ("# comment\n", ["holds no table, only blank or comment lines"]),
        ("gene_id\ta\tb\n", ["holds a header (line 1) and no rows"]),
        ("gene_id\nMYC\n", ["line 1 has one column only", "tabs or commas"]),
        (HEAD + "TP53\t1\n", ["line 3 has 2 fields where the rows before it have 3", "repair"]),
        (HEAD + "TP53\t1\t2\t3\n", ["line 3 has 4 fields where the rows before it have 3"]),
        (HEAD + "\nTP53\n", ["line 4 has 1 field where"]),
        ("g\ta\tb\nMYC\t1\n", ["line 2 has 2 fields where the header has 3"]),
        ("g\ta\tb\nMYC\t1\t2\t3\t4\n", ["line 2 has 5 fields where the header has 3"]),
        ("g\ta\tb\nMYC\t1\t2\t\n", ["every row ends with a separator and the header (line 1)"]),
        (
            "gene_id\ta\tb\nMYC\t1\t2\t3\n",
            ["the header (line 1) starts with 'gene_id'", "a sample's name lacks"],
        ),
        (HEAD + "TP53\t-3\t2\n", ["line 3, column 'siNC_1' (gene 'TP53')", "negative value -3"]),
        (HEAD + "TP53\t\t2\n", ["line 3, column 'siNC_1'", "the cell is empty", "0 where no read"]),
        (HEAD + "TP53\t2\tNA\n", ["line 3, column 'siS6K1_1'", "'NA' is a missing value"]),
        (HEAD + "TP53\tNaN\t2\n", ["line 3, column 'siNC_1'", "'NaN' is a missing value"]),
        (HEAD + "TP53\t2\tinf\n", ["line 3, column 'siS6K1_1'", "'inf' is not a number"]),
        (HEAD + "TP53\t2\t1e999\n", ["line 3, column 'siS6K1_1'", "'1e999' is not a number"]),
        (HEAD + "TP53\t2\tabc\n", ["line 3, column 'siS6K1_1'", "'abc' is not a number"]),
        (HEAD + "TP53\t1_000\t2\n", ["line 3, column 'siNC_1'", "'1_000' is not a number"]),
        (HEAD + "TP53\t1,234\t2\n", ["'1,234' is not a plain number", "thousands separators"]),
        (HEAD + "TP53\t1e30\t2\n", ["line 3, column 'siNC_1'", "1e+30 is beyond any count"]),
        (HEAD + 'TP53\t"1\t2\n', ["line 3, column 'siNC_1'", "quoted field is not closed"]),
        (HEAD + 'TP53\t"1"2\t2\n', ["line 3, column 'siNC_1'", "quoted field is not closed"]),
        (HEAD + "x" * 200_000 + "\t1\t2\n", ["line 3 cannot be split into columns (field larger"]),
        (HEAD + "TP53\t1234567.5\t2\n", ["'TP53'): 1234567.5 is not a whole number; give raw"]),
        (HEAD + "TP53\t100.5\t2\n", ["line 3, column 'siNC_1' (gene 'TP53')", "100.5", "--round"]),
        ("g\ta\tb\ta\nMYC\t1\t2\t3\n", ["sample names stand more than once: 'a'"]),
        ("MYC\t1\t1\nTP53\t3\t4\n", ["more than once: '1' (they are numbers: does the header"]),
        ("g\ta\t\nMYC\t1\t2\n", ["sample column 2 has no sample name"]),
        ("g\ta\nMYC\t1\n", ["holds one sample only, 'a'"]),
        (
            "g\ta\tb\tc\nMYC\t1\t0\t0\nTP53\t2\t0\t0\n",
            ["2 samples without a single count: 'b', 'c'"],
        ),
        ("gene_id\tgene_name\tchr\nG1\tMYC\tchr8\n", ["no column of counts found"]),
        ("g\ta\tb\n\t1\t2\nNA\t1\t2\n", ["no row names a gene"]),
        ("g\ta\x07\tb\nMYC\t1\t2\n", ["sample name 'a\\x07' holds a control"]),
        ("g\ta\tb\nMYC\t1\t2\nTP\x1b[31m53\t1\t2\n", ["line 3", "'TP\\x1b[31m53' holds a control"]),
        ("g\ta\tb\nMY\u200bC\t1\t2\n", ["line 2", "'MY\\u200bC' holds a control or invisible"]),
        ("g\ta\tb\nMY\x00C\t1\t2\n", ["line 2 holds a NUL byte"]),
    ],
)
def test_damaged_tables(write, text, words):
    message = refusal(write("counts.tsv", text))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "symbol",
    [
        "1-Sep", "2-Mar", "1-Dec", "01-Mar", "Mar-01", "Sep-15", "SEP-2", "10-Mar-2001", "1.Sep",
        "2001-09-01", "2001-09-01 00:00:00", "9/1/2001", "01.09.2001", "2.31E+19", "1. Sep",
    ],
)  # fmt: skip
def test_symbols_mangled_by_a_spreadsheet(write, symbol):
    message = refusal(write("counts.tsv", HEAD + f"{symbol}\t1\t2\n"))
    assert f"gene ids mangled by a spreadsheet: '{symbol}' (line 3)" in message
    assert "export the table again" in message
    named = f"gene_id\tgene_name\ta\tb\nENSG00000136997\tMYC\t1\t2\nENSG2\t{symbol}\t1\t2\n"
    message = refusal(write("named.tsv", named))
    assert f"gene names mangled by a spreadsheet: '{symbol}' (line 3)" in message


@pytest.mark.parametrize("symbol", ["SEPT1", "MARCH1", "DEC1", "MAR-1A", "H2-K1", "1-8D", "NKX2-1"])
def test_sound_symbols_pass(write, symbol):
    assert symbol in read_counts(write("counts.tsv", HEAD + f"{symbol}\t1\t2\n")).var_names


def test_many_mangled_symbols_are_counted(write):
    rows = "".join(f"{day}-Sep\t1\t2\n" for day in range(1, 13))
    assert "and 7 more" in refusal(write("counts.tsv", HEAD + rows))


def test_long_and_hostile_cells_are_clipped(write):
    message = refusal(write("counts.tsv", HEAD + "TP53\t" + "x" * 10_000 + "\t2\n"))
    assert len(message) < 300
    message = refusal(write("other.tsv", HEAD + "TP53\tx\u202ey\t2\n"))
    assert "'x\\u202ey'" in message


def table(values: np.ndarray, digits: int = 4) -> str:
    lines = ["gene_id\t" + "\t".join(f"s{at}" for at in range(values.shape[1]))]
    for at, row in enumerate(values):
        lines.append(f"gene{at}\t" + "\t".join(f"{value:.{digits}f}" for value in row))
    return "\n".join(lines) + "\n"


@pytest.fixture
def expression() -> np.ndarray:
    """Means of 500 genes in six samples, skewed as expression is."""
    rng = np.random.default_rng(7)
    return np.exp(rng.normal(0, 2.5, size=(500, 1)) + rng.normal(0, 0.2, size=(500, 6)))


@pytest.mark.parametrize("stated", [False, True])
def test_tpm_fpkm_and_logs_are_refused_whatever_is_stated(write, expression, stated):
    tpm = expression / expression.sum(axis=0) * 1e6
    message = refusal(write("tpm.tsv", table(tpm)), round_estimates=stated)
    assert "look like TPM or CPM (every sample sums to 1,000,000)" in message
    assert "line 2, column 's0'" in message
    message = refusal(write("fpkm.tsv", table(expression)), round_estimates=stated)
    assert re.search(
        r"look like FPKM or RPKM \(\d\d% of the positive values are below 1\)", message
    )
    message = refusal(write("logs.tsv", table(np.log2(tpm + 1))), round_estimates=stated)
    assert "look like logarithms (the largest value is" in message
    assert "give raw counts" in message


def test_centred_logs_are_negative(write, expression):
    logs = np.log2(expression)
    message = refusal(write("log.tsv", table(logs - logs.mean())), round_estimates=True)
    assert "negative value -" in message
    assert "not logarithms or centred values" in message


def test_estimated_counts_pass_only_when_stated(write, expression):
    estimates = np.random.default_rng(3).poisson(expression * 50) * 1.07
    path = write("estimates.tsv", table(estimates))
    assert "add --round if these are counts estimated by RSEM or salmon" in refusal(path)
    adata = read_counts(path, round_estimates=True)
    np.testing.assert_array_equal(adata.X.T, np.rint(np.round(estimates, 4)))


GENES = ["ACTB", "GAPDH", "TP53", "MYC", "RPS6KB1", "CCNE1", "XYZ1"]


@pytest.mark.parametrize(
    "genes", [GENES, [f"ENSG{at:011d}.{at}" for at in range(9)], [g.title() for g in GENES]]
)
def test_a_transposed_matrix_says_so(write, genes):
    rows = [["sample", *genes]] + [[f"siNC_{at}", *["5"] * len(genes)] for at in range(1, 4)]
    text = "\n".join("\t".join(row) for row in rows)
    message = refusal(write("counts.tsv", text))
    assert (
        f"the matrix is transposed: 3 rows ('siNC_1', 'siNC_2' and 1 more) and {len(genes)} columns"
        in message
    )
    assert "add --transpose" in message
    assert read_counts(write("counts.tsv", text), transpose=True).shape == (3, len(genes))


def test_transposing_a_sound_matrix_is_refused(write):
    rows = [["gene", "a", "b"]] + [[name, "1", "2"] for name in GENES]
    message = refusal(write("c.tsv", "\n".join("\t".join(row) for row in rows)), transpose=True)
    assert "the matrix is transposed" in message
    assert "leave --transpose out" in message


def test_errors_in_a_transposed_matrix_name_line_and_column(write):
    text = "sample\tMYC\tTP53\nsiNC_1\t5\t6\nsiNC_2\t5\t-6\n"
    message = refusal(write("c.tsv", text), transpose=True)
    assert "line 3, column 'TP53' (sample 'siNC_2'): negative value -6" in message
    text = "sample\tMYC\tTP53\nsiNC_1\t5\t6\n\t5\t6\n"
    assert "line 3 has no sample name" in refusal(write("d.tsv", text), transpose=True)


def test_few_genes_in_many_samples_are_not_transposed(write):
    text = "gene\t" + "\t".join(f"P{at}" for at in range(20)) + "\n"
    text += "".join(name + "\t7" * 20 + "\n" for name in GENES)
    assert read_counts(write("panel.tsv", text)).shape == (20, 7)


def test_text_that_is_not_utf8(write):
    message = refusal(write("c.tsv", HEAD.encode() + b"\xe9\t1\t2\n"))
    assert "line 3 is not UTF-8 text (byte 0xe9)" in message
    assert "iconv -f LATIN1 -t UTF-8" in message
    assert "this is UTF-16 text" in refusal(write("u.tsv", HEAD.encode("utf-16")))


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PK\x03\x04", "a zip archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        (b"BZh91", "compressed with bzip2"),
        (b"\xfd7zXZ\x00", "compressed with xz"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
        (b"RDX3\n", "an R data file"),
        (b"x" * 257 + b"ustar", "a tar archive"),
    ],
)
def test_archives_and_workbooks_are_named_and_never_unpacked(write, start, what):
    assert f"this is {what}, not a table of counts" in refusal(write("c.tsv", start + bytes(600)))
    packed = refusal(write("c.tsv.gz", start + bytes(600)))
    assert f"this is {what}" in packed


def test_truncated_and_damaged_gzip(tmp_path):
    whole = gzip.compress((HEAD + "".join(f"G{at}\t{at}\t{at}\n" for at in range(9999))).encode())
    path = tmp_path / "c.tsv.gz"
    path.write_bytes(whole[:-500])
    assert "the gzip file is truncated; download" in refusal(path)
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 0xFF
    path.write_bytes(broken)
    assert "the gzip file is damaged" in refusal(path)
    path.write_bytes(b"\x1f\x8b" + b"no gzip at all")
    assert "the gzip file is damaged" in refusal(path)


def test_a_gzip_bomb_stops_early(tmp_path, monkeypatch):
    from rnaseq_s6k1.io import text

    monkeypatch.setattr(text, "_BOMB_BYTES", 1 << 20)
    path = tmp_path / "bomb.tsv.gz"
    path.write_bytes(gzip.compress(HEAD.encode() + b"G\t0\t0\n" * 4_000_000))
    assert "unpacks to more than 200 times its size" in refusal(path)


def test_an_endless_line_stops_early(write, monkeypatch):
    from rnaseq_s6k1.io import text

    monkeypatch.setattr(text, "_LONGEST_LINE", 1 << 20)
    assert "line 1 is longer than" in refusal(write("c.tsv", "a\t" * (1 << 20)))


def test_a_missing_file_and_a_device(tmp_path):
    assert "no such file or folder" in refusal(tmp_path / "none.tsv")
    with pytest.raises(DataError, match=r"cannot be opened|no such file"):
        read_counts("a\0b")
    if sys.platform != "win32":
        with pytest.raises(DataError, match=r"^/dev/null: not a regular file"):
            read_counts("/dev/null")


def test_a_file_that_may_not_be_read(write, monkeypatch):
    from pathlib import Path

    path = write("c.tsv", HEAD)

    def forbid(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    assert "cannot be read (Permission denied); check its permissions" in refusal(path)


def test_unknown_options(write, tmp_path):
    path = write("c.tsv", HEAD)
    with pytest.raises(UsageError, match="format 'xls' is unknown; choose auto, delimited, "):
        read_counts(path, format="xls")
    with pytest.raises(UsageError, match="strandedness 'both' is unknown; choose auto, unstranded"):
        read_counts(path, strandedness="both")
    assert "is for files of STAR" in refusal(path, error=UsageError, strandedness="forward")
    assert "the format star has one file a sample; give the folder" in refusal(path, format="star")
    with pytest.raises(DataError, match="this is a folder, and the format parquet is one file"):
        read_counts(tmp_path, format="parquet")
    assert "not a featureCounts table" in refusal(path, format="featurecounts")
