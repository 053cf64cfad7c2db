"""The neighbours of a split gene: flagged after a split, and left out on request."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table

NEIGHBOURS = ("PPM1D", "TBX2", "CLTC")


@pytest.fixture(scope="module")
def tumours(planted, tmp_path_factory):
    """24 tumours whose neighbours of RPS6KB1 follow it, and a set that they make."""
    folder = tmp_path_factory.mktemp("amplicon")
    rng = np.random.default_rng(0)
    share = np.linspace(0, 1, 24)
    mean = np.outer(planted.iloc[:, 3], 1 - share) + np.outer(planted.iloc[:, 0], share)
    counts = pd.DataFrame(rng.poisson(mean), index=planted.index)
    for name in NEIGHBOURS:
        counts.loc[name] = rng.poisson(300 * 2.0 ** (3 * share))
    quiet = [f"QUIET{k:02d}" for k in range(30)]
    for name in quiet:
        counts.loc[name] = rng.poisson(rng.integers(200, 900), 24)
    counts.columns = [f"T{k:02d}" for k in range(24)]
    counts.to_csv(folder / "counts.tsv", sep="\t", index_label="gene_id")
    members = "\t".join([*NEIGHBOURS, *quiet[:15]])
    (folder / "sets.gmt").write_text(f"MINE\tpage\t{members}\n")
    return folder


@pytest.fixture(scope="module")
def split(cli, tumours, tmp_path_factory):
    out = tmp_path_factory.mktemp("split")
    outcome = cli(
        "run", tumours / "counts.tsv", "--stratify", "RPS6KB1", "--no-screen",
        "--gene-sets", "hallmark", "--gene-sets", tumours / "sets.gmt", "--without-amplicon",
        "--no-figures", "--no-shrink", "--lfc", "0.5", "-o", out,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    return out, outcome


def test_neighbours_are_flagged(split):
    out, outcome = split
    table = read_table(out / "stratify" / "amplicon.tsv").set_index("gene_name")
    assert set(NEIGHBOURS) <= set(table.index)
    assert "RPS6KB1" not in table.index
    assert (table.loc[list(NEIGHBOURS), "direction"] == "up").all()
    results = read_table(out / "de" / "results.tsv").set_index("gene_id")
    assert table.loc["TBX2", "log2FoldChange"] == results.loc["TBX2", "log2FoldChange"]
    assert "amplicon of RPS6KB1: the cytoband 17q23" in outcome.out
    record = json.loads((out / "stratify" / "run.json").read_text())
    assert "amplicon.tsv" in record["outputs"]
    assert record["step"] == "stratify"
    assert record["results"]["amplicon_called"] >= 3


def test_gene_sets_are_repeated_without_them(split):
    out, outcome = split
    for step, effect in (("gsea", "nes"), ("ora", "odds_ratio")):
        before = read_table(out / step / f"{step}.tsv")
        after = read_table(out / step / "without_amplicon.tsv")
        assert list(after.columns) == list(before.columns)
        sizes = [table.set_index("set").loc["MINE", "size"] for table in (before, after)]
        pair = [int(np.max(size)) for size in sizes]
        assert pair == [18, 15]
        changes = read_table(out / step / "without_amplicon_changes.tsv")
        assert f"{effect}_without" in changes
        assert len(changes) == len(before)
        record = json.loads((out / step / "run.json").read_text())
        assert "without_amplicon_changes.tsv" in record["outputs"]
        assert record["arguments"]["amplicon_mb"] == 4
    # Three of its genes made the list; without them nothing is over-represented.
    ora = read_table(out / "ora" / "without_amplicon_changes.tsv").set_index(["set", "direction"])
    assert ora.loc[("MINE", "up"), "pvalue"] < ora.loc[("MINE", "up"), "pvalue_without"]
    assert "Without the " in outcome.out
    assert "neighbours of RPS6KB1: " in outcome.out


def test_the_rotation_test_is_repeated_too(split):
    out, outcome = split
    after = read_table(out / "gsea" / "without_amplicon.tsv").set_index("set")
    changes = read_table(out / "gsea" / "without_amplicon_changes.tsv").set_index("set")
    assert after["rotation_pvalue"].notna().all()
    assert changes["rotation_pvalue_without"].equals(
        after["rotation_pvalue"].reindex(changes.index).rename("rotation_pvalue_without")
    )
    mine = changes.loc["MINE"]
    assert mine["rotation_pvalue_without"] != mine["rotation_pvalue"], "three of its genes are out"
    # Sets without neighbours keep their genes: only the ranks of the others move.
    rest = changes.drop(index="MINE")
    moved = (rest["rotation_pvalue_without"] - rest["rotation_pvalue"]).abs()
    assert moved.median() < 0.02
    assert "by rotation: " in outcome.out
    assert "HALLMARK_E2F_TARGETS: " in outcome.out


def test_steps_by_themselves_repeat_them_too(cli, split, tumours):
    out, _ = split
    first = (out / "gsea" / "without_amplicon.tsv").read_bytes()
    sets = ("--gene-sets", "hallmark", "--gene-sets", tumours / "sets.gmt")
    outcome = cli("gsea", *sets, "--without-amplicon", "--no-figures", "-o", out)
    assert outcome.code == 0, outcome.err
    outcome = cli("ora", *sets, "--without-amplicon", "--amplicon-mb", "20", "-o", out)
    assert outcome.code == 0, outcome.err
    assert len(read_table(out / "gsea" / "without_amplicon.tsv")) > 0
    assert (
        first.splitlines()[0]
        == (out / "gsea" / "without_amplicon.tsv").read_bytes().split(b"\n")[0]
    )


def test_what_is_refused(cli, counts_file, tmp_path):
    outcome = cli("run", counts_file, "--without-amplicon", "-o", tmp_path / "o")
    assert outcome.code == 2
    assert "--without-amplicon leaves out the neighbours" in outcome.error
    outcome = cli("gsea", "--amplicon-mb", "0", "-o", tmp_path / "o")
    assert outcome.code == 2
    assert "--amplicon-mb must be a positive number" in outcome.error
    (tmp_path / "g.txt").write_text("MYC\n")
    outcome = cli(
        "ora", "--genes", tmp_path / "g.txt", "--universe", tmp_path / "g.txt",
        "--without-amplicon", "-o", tmp_path / "o",
    )  # fmt: skip
    assert outcome.code == 2
    (tmp_path / "x.rnk").write_text("MYC\t1\nACTB\t-1\n")
    outcome = cli("gsea", "--rnk", tmp_path / "x.rnk", "--without-amplicon", "-o", tmp_path / "o")
    assert outcome.code == 2
    assert "needs groups that were split" in outcome.error
