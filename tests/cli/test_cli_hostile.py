"""Names and values that other programs would run, lose or misread."""

from __future__ import annotations

import os

import anndata
import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table

FAST = ("--no-figures", "--no-shrink")
CELL = "=cmd|' /C calc'!A0"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def hostile(planted, tmp_path):
    """Counts and sheet with a spreadsheet formula, a tag and a path for names."""
    counts = planted.set_axis([CELL, "b c", "../d", "$(id)", "e;f", "100"], axis=1)
    counts.index = pd.Index([SCRIPT, *counts.index[1:]], name="gene_id")
    counts.to_csv(tmp_path / "odd.tsv", sep="\t")
    sheet = pd.DataFrame({"sample": counts.columns, "a/b": ["x y"] * 3 + ["../z"] * 3})
    sheet.to_csv(tmp_path / "odd samples.tsv", sep="\t", index=False)
    return ("odd.tsv", "--samples", "odd samples.tsv", "--factor", "a/b", "--reference", "x y")


def test_odd_names_go_the_whole_road_as_they_are(cli, hostile, tmp_path):
    outcome = cli("run", *hostile, "--no-shrink", "-o", "an out")
    assert outcome.code == 0, outcome.err
    assert "../z (n = 3) over x y (n = 3), design ~ `a/b`" in outcome.out
    results = read_table(tmp_path / "an out" / "de" / "results.tsv")
    assert SCRIPT in set(results["gene_id"])
    factors = read_table(tmp_path / "an out" / "de" / "size_factors.tsv")
    assert {CELL, "../d", "$(id)", "100"} <= set(factors["sample"])
    picture = (tmp_path / "an out" / "de" / "figures" / "pca.svg").read_text()
    assert "<script" not in picture
    assert {path.name for path in tmp_path.iterdir()} == {"odd.tsv", "odd samples.tsv", "an out"}


def test_tables_that_the_program_wrote_are_read_with_the_names_they_were_given(
    cli, planted, tmp_path
):
    names = [CELL, "'=1", *(f"T{number}" for number in range(10))]
    counts = pd.concat([planted, planted], axis=1).set_axis(names, axis=1)
    counts = counts.rename(index={"BUB1B": CELL})
    anndata.AnnData(
        counts.T.astype("int32"), obs=pd.DataFrame({"ER": ["@pos", "neg"] * 6}, index=names)
    ).write_h5ad(tmp_path / "tumours.h5ad")
    counts = "tumours.h5ad"
    assert cli("stratify", counts, "--cut", "median", "-o", "split").code == 0
    sheet = tmp_path / "split" / "stratify" / "samples.tsv"
    assert {"'" + CELL, "''=1"} <= {line.split("\t")[0] for line in sheet.read_text().splitlines()}
    grouped = ("--samples", sheet, "--factor", "group", "--reference", "low", "--target", "high")
    outcome = cli("run", counts, *grouped, *("--covariates", "ER"), *FAST, "-o", "out")
    assert outcome.code == 0, outcome.err
    table = read_table(tmp_path / "out" / "de" / "results.tsv")
    assert CELL in set(table["gene_id"])
    assert set(read_table(tmp_path / "out" / "de" / "size_factors.tsv")["sample"]) == set(names)

    # The tables of that run, given to other commands.
    results = tmp_path / "out" / "de" / "results.tsv"
    (tmp_path / "one.gmt").write_text("\t".join(["ONE", "na", CELL, *table["gene_id"][:30]]) + "\n")
    sets = ("--gene-sets", "one.gmt", *FAST[:1])
    assert cli("gsea", "--results", results, *sets, "-o", "again").code == 0
    ranks = tmp_path / "again" / "gsea" / "ranks.rnk"
    assert CELL in {line.split("\t")[0] for line in ranks.read_text().splitlines()}
    (tmp_path / "map.tsv").write_text(f"'{CELL}\tNEW\n")
    assert cli("gsea", "--rnk", ranks, *sets, "--id-map", "map.tsv", "-o", "renamed").code == 0
    assert "NEW" in (tmp_path / "renamed" / "gsea" / "ranks.rnk").read_text()
    normalised = tmp_path / "out" / "de" / "normalized_counts.tsv.gz"
    outcome = cli("score", "--expression", normalised, "--log2", *sets, "-o", "again")
    assert outcome.code == 0, outcome.err
    scores = read_table(tmp_path / "again" / "score" / "scores.tsv")
    assert set(names) <= {*scores.iloc[:, 0], *scores.columns}


