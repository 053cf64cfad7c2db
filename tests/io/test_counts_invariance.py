"""What must not change the matrix: dialect, compression, quoting, order of rows."""

from __future__ import annotations

import gzip
import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnaseq_s6k1.errors import S6K1Error
from rnaseq_s6k1.io.counts import read_counts
from rnaseq_s6k1.io.text_kernels import BAD_NUMBER, COUNT, OK, TEXT, parse_lines

matrices = hnp.arrays(
    np.int64,
    st.tuples(st.integers(2, 12), st.integers(2, 6)),
    elements=st.integers(0, 2**40) | st.integers(0, 9),
).map(lambda counts: np.vstack([counts, np.ones_like(counts[:1])]))
calm = settings(deadline=None, max_examples=40)


def as_frame(counts: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        counts,
        index=pd.Index([f"gene-{at}" for at in range(counts.shape[0])], name="gene_id"),
        columns=[f"s{at}" for at in range(counts.shape[1])],
    )


def read(content: bytes, name: str) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_counts(path).to_df()


@calm
@given(matrices)
def test_every_dialect_is_the_same(counts):
    frame = as_frame(counts)
    expected = frame.T
    tsv = frame.to_csv(sep="\t", lineterminator="\n")
    forms = {
        "a.tsv": tsv.encode(),
        "a.csv": frame.to_csv().encode(),
        "a.tsv.gz": gzip.compress(tsv.encode()),
        "crlf.tsv": tsv.replace("\n", "\r\n").encode(),
        "bom.tsv": tsv.encode("utf-8-sig"),
        "quoted.csv": frame.to_csv(quoting=1).encode(),
        "semicolon.csv": frame.to_csv(sep=";").encode(),
        "r.txt": tsv.removeprefix("gene_id\t").encode(),
        "float.tsv": frame.astype(float).to_csv(sep="\t").encode(),
    }
    for name, content in forms.items():
        pd.testing.assert_frame_equal(
            read(content, name), expected, check_dtype=False, check_names=False
        )


@calm
@given(matrices, st.randoms(use_true_random=False))
def test_the_order_of_rows_only_orders_the_genes(counts, random):
    frame = as_frame(counts)
    order = list(range(len(frame)))
    random.shuffle(order)
    straight = read(frame.to_csv().encode(), "a.csv")
    mixed = read(frame.iloc[order].to_csv().encode(), "a.csv")
    pd.testing.assert_frame_equal(straight, mixed[straight.columns])
    assert list(mixed.columns) == [frame.index[at] for at in order]


@calm
@given(matrices, st.integers(2, 4))
def test_splitting_genes_into_rows_sums_back(counts, parts):
    frame = as_frame(counts)
    pieces = [frame // parts] * (parts - 1)
    pieces.append(frame - sum(pieces))
    pd.testing.assert_frame_equal(
        read(pd.concat(pieces).to_csv().encode(), "a.csv"), frame.T, check_dtype=False,
        check_names=False,
    )  # fmt: skip


@calm
@given(matrices)
def test_transposing_twice_is_nothing(counts):
    frame = as_frame(counts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        frame.T.rename_axis("sample").to_csv(path)
        turned = read_counts(path, transpose=True).to_df()
    pd.testing.assert_frame_equal(turned, frame.T, check_dtype=False, check_names=False)


# Pieces of real files and of broken ones; anything may follow anything.
fragments = st.sampled_from(
    [
        b"\t",
        b"\n",
        b",",
        b";",
        b" ",
        b'"',
        b"\r\n",
        b"\r",
        b"#",
        b"\tb\n",
        b"g\ta\tb\n",
        b"gene_id",
        b"MYC",
        b"a",
        b"b",
        b"1",
        b"2.5",
        b"-3",
        b"NA",
        b"1e400",
        b"1-Sep",
        b"__no_feature",
        b"N_unmapped",
        b"Geneid\tChr\tStart\tEnd\tStrand\tLength",
        b"\xff",
        b"\x00",
        b"\xef\xbb\xbf",
        "β".encode(),
        b"\x1f\x8b",
        b"PAR1",
        b"\x89HDF\r\n\x1a\n",
    ]
)


@settings(deadline=None, max_examples=400)
@given(st.lists(fragments, max_size=40).map(b"".join), st.booleans(), st.booleans())
def test_whatever_stands_in_a_file_is_counts_or_one_line(content, transpose, packed):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.tsv"
        path.write_bytes(gzip.compress(content) if packed else content)
        try:
            adata = read_counts(path, transpose=transpose)
        except S6K1Error as error:
            message = str(error)
            assert "\n" not in message
            assert message.isprintable()
        else:
            assert adata.n_obs >= 2
            assert adata.X.min() >= 0
            assert (adata.X.sum(axis=1) > 0).all()


def parse(cell: str) -> float | None:
    data = np.frombuffer(f"g\t{cell}\n".encode(), dtype=np.uint8)
    values, spans, lines = np.zeros((1, 1)), np.zeros((1, 1, 2), np.int64), np.zeros(1, np.int64)
    kinds = np.array([TEXT, COUNT], dtype=np.int8)
    status = parse_lines(data, 9, kinds, np.zeros(2, np.int64), values, spans, lines, 1)[1]
    assert status in {OK, BAD_NUMBER}
    return float(values[0, 0]) if status == OK else None


@calm
@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e290, max_value=1e290)
    | st.integers(-(2**70), 2**70).map(float)
)
def test_numbers_are_read_as_python_reads_them(number):
    for cell in (repr(number), f"{number:.6f}" if abs(number) < 1e15 else f"{number:e}"):
        read_as = parse(cell)
        assert read_as is not None
        assert math.isclose(read_as, float(cell), rel_tol=1e-14, abs_tol=1e-300)


@calm
@given(st.integers(0, 2**53))
def test_whole_numbers_are_exact(number):
    assert parse(str(number)) == number
    assert parse(f" {number}.000") == number


@calm
@given(st.text(alphabet="0123456789eE+-.x NaInf", max_size=8))
def test_what_python_refuses_is_refused(cell):
    try:
        number = float(cell)
    except ValueError:
        assert parse(cell) is None
    else:
        assert parse(cell) is None or math.isclose(parse(cell), number, rel_tol=1e-14)
        if not math.isfinite(number):
            assert parse(cell) is None
