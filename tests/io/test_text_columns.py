from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.io.text_columns import PackedText, pack_spans


def packed(cells: list[str]) -> PackedText:
    line, spans = b"", []
    for cell in cells:
        data = cell.encode()
        spans.append((len(line), len(line) + len(data)))
        line += data + b"\t7\n"
    return pack_spans(
        np.frombuffer(line, dtype=np.uint8), np.array(spans, dtype=np.int64).reshape(-1, 2)
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\t\n"'))))
def test_cells_come_back_without_blanks_around_them(cells):
    assert packed(cells).cells() == [cell.strip() for cell in cells]


def test_doubled_quotes_are_one():
    assert packed(['a""b', "c"]).cells() == ['a"b', "c"]


def test_columns_are_told_apart_by_their_cells_not_their_letters():
    assert packed(["ab", "c"]).same_as(packed(["ab", "c"]))
    assert not packed(["ab", "c"]).same_as(packed(["a", "bc"]))
    assert not packed(["ab"]).same_as(packed(["ac"]))


def test_joined_is_below_each_other():
    parts = [packed(["a", "bé"]), packed([]), packed(["c"])]
    assert PackedText.joined(parts).cells() == ["a", "bé", "c"]
