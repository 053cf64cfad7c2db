"""The neighbours of a driver, and results without them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.cohort.amplicon import (
    AMPLICON_COLUMNS,
    _band,
    amplicon_of,
    amplicon_results,
    result_changes,
)
from rnaseq_s6k1.errors import DataError, UsageError


def test_the_amplicon_at_17q23():
    found = amplicon_of("RPS6KB1")
    assert (found.gene, found.cytoband, found.chromosome) == ("RPS6KB1", "17q23", "17")
    table = found.neighbours.set_index("symbol")
    assert tuple(found.neighbours.columns) == AMPLICON_COLUMNS
    assert {"PPM1D", "TBX2", "CLTC", "BRIP1", "MED13"} <= set(table.index)
    assert "RPS6KB1" not in table.index
    assert table.loc["PPM1D", "reason"] == "band and window"
    assert table.loc["RNF43", "reason"] == "window", "17q22, 1.5 Mb away"
    assert table.loc["MED13", "reason"] == "band"
    placed = table["distance_mb"].dropna()
    assert placed.abs().is_monotonic_increasing
    assert (table["reason"].eq("band") | (table["distance_mb"].abs() <= 2)).all()
    assert (table["chromosome"] == "17").all()
    assert table.loc["PPM1D", "distance_mb"] == pytest.approx((60600193 - 59893046) / 1e6)
    assert "cytoband 17q23 and 2 Mb on either side" in found.sentence


@pytest.mark.parametrize("name", ["S6K1", "ENSG00000108443", "ENSG00000108443.14"])
def test_the_driver_may_have_another_name(name):
    assert amplicon_of(name).gene == "RPS6KB1"


def test_the_window():
    near, far = amplicon_of("ERBB2", window_mb=0.2), amplicon_of("ERBB2", window_mb=20)
    assert len(near.neighbours) < len(far.neighbours)
    assert far.neighbours["reason"].eq("window").any()
    for wrong in (0, -1, np.nan, np.inf):
        with pytest.raises(UsageError, match="positive number of Mb"):
            amplicon_of("YES1", window_mb=wrong)


@pytest.mark.parametrize(
    ("place", "band"),
    [
        ("17q23.1", "17q23"),
        ("17q23.2-q23.3", "17q23"),
        ("17q23.3-q24.1", ""),
        ("17q23.1|17q23.2", "17q23"),
        ("17q12", "17q12"),
        ("Xp22.33|Yp11.3", ""),
        ("17", ""),
        ("", ""),
        ("17q23.1-", "17q23"),
        ("<script>", ""),
    ],
)
def test_bands(place, band):
    assert _band(place) == band


def test_unknown_genes_are_refused():
    with pytest.raises(DataError, match="does not know the gene 'NOSUCH'"):
        amplicon_of("NOSUCH")
    with pytest.raises(DataError, match="does not know the gene"):
        amplicon_of("\x1b[31m" + "x" * 500)


def test_genes_of_a_matrix_are_found_by_id_name_and_alias():
    found = amplicon_of("RPS6KB1")
    names = pd.Series(
        {
            "ENSG00000170836": "PPM1D",  # its own id
            "row1": "TBX2",
            "row2": "TUBD",  # an alias of TUBD1 alone
            "row4": "MYC",
            "row5": "RPS6KB1",
            "ENSG00000136997": "TBX4",  # MYC's id: the id is believed
        }
    )
    flags = found.flags(names)
    assert flags["symbol"].to_dict() == {
        "row2": "TUBD1",
        "ENSG00000170836": "PPM1D",
        "row1": "TBX2",
    }


def results(**changes) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "gene_id": ["MYC", "PPM1D", "TBX2", "RPS6KB1"],
            "gene_name": ["MYC", "PPM1D", "TBX2", "RPS6KB1"],
            "baseMean": 10.0,
            "log2FoldChange": [0.1, 1.5, 1.2, 2.0],
            "lfcSE": 0.2,
            "stat": 5.0,
            "pvalue": 0.01,
            "padj": 0.02,
            "direction": ["none", "up", "up", "none"],
        }
    )
    return table.assign(**changes)


def test_their_results():
    table = amplicon_results(results(), amplicon_of("RPS6KB1"))
    assert table["gene_id"].tolist() == ["PPM1D", "TBX2"]
    assert table["log2FoldChange"].tolist() == [1.5, 1.2]
    assert list(table.columns[:4]) == ["gene_id", "gene_name", "cytoband", "chromosome"]
    nothing = results(gene_id=list("abcd"), gene_name=list("abcd"))
    assert amplicon_results(nothing, amplicon_of("RPS6KB1")).empty


def test_what_changes():
    before = pd.DataFrame(
        {
            "set": list("abcdef"),
            "size": 20,
            "nes": [2.0, 2.0, 1.0, 2.0, 2.0, 1.0],
            "pvalue": [0.001] * 6,
            "padj": [0.01, 0.01, 0.2, 0.01, 0.01, 0.5],
        }
    )
    after = pd.DataFrame(
        {
            "set": list("gabcd"),
            "size": 18,
            "nes": [1.0, 2.1, 1.1, 1.9, -2.0],
            "pvalue": [0.001] * 5,
            "padj": [0.3, 0.01, 0.2, 0.01, 0.01],
        }
    )
    table = result_changes(before, after, keys=("set",), effect="nes", alpha=0.05)
    assert table["set"].tolist() == list("abcdefg")
    assert table["change"].tolist() == [
        "none", "lost", "gained", "turned", "untested", "untested", "none",
    ]  # fmt: skip
    same = result_changes(before, before, keys=("set",), effect="nes", alpha=0.05)
    assert (same["change"] == "none").all()


def test_changes_of_the_rotation_test():
    before = pd.DataFrame(
        {
            "set": ["A", "B", "C"],
            "size": 20,
            "nes": [2.0, 1.0, -1.0],
            "pvalue": 0.001,
            "padj": 0.01,
            "rotation_pvalue": [0.001, 0.2, 0.01],
            "rotation_padj": [0.01, 0.3, 0.04],
        }
    )
    after = before.assign(rotation_padj=[0.2, 0.02, 0.04])
    table = result_changes(before, after, keys=("set",), effect="nes", alpha=0.05)
    assert table["rotation_change"].tolist() == ["lost", "gained", "none"]
    assert table["change"].tolist() == ["none"] * 3
    bare = before.assign(rotation_pvalue=np.nan, rotation_padj=np.nan)
    assert "rotation_change" not in result_changes(
        before, bare, keys=("set",), effect="nes", alpha=0.05
    )