@pytest.mark.parametrize(
    "formula",
    [
        "~ a + {__import__('os').system('touch pwned')}",
        "~ condition + {__import__('os').system('touch pwned')}",
        "~ __import__('os').system('touch pwned')",
        "~ condition + I(open('pwned','w'))",
        "~ C(condition, __import__('os').system('touch pwned'))",
        "~ condition + Q('x')",
        "~ `condition` + exec(chr(1))",
    ],
)
def test_a_formula_never_runs(cli, counts_file, tmp_path, formula):
    for command in ("de", "validate"):
        outcome = cli(command, counts_file, "--design", formula, *FAST[: command == "de"])
        assert outcome.code == 2
        assert "formula" in outcome.error
    assert os.listdir(tmp_path) == ["counts.tsv"]


def test_a_contrast_cannot_leave_the_output_directory(cli, counts_file, planted, tmp_path):
    pd.DataFrame({"sample": planted.columns, "g": ["a"] * 3 + ["b"] * 3}).to_csv(
        tmp_path / "s.csv", index=False
    )
    for name in ("../../outside", "/abs", "..", "a/b"):
        (tmp_path / "contrasts.csv").write_text(f"id,variable,reference,target\n{name},g,a,b\n")
        outcome = cli(
            "de", counts_file, "--samples", "s.csv", "--contrasts", "contrasts.csv", *FAST
        )
        assert outcome.code in (1, 2)
        assert name in outcome.error
    assert sorted(os.listdir(tmp_path)) == ["contrasts.csv", "counts.tsv", "s.csv"]


def test_a_card_is_data(cli, counts_file, tmp_path):
    assert cli("de", counts_file, *FAST).code == 0
    (tmp_path / "card.yaml").write_text("!!python/object/apply:os.system ['touch pwned']\n")
    outcome = cli("signature", "--card", "card.yaml")
    assert outcome.code in (1, 2)
    assert "card.yaml" in outcome.error
    assert not (tmp_path / "pwned").exists()


def test_gene_sets_that_are_missing_or_empty(cli, counts_file, tmp_path):
    assert cli("de", counts_file, *FAST).code == 0
    outcome = cli("gsea", "--gene-sets", "missing.gmt")
    assert outcome.code == 1
    assert outcome.error.startswith("missing.gmt: no such file")
    outcome = cli("gsea", "--gene-sets", "halmark")
    assert outcome.code == 2
    assert "available: go_bp, hallmark, kegg_cell_cycle" in outcome.error
    (tmp_path / "empty.gmt").write_text("")
    outcome = cli("gsea", "--gene-sets", "empty.gmt")
    assert outcome.code == 1
    assert "empty.gmt" in outcome.error


def test_a_binary_file_is_refused_in_one_line(cli, tmp_path):
    (tmp_path / "x.tsv").write_bytes(bytes(range(256)) * 40)
    outcome = cli("de", "x.tsv")
    assert outcome.code == 1
    assert "x.tsv" in outcome.error


def test_a_matrix_on_one_endless_line_makes_a_short_error(cli, tmp_path):
    (tmp_path / "x.tsv").write_text("\t".join(["gene", *["same"] * 50_000]) + "\nA\t1\n")
    outcome = cli("de", "x.tsv")
    assert outcome.code == 1
    assert len(outcome.error) < 1_000


@pytest.mark.parametrize("option", ["--factor", "--target", "--where", "--gene-sets", "--card"])
def test_long_and_broken_values_stay_one_line(cli, counts_file, option):
    command = "run" if option in ("--gene-sets", "--card") else "de"
    outcome = cli(command, counts_file, option, "a\nb=\x1b[31m" + "x" * 5_000)
    assert outcome.code in (1, 2)
    assert outcome.out == "", "it is refused before any work"
    assert len(outcome.error) < 1_000
    assert "\x1b" not in outcome.err
