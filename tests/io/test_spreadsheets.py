"""Text that a spreadsheet would run is made harmless, and comes back as it was."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.design.clinical import read_clinical_table
from rnaseq_s6k1.design.samples import read_sample_sheet
from rnaseq_s6k1.enrichment.ora import read_gene_list
from rnaseq_s6k1.enrichment.ranking import read_rnk, write_rnk
from rnaseq_s6k1.genes.id_map import read_id_map
from rnaseq_s6k1.io.cls import read_cls, write_cls
from rnaseq_s6k1.io.counts import read_counts
from rnaseq_s6k1.io.gct import read_gct, write_gct
from rnaseq_s6k1.io.gmt import GeneSet, read_gmt, write_gmt
from rnaseq_s6k1.io.gmx import read_gmx, write_gmx
from rnaseq_s6k1.io.lengths import read_lengths
from rnaseq_s6k1.io.spreadsheets import guard, unguard, unguard_texts
from rnaseq_s6k1.io.tables import read_table, write_table
from rnaseq_s6k1.io.value_matrix import read_value_matrix

FORMULA = "=cmd|' /C calc'!A0"
NAMES = [FORMULA, "'=1", "@x", "5'-tRNA", "'quoted'", "'5"]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+A1", "@SUM(A1)", "-2+3", "\t=1", "'=1"])
def test_formulas_get_an_apostrophe(text):
    assert guard(pd.Series([text])).tolist() == ["'" + text]


@pytest.mark.parametrize("text", ["TP53", "-1.5e-3", "+7", ".5", "5'-tRNA", "'quoted'", ""])
def test_names_and_numbers_are_kept(text):
    assert guard(pd.Series([text])).tolist() == [text]


@given(st.lists(st.text(alphabet="'=+-@a1.\t")))
def test_every_text_comes_back(texts):
    guarded = guard(pd.Series(texts, dtype=object))
    assert unguard(guarded).tolist() == texts
    assert unguard_texts(guarded) == tuple(texts)


def test_a_table_with_formulas_in_cells_header_and_index(tmp_path):
    table = pd.DataFrame(
        {"gene_name": ["=1+1", "MYC"], "@x": [-0.5, 2.0], "ER": ["=x", None]},
        index=[FORMULA, "g2"],
    )
    write_table(table, tmp_path / "t.tsv", index_label="gene_id")
    cells = [line.split("\t") for line in (tmp_path / "t.tsv").read_text().splitlines()]
    assert cells[0] == ["gene_id", "gene_name", "'@x", "ER"]
    assert cells[1] == ["'=cmd|' /C calc'!A0", "'=1+1", "-0.5", "'=x"]
    back = read_table(tmp_path / "t.tsv")
    assert back["gene_id"].tolist() == table.index.tolist()
    assert back["gene_name"].tolist() == ["=1+1", "MYC"]
    assert back["@x"].tolist() == [-0.5, 2.0]
    assert back["ER"].tolist()[0] == "=x", "a column that is none of the tables' own too"


@pytest.fixture
def written(tmp_path):
    """A genes x samples table as the program writes it; the same names are genes and samples."""
    numbers = np.arange(1, 1 + len(NAMES) ** 2).reshape(len(NAMES), -1)
    write_table(pd.DataFrame(numbers, NAMES, NAMES), tmp_path / "m.tsv", index_label="gene_id")
    return tmp_path / "m.tsv"


def test_matrices_come_back(written):
    counts = read_counts(written)
    assert counts.obs_names.tolist() == counts.var_names.tolist() == NAMES
    flipped = read_counts(written, transpose=True)
    assert flipped.obs_names.tolist() == flipped.var_names.tolist() == NAMES
    values = read_value_matrix(written)
    assert values.index.tolist() == values.columns.tolist() == NAMES
    assert read_lengths(written, counts).shape == (len(NAMES), len(NAMES))


def test_sheets_come_back(tmp_path):
    path = tmp_path / "s.tsv"
    write_table(pd.DataFrame({"sample": NAMES, "@group": ["=a"] * 3 + ["b"] * 3}), path)
    for sheet in (read_sample_sheet(path, NAMES), read_clinical_table(path)):
        assert sheet.index.tolist() == NAMES
        assert sheet["@group"].tolist() == ["=a"] * 3 + ["b"] * 3
    path.write_text("sample\tgroup\n'=a\tx\n'b\ty\n")
    assert read_sample_sheet(path, ["=a", "'b"]).index.tolist() == ["=a", "'b"]
    assert read_sample_sheet(path, ["'=a", "'b"]).index.tolist() == ["'=a", "'b"], (
        "names of a matrix that holds them exactly are kept"
    )
    write_table(pd.DataFrame({"sample": ["'=a", "=a"], "group": ["x", "y"]}), path)
    assert read_sample_sheet(path, ["'=a", "=a"])["group"].to_dict() == {"'=a": "x", "=a": "y"}


def test_lists_and_maps_come_back(tmp_path):
    write_table(pd.DataFrame({"gene": NAMES, "symbol": NAMES}), tmp_path / "map.tsv")
    assert read_id_map(tmp_path / "map.tsv") == {name: (name,) for name in NAMES}
    column = [line.split("\t")[0] for line in (tmp_path / "map.tsv").read_text().splitlines()]
    (tmp_path / "list.txt").write_text("\n".join(column[1:]))
    assert read_gene_list(tmp_path / "list.txt") == set(NAMES)


def test_formats_of_other_programs_hold_names_exactly(tmp_path):
    path = tmp_path / "a.rnk"
    (tmp_path / "given.rnk").write_text("".join(f"{name}\t{at}\n" for at, name in enumerate(NAMES)))
    ranking = read_rnk(tmp_path / "given.rnk")
    assert set(ranking.stats.index) == set(NAMES)
    write_rnk(ranking, path)
    assert {line.split("\t")[0] for line in path.read_text().splitlines()} == set(NAMES)
    assert read_rnk(path).stats.index.tolist() == ranking.stats.index.tolist()

    path = tmp_path / "a.gct"
    write_gct(pd.DataFrame(np.eye(len(NAMES)), NAMES, NAMES), path, descriptions=NAMES)
    assert path.read_text().splitlines()[3].startswith(f"{FORMULA}\t{FORMULA}\t")
    table = read_gct(path)
    assert table.names.tolist() == list(table.samples) == NAMES
    assert read_counts(path, format="gct").var_names.tolist() == NAMES

    sets = [GeneSet(name, name, tuple(NAMES)) for name in NAMES]
    for write, read in ((write_gmt, read_gmt), (write_gmx, read_gmx)):
        write(sets, tmp_path / "sets")
        back = read(tmp_path / "sets")
        assert list(back) == NAMES
        assert all(set(one.genes) == set(NAMES) for one in back.values())

    classes = ["=a", "'=b", "@c"]
    write_cls(pd.Series(classes), tmp_path / "a.cls")
    assert read_cls(tmp_path / "a.cls").iloc[:, 0].astype(str).tolist() == classes
