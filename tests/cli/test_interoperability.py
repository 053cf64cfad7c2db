"""The formats, option names and reports of the Broad's programs on the command line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.enrichment.collections import read_gene_sets
from rnaseq_s6k1.io.cls import write_cls
from rnaseq_s6k1.io.gct import write_gct
from rnaseq_s6k1.io.gmx import write_gmx
from rnaseq_s6k1.io.tables import read_table

FAST = ("--no-shrink", "--no-figures")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def rnk(planted, tmp_path):
    """A ranked list of the planted effect."""
    fold = np.log2((planted.iloc[:, 3:].sum(axis=1) + 1) / (planted.iloc[:, :3].sum(axis=1) + 1))
    fold.to_csv(tmp_path / "planted.rnk", sep="\t", header=False)
    return "planted.rnk"


def gsea_table(folder):
    return read_table(folder / "gsea" / "gsea.tsv")


def test_gct_and_cls_are_counts_and_samples(cli, planted, counts_file, tmp_path):
    write_gct(planted, tmp_path / "counts.gct")
    labels = pd.Series(["siNC"] * 3 + ["siS6K1"] * 3)
    write_cls(labels, tmp_path / "groups.cls")
    named = planted.set_axis([f"s{at}" for at in range(6)], axis=1)
    write_gct(named, tmp_path / "nameless.gct.gz")
    outcome = cli("de", "nameless.gct.gz", "--samples", "groups.cls", *FAST, "-o", "there")
    assert outcome.code == 0, outcome.err
    assert "siS6K1 (n = 3) over siNC (n = 3)" in outcome.out
    assert "read as GCT 1.2, 600 rows x 6 samples" in outcome.err
    assert "given to the samples in the matrix's order: 's0 siNC'" in outcome.err
    assert cli("de", counts_file, *FAST, "-o", "as_table").code == 0
    one, other = (
        read_table(tmp_path / name / "de" / "results.tsv") for name in ("there", "as_table")
    )
    pd.testing.assert_frame_equal(one, other)
    record = json.loads((tmp_path / "there" / "de" / "run.json").read_text())
    assert record["arguments"]["counts_source"]["format"] == "gct"
    assert len(record["inputs"]) == 2
    checked = cli("validate", "counts.gct", "--format", "gct", "--samples", "groups.cls")
    assert checked.code == 0, checked.err


def test_a_cls_that_does_not_fit_is_one_line(cli, counts_file, tmp_path):
    write_cls(pd.Series(["a", "b"]), tmp_path / "two.cls")
    outcome = cli("de", counts_file, "--samples", "two.cls")
    assert outcome.code == 1
    assert "two.cls: has labels for 2 samples and the matrix has 6" in outcome.error
    swapped = cli("de", "two.cls")
    assert swapped.code == 1
    assert "give it with --samples" in swapped.error


def test_gct_with_decimals_is_refused_as_any_format(cli, planted, tmp_path):
    write_gct(planted / 3, tmp_path / "x.gct")
    outcome = cli("de", "x.gct")
    assert outcome.code == 1
    assert "is not a whole number" in outcome.error


def test_gmx_stands_wherever_gmt_does(cli, rnk, tmp_path):
    sets = read_gene_sets(["hallmark"])["hallmark"]
    write_gmx(sets, tmp_path / "hallmark_as.gmx")
    assert cli("gsea", "--rnk", rnk, "--gene-sets", "hallmark_as.gmx", *FAST[1:]).code == 0
    first = gsea_table(tmp_path / "s6k1_results")
    assert cli("gsea", "--rnk", rnk, "--gene-sets", "hallmark", *FAST[1:], "-o", "b").code == 0
    second = gsea_table(tmp_path / "b")
    assert set(first["collection"]) == {"hallmark_as"}
    pd.testing.assert_frame_equal(
        first.drop(columns="collection"), second.drop(columns="collection")
    )
    checked = cli("genesets", "check", "hallmark_as.gmx")
    assert checked.code == 0
    assert "sets\t50" in checked.out
    shown = cli("genesets", "show", "HALLMARK_E2F_TARGETS", "--gene-sets", "hallmark_as.gmx")
    assert "collection\thallmark_as" in shown.out
    (tmp_path / "bad.gmx").write_text("A\n\nTP53\tMYC\n")
    broken = cli("gsea", "--rnk", rnk, "--gene-sets", "bad.gmx")
    assert broken.code == 1
    assert "bad.gmx: line 3, column 2: the gene 'MYC' stands under no set name" in broken.error


@pytest.mark.parametrize(
    "spelt",
    [
        ("--nperm", "200", "--set-min", "20", "--set-max", "150", "--rnd-seed", "149"),
        ("--nperm", "200", "--set_min", "20", "--set_max", "150", "--rnd_seed", "149"),
        ("-nperm", "200", "-set_min", "20", "-set_max", "150", "-rnd_seed", "149"),
        ("--nperm=200", "--set-min=20", "--set-max=150", "--rnd-seed=149"),
    ],
)
def test_the_broads_options_are_ours(cli, rnk, tmp_path, spelt):
    own = ("--permutations", "200", "--min-size", "20", "--max-size", "150", "--seed", "149")
    for names, out in ((spelt, "theirs"), (own, "ours")):
        outcome = cli("gsea", "--rnk", rnk, *names, *FAST[1:], "-o", out)
        assert outcome.code == 0, outcome.err
    for name in ("gsea.tsv", "dropped_sets.tsv"):
        theirs, ours = ((tmp_path / out / "gsea" / name).read_bytes() for out in ("theirs", "ours"))
        assert theirs == ours
    record = json.loads((tmp_path / "theirs" / "gsea" / "run.json").read_text())
    assert record["seed"] == 149
    assert record["arguments"]["permutations"] == 200
    assert record["arguments"]["min_size"] == 20
    assert record["arguments"]["max_size"] == 150


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--set-min", "3", "--min-size", "3"), "--set-min is another name for --min-size"),
        (("--max-size", "9", "-set_max", "9"), "--set-max is another name for --max-size"),
        (("--nperm", "999", "--permutations", "999"), "--nperm is another name for --permutations"),
        (("--seed", "0", "--rnd-seed", "0"), "--rnd-seed is another name for --seed"),
        (("--set-min", "3", "--set_min", "4"), "--set-min is given 2 times"),
        (("--rnd-seed", "timestamp"), "--rnd-seed timestamp draws other numbers every time"),
        (("--rnd_seed", "-1"), "--rnd-seed takes a whole number from 0 to 4294967295, not '-1'"),
        (("--rnd-seed", "4294967296"), "--rnd-seed takes a whole number from 0 to 4294967295"),
        (("--nperm", "99"), "--nperm takes a whole number from 100, not '99'"),
        (("--nperm", "1e3"), "--nperm takes a whole number from 100, not '1e3'"),
        (("--set-min", "0"), "--set-min takes a whole number from 1, not '0'"),
        (("--set-min", "１"), "--set-min takes a whole number"),
        (("--set-min", "9" * 40), "--set-min takes a whole number"),
        (("--set-min", "600"), "--min-size 600 is above --max-size 500"),
        (("--permutations", "10"), "invalid value for '--permutations'"),
    ],
)
def test_conflicts_and_nonsense_are_usage_errors(cli, arguments, says):
    for command in (("gsea", "--rnk", "none.rnk"), ("run", "none.tsv")):
        outcome = cli(*command, *arguments)
        assert outcome.code == 2
        assert says in outcome.error


def test_commands_without_gene_sets_do_not_know_them(cli):
    assert cli("de", "x.tsv", "--rnd-seed", "1").code == 2
    assert cli("simulate", "--nperm", "100").code == 2
    known = cli("gsea", "--help").out
    for option in ("--nperm", "--set-min", "--set-max", "--rnd-seed"):
        assert option in known, "the text names them"
        assert f"  {option} " not in known, "the list of options does not"


def test_ora_takes_the_size_bounds(cli, planted, tmp_path):
    (tmp_path / "universe.txt").write_text("\n".join(planted.index) + "\n")
    (tmp_path / "hits.txt").write_text("\n".join(planted.index[:50]) + "\n")
    lists = ("--genes", "hits.txt", "--universe", "universe.txt")
    assert cli("ora", *lists, "--set-min", "25", "-o", "a").code == 0
    assert cli("ora", *lists, "--min-size", "25", "-o", "b").code == 0
    one, other = ((tmp_path / out / "ora" / "ora.tsv").read_bytes() for out in "ab")
    assert one == other
    assert (read_table(tmp_path / "a" / "ora" / "ora.tsv")["size"] >= 25).all()


def test_broad_report_of_a_ranked_list_and_of_a_contrast(cli, rnk, road, tmp_path):
    outcome = cli("gsea", "--rnk", rnk, "--broad-report", *FAST[1:])
    assert outcome.code == 0, outcome.err
    folder = tmp_path / "s6k1_results" / "gsea"
    record = json.loads((folder / "run.json").read_text())
    for name in (
        "broad/gsea_report_for_na_pos.tsv",
        "broad/gsea_report_for_na_neg.tsv",
        "broad/ranked_gene_list_na_pos_versus_na_neg.tsv",
        "broad/gene_set_sizes.tsv",
        "broad/HALLMARK_E2F_TARGETS.tsv",
        "broad/edb/results.edb",
        "broad/edb/gene_sets.gmt",
        "broad/edb/ranks.rnk",
    ):
        assert (folder / name).is_file(), name
        assert name in record["outputs"]
    (tmp_path / "again" / "de").mkdir(parents=True)
    for path in (road.out / "de").iterdir():
        if path.is_file():
            (tmp_path / "again" / "de" / path.name).write_bytes(path.read_bytes())
    assert cli("gsea", "-o", "again", "--broad-report", *FAST[1:]).code == 0
    report = pd.read_csv(
        tmp_path / "again" / "gsea" / "broad" / "gsea_report_for_siNC.tsv", sep="\t", index_col=0
    )
    assert report.loc["HALLMARK_E2F_TARGETS", "NES"] < 0
    assert report.loc["HALLMARK_E2F_TARGETS", "FWER p-val"] < 0.05
    table = gsea_table(tmp_path / "again").set_index("set")
    np.testing.assert_allclose(report["NES"], table.loc[report.index, "nes"], rtol=1e-12)


@pytest.fixture
def mouse(planted, tmp_path):
    """The planted counts under mouse Ensembl ids, and the map to their human orthologs."""
    ids = [f"ENSMUSG{number:011d}" for number in range(len(planted))]
    counts = planted.set_axis(pd.Index(ids, name="gene_id"))
    counts.to_csv(tmp_path / "mouse.tsv", sep="\t")
    pairs = [*zip(ids, planted.index, strict=True)]
    # One gene with two orthologs, and one whose ortholog another has too.
    pairs = [*pairs, (ids[0], "TP53"), (ids[1], planted.index[2])]
    (tmp_path / "orthologs.tsv").write_text(
        "mouse\thuman\n" + "".join(f"{one}\t{other}\n" for one, other in pairs)
    )
    return planted


@pytest.mark.slow
def test_mouse_counts_go_the_whole_road_with_an_ortholog_map(cli, mouse, tmp_path):
    arguments = ("mouse.tsv", "--ortholog-map", "orthologs.tsv", "--broad-report", *FAST)
    outcome = cli("run", *arguments)
    assert outcome.code == 0, outcome.err
    assert "orthologs.tsv: of 600 genes 598 have one human ortholog; 2 have several" in outcome.err
    assert "signature: reproduced" in outcome.out
    assert "driver: moved" in outcome.out
    out = tmp_path / "s6k1_results"
    de = read_table(out / "de" / "results.tsv")
    assert de["gene_id"].str.startswith("ENSMUSG").all(), "de leaves identifiers as written"
    assert de["gene_name"].str.startswith("ENSMUSG").all()
    assert "RPS6KB1\t" in (out / "gsea" / "ranks.rnk").read_text()
    assert (out / "gsea" / "broad" / "gsea_report_for_siS6K1.tsv").is_file()
    for step in ("gsea", "ora", "signature"):
        record = json.loads((out / step / "run.json").read_text())
        assert "orthologs.tsv" in [entry["path"] for entry in record["inputs"]]
    alone = {}
    for step in ("gsea", "ora", "signature"):
        before = (out / step / ("verdict" if step == "signature" else step)).with_suffix(".tsv")
        alone[before] = before.read_bytes()
        assert cli(step, "--ortholog-map", "orthologs.tsv", *_quiet(step)).code == 0
        assert before.read_bytes() == alone[before], step
        bare = cli(step, "-o", str(out), *_quiet(step))
        if step != "signature":
            assert bare.code == 1
            assert "give --ortholog-map FILE" in bare.error


def _quiet(step):
    return ("--no-figures",) if step == "gsea" else ()


def test_a_sets_table_without_the_map_does_not_judge_with_it(cli, mouse, tmp_path):
    assert cli("run", "mouse.tsv", "--ortholog-map", "orthologs.tsv", *FAST).code == 0
    (tmp_path / "other.tsv").write_text((tmp_path / "orthologs.tsv").read_text() + "x\ty\n")
    outcome = cli("signature", "--ortholog-map", "other.tsv")
    assert outcome.code == 0, outcome.err
    assert "was not made from the present other.tsv; the card's sets are tested anew" in outcome.err


def test_lists_and_ranked_lists_of_another_species(cli, mouse, tmp_path):
    ids = read_ids(tmp_path)
    fold = np.log2(mouse.iloc[:, 3:].sum(axis=1) / mouse.iloc[:, :3].sum(axis=1))
    pd.Series(fold.to_numpy(), index=ids).to_csv(tmp_path / "m.rnk", sep="\t", header=False)
    refused = cli("gsea", "--rnk", "m.rnk")
    assert refused.code == 1
    assert "--ortholog-map FILE" in refused.error
    outcome = cli("gsea", "--rnk", "m.rnk", "--ortholog-map", "orthologs.tsv", *FAST[1:])
    assert outcome.code == 0, outcome.err
    table = gsea_table(tmp_path / "s6k1_results").set_index("set")
    assert table.loc["HALLMARK_E2F_TARGETS", "nes"] < 0
    (tmp_path / "universe.txt").write_text("\n".join(ids) + "\n")
    hits = [gene for gene, change in zip(ids, fold, strict=True) if change < -1]
    (tmp_path / "hits.txt").write_text("\n".join(hits) + "\n")
    lists = ("--genes", "hits.txt", "--universe", "universe.txt")
    assert "--ortholog-map FILE" in cli("ora", *lists).error
    outcome = cli("ora", *lists, "--ortholog-map", "orthologs.tsv")
    assert outcome.code == 0, outcome.err
    best = read_table(tmp_path / "s6k1_results" / "ora" / "ora.tsv").sort_values("pvalue").iloc[0]
    assert best["padj"] < 1e-6


def read_ids(folder):
    return pd.read_csv(folder / "mouse.tsv", sep="\t", usecols=["gene_id"])["gene_id"].tolist()


def test_a_bad_map_is_refused_before_the_fit(cli, mouse, tmp_path):
    (tmp_path / "bad.tsv").write_text("a\tb\tc\n")
    outcome = cli("run", "mouse.tsv", "--ortholog-map", "bad.tsv")
    assert outcome.code == 1
    assert "an ortholog map has two" in outcome.error
    assert not (tmp_path / "s6k1_results").exists()
