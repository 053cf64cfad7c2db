"""Over which tests the false discovery rate is controlled."""

from __future__ import annotations

import pandas as pd
import pytest

from rnaseq_s6k1.enrichment.families import adjust_by_family, family_sentence

P = pd.Series([0.01, 0.02, 0.03, 0.5], index=[7, 3, 5, 1])
COLLECTIONS = pd.Series(["a", "b", "b", "b"], index=P.index)


def test_the_whole_call_is_one_family():
    assert adjust_by_family(P, COLLECTIONS, "call").tolist() == pytest.approx(
        [0.04, 0.04, 0.04, 0.5]
    )


def test_each_collection_is_a_family_of_its_own():
    adjusted = adjust_by_family(P, COLLECTIONS, "collection")
    assert adjusted.index.tolist() == [7, 3, 5, 1]
    assert adjusted.tolist() == pytest.approx([0.01, 0.045, 0.045, 0.5])


def test_the_sentence_says_which():
    assert family_sentence(1200, "call") == (
        "FDR (Benjamini-Hochberg) over all 1,200 tests of this call together"
    )
    assert family_sentence(12, "collection") == (
        "FDR (Benjamini-Hochberg) within each collection, 12 tests in all"
    )
