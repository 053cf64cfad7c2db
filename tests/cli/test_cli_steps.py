"""Each command as its users call it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table

FAST = ("--no-figures", "--no-shrink")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def null_file(planted, tmp_path):
    """Counts of the same genes without any effect."""
    rng = np.random.default_rng(5)
    mean = planted.iloc[:, :3].mean(axis=1).to_numpy()[:, None].repeat(6, axis=1)
    counts = rng.negative_binomial(50.0, 50.0 / (50.0 + mean))
    path = tmp_path / "null.tsv"
    pd.DataFrame(counts, index=planted.index, columns=planted.columns).to_csv(path, sep="\t")
    return path


def test_de_alone_then_gsea_alone(cli, counts_file, tmp_path):
    first = cli("de", counts_file.name, *FAST)
    assert first.code == 0, first.err
    assert "groups inferred from the sample names: 3 siS6K1" in first.err
    assert "reference siNC" in first.err
    assert "siS6K1 (n = 3) over siNC (n = 3)" in first.out
    second = cli("gsea", "--no-figures")
    assert second.code == 0, second.err
    assert "HALLMARK_E2F_TARGETS" in second.out
    assert "positive log2 fold change means higher in siS6K1 than in siNC" in second.out
    table = read_table(tmp_path / "s6k1_results" / "gsea" / "gsea.tsv")
    assert {"hallmark", "kegg_cell_cycle"} == set(table["collection"])


def test_the_reference_can_be_turned_round(cli, counts_file, tmp_path):
    cli("de", counts_file, *FAST, "-o", "there")
    outcome = cli("de", counts_file, *FAST, "-o", "back", "--reference", "siS6K1")
    assert "positive log2 fold change means higher in siNC than in siS6K1" in outcome.out
    there = read_table(tmp_path / "there" / "de" / "results.tsv")
    back = read_table(tmp_path / "back" / "de" / "results.tsv")
    np.testing.assert_allclose(there["log2FoldChange"], -back["log2FoldChange"], atol=1e-3)


@pytest.mark.slow
def test_the_second_engine_agrees(cli, counts_file, tmp_path):
    for engine in ("fast", "pydeseq2"):
        outcome = cli("de", counts_file, *FAST, "-o", engine, "--engine", engine)
        assert outcome.code == 0, outcome.err
    one, other = (
        read_table(tmp_path / engine / "de" / "results.tsv") for engine in ("fast", "pydeseq2")
    )
    np.testing.assert_allclose(one["log2FoldChange"], other["log2FoldChange"], atol=0.05)
    record = json.loads((tmp_path / "fast" / "de" / "run.json").read_text())
    assert record["arguments"]["engine"] == "fast"


@pytest.fixture
def three_groups(planted, tmp_path):
    """Counts and sheet of three groups, and two contrasts of them with the reference."""
    third = planted.iloc[:, :3].set_axis(["mock_1", "mock_2", "mock_3"], axis=1)
    (planted.join(third + 7)).to_csv(tmp_path / "three.tsv", sep="\t")
    samples = [*planted.columns, *third.columns]
    pd.DataFrame({"sample": samples, "group": [name.split("_")[0] for name in samples]}).to_csv(
        tmp_path / "three_samples.csv", index=False
    )
    (tmp_path / "contrasts.csv").write_text(
        "id,variable,reference,target,blocking\n"
        "knockdown,group,siNC,siS6K1,\n"
        "mock,group,siNC,mock,\n"
    )
    return ("three.tsv", "--samples", "three_samples.csv", "--contrasts", "contrasts.csv")


def test_two_contrasts_make_two_folders(cli, three_groups, tmp_path):
    outcome = cli("de", *three_groups, *FAST, "-o", "out")
    assert outcome.code == 0, outcome.err
    assert "Differential expression (knockdown)" in outcome.out
    assert "Differential expression (mock)" in outcome.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["knockdown", "mock"]
    for name, target in (("knockdown", "siS6K1"), ("mock", "mock")):
        record = json.loads((tmp_path / "out" / name / "de" / "run.json").read_text())
        assert record["arguments"]["target"] == target
        assert len(read_table(tmp_path / "out" / name / "de" / "results.tsv")) == 600
    stray = cli("gsea", "-o", "out")
    assert stray.code == 1
    assert "out holds the contrasts knockdown, mock: choose one with --out" in stray.error
    assert cli("gsea", "-o", "out/knockdown", "--no-figures").code == 0


def test_run_draws_the_gene_sets_of_all_contrasts(cli, three_groups, tmp_path, monkeypatch):
    # The figures of each contrast are drawn by other tests.
    for drawn in ("draw_de_figures", "draw_gsea_figures"):
        monkeypatch.setattr(f"rnaseq_s6k1.cli.figures.{drawn}", lambda *_arguments: [])
    outcome = cli("run", *three_groups, "--no-shrink", "-o", "out")
    assert outcome.code == 0, outcome.err
    out = tmp_path / "out"
    assert f"Gene sets of the 2 contrasts: {Path('out') / 'gsea_by_contrast.png'}" in outcome.out
    assert sorted(path.name for path in out.glob("gsea_by_contrast.*")) == [
        "gsea_by_contrast.png",
        "gsea_by_contrast.svg",
    ]
    words = (out / "gsea_by_contrast.svg").read_text(encoding="utf-8")
    for name in ("knockdown", "mock", "E2F TARGETS"):
        assert f">{name}<" in words


def test_contrasts_exclude_a_single_contrast(cli, three_groups):
    outcome = cli("run", *three_groups, "--factor", "group")
    assert outcome.code == 2
    assert "--contrasts names its own factors" in outcome.error


@pytest.fixture
def cohort(planted, tmp_path):
    """Twelve tumours whose cell cycle follows RPS6KB1, with one covariate."""
    rng = np.random.default_rng(2)
    low, high = planted.iloc[:, 3:].mean(axis=1), planted.iloc[:, :3].mean(axis=1)
    share = np.linspace(0, 1, 12)
    mean = np.outer(low, 1 - share) + np.outer(high, share)
    counts = rng.negative_binomial(50.0, 50.0 / (50.0 + mean))
    names = [f"T{number:02d}" for number in range(12)]
    pd.DataFrame(counts, index=planted.index, columns=names).to_csv(
        tmp_path / "cohort.tsv", sep="\t"
    )
    sheet = pd.DataFrame({"sample": names, "ER": ["pos", "neg"] * 6, "age": range(40, 52)})
    sheet.to_csv(tmp_path / "clinical.tsv", sep="\t", index=False)
    return ("cohort.tsv", "--samples", "clinical.tsv")


def test_stratify_writes_groups_and_balance(cli, cohort, tmp_path):
    outcome = cli("stratify", *cohort)
    assert outcome.code == 0, outcome.err
    assert "RPS6KB1 tertile: 4 high" in outcome.out
    samples = read_table(tmp_path / "s6k1_results" / "stratify" / "samples.tsv")
    assert samples["group"].value_counts().to_dict() == {"high": 4, "middle": 4, "low": 4}
    assert {"sample", "ER", "age"} <= set(samples.columns)
    assert (tmp_path / "s6k1_results" / "stratify" / "balance.tsv").is_file()
    assert (tmp_path / "s6k1_results" / "stratify" / "run.json").is_file()
    again = cli("stratify", *cohort, "--cut", "median", "--no-figures", "--where", "ER=pos")
    assert "RPS6KB1 median: 3 high" in again.out


def test_stratify_takes_the_library_size_alone(cli, cohort, tmp_path):
    outcome = cli("stratify", *cohort, "--normalisation", "library_size", "--no-figures")
    assert outcome.code == 0, outcome.err
    assert "log2 CPM, library size only)" in outcome.out
    counts = pd.read_csv(tmp_path / "cohort.tsv", sep="\t", index_col=0)
    sizes = counts.sum()
    prior = 2 * sizes / sizes.mean()
    expected = np.log2((counts.loc["RPS6KB1"] + prior) / (sizes + 2 * prior) * 1e6)
    folder = tmp_path / "s6k1_results" / "stratify"
    found = read_table(folder / "samples.tsv").set_index("sample")["expression"]
    np.testing.assert_allclose(found, expected.loc[found.index], rtol=1e-12)
    record = json.loads((folder / "run.json").read_text())
    assert record["arguments"]["normalisation"] == "library_size"


def test_run_on_a_split_leaves_the_driver_out(cli, cohort, tmp_path):
    outcome = cli(
        *("run", *cohort, "--stratify", "RPS6KB1", "--cut", "tertile", "--covariates", "ER"),
        *("--card", "s6k1-high", "-o", "out", *FAST),
    )
    assert outcome.code == 0, outcome.err
    assert "high (n = 4) over low (n = 4), design ~ ER + group" in outcome.out
    assert "RPS6KB1 split the groups and is not counted" in outcome.out
    assert "driver: by construction" in outcome.out
    verdict = json.loads((tmp_path / "out" / "signature" / "verdict.json").read_text())
    assert verdict["driver"] == "by construction"
    assert verdict["evidence"] == "rotation"
    ranked = (tmp_path / "out" / "gsea" / "ranks.rnk").read_text()
    assert "RPS6KB1\t" not in ranked
    assert "MYC\t" in ranked
    degs = read_table(tmp_path / "out" / "de" / "degs.tsv")
    assert "RPS6KB1" not in set(degs["gene_id"])


def test_a_split_takes_no_other_groups(cli, cohort):
    for option, value in (("--factor", "ER"), ("--design", "~ ER")):
        outcome = cli("run", *cohort, "--stratify", "RPS6KB1", option, value)
        assert outcome.code == 2
        assert outcome.error.startswith("--stratify ")


def test_ora_on_bare_lists(cli, planted, tmp_path):
    (tmp_path / "universe.txt").write_text("\n".join(planted.index) + "\n")
    fold = planted.iloc[:, 3:].sum(axis=1) / planted.iloc[:, :3].sum(axis=1)
    (tmp_path / "hits.txt").write_text("\n".join(fold.index[fold < 0.5]) + "\n")
    outcome = cli("ora", "--genes", "hits.txt", "--universe", "universe.txt", "-o", "chip")
    assert outcome.code == 0, outcome.err
    table = read_table(tmp_path / "chip" / "ora" / "ora.tsv")
    assert " ".join(table.columns) == (
        "collection set direction size overlap expected odds_ratio "
        "odds_ratio_ci_low odds_ratio_ci_high fold_enrichment pvalue padj genes"
    )
    best = table.sort_values("pvalue").iloc[0]
    assert best["set"] == "KEGG_CELL_CYCLE"
    assert best["padj"] < 1e-10
    assert best["overlap"] == len(best["genes"].split(","))
    (tmp_path / "hits.txt").write_text("E2F1\nNOT_THERE\n")
    outcome = cli("ora", "--genes", "hits.txt", "--universe", "universe.txt")
    assert outcome.code == 1
    assert "E2F1" in outcome.error


def test_strict_exits_4_without_and_0_with_the_claim(cli, null_file, counts_file):
    outcome = cli("run", null_file, *FAST, "-o", "null", "--strict")
    assert outcome.code == 4
    assert "s6k1-knockdown is not reproduced: signature not established" in outcome.error
    assert "signature: not established" in outcome.out
    assert cli("signature", "-o", "null").code == 0
    assert cli("signature", "-o", "null", "--strict").code == 4
    assert cli("run", counts_file, *FAST, "-o", "planted", "--strict").code == 0
    assert cli("signature", "-o", "planted", "--strict").code == 0


def test_strict_is_no_easier_without_the_samples(cli, counts_file):
    assert cli("de", counts_file, "--no-figures", "-o", "planted").code == 0
    bare = ("--results", "planted/de/results.tsv", "--card", "s6k1-knockdown", "-o", "bare")
    outcome = cli("signature", *bare)
    assert outcome.code == 0, outcome.err
    assert "signature: reproduced" in outcome.out
    outcome = cli("signature", *bare, "--strict")
    assert outcome.code == 4
    assert "evidence gene-sampling only" in outcome.error


def test_validate_says_what_was_understood_and_writes_nothing(cli, counts_file, tmp_path):
    outcome = cli("validate", counts_file)
    assert outcome.code == 0
    assert "Counts: 600 genes, 6 samples" in outcome.out
    assert "design ~ condition" in outcome.out
    assert "2 coefficients (Intercept, condition[siS6K1]), 4 residual degrees" in outcome.out
    assert outcome.out.endswith("The inputs can be analysed.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["counts.tsv"]


def test_simulate_repeats_itself(cli, tmp_path):
    for out, seed in (("a", 0), ("b", 0), ("c", 1)):
        assert cli("simulate", "-o", out, "--seed", seed, "--replicates", "2", "-q").code == 0
    files = ("counts.tsv", "samples.tsv", "truth.tsv", "parameters.json")
    for name in files:
        read = {out: (tmp_path / out / "simulate" / name).read_bytes() for out in "abc"}
        assert read["a"] == read["b"]
        assert name == "samples.tsv" or read["a"] != read["c"]
    record = json.loads((tmp_path / "a" / "simulate" / "run.json").read_text())
    assert sorted(record["outputs"]) == sorted(files)


@pytest.mark.parametrize(
    ("scenario", "driver", "moved"),
    [("null", 0.0, 0), ("signature-without-driver", 0.0, 800), ("knockdown", -2.0, 800)],
)
def test_simulate_plants_what_the_scenario_says(cli, tmp_path, scenario, driver, moved):
    outcome = cli("simulate", "--scenario", scenario, "--replicates", "2")
    assert outcome.code == 0
    assert f"16,000 genes in 4 samples ({scenario})" in outcome.out
    assert "simulated data, not a measurement" in outcome.err
    truth = read_table(tmp_path / "s6k1_results" / "simulate" / "truth.tsv").set_index("gene")
    assert truth.loc["RPS6KB1", "log2FoldChange"] == driver
    assert truth.loc["MYC", "log2FoldChange"] == 0
    assert (truth["log2FoldChange"].abs() > 1).sum() >= moved
    assert (truth["log2FoldChange"] == 0).all() == (scenario == "null")


def test_a_ranked_list_is_never_mapped_without_a_map(cli, planted, tmp_path):
    ids = [f"ENSG{number:011d}" for number in range(600)]
    fold = np.log2(planted.iloc[:, 3:].sum(axis=1) / planted.iloc[:, :3].sum(axis=1))
    pd.Series(fold.to_numpy(), index=ids).to_csv(tmp_path / "ensembl.rnk", sep="\t", header=False)
    outcome = cli("gsea", "--rnk", "ensembl.rnk")
    assert outcome.code == 1
    assert "human Ensembl gene ids" in outcome.error
    assert "--id-map" in outcome.error
    pd.DataFrame({"id": ids, "name": planted.index}).to_csv(
        tmp_path / "map.tsv", sep="\t", index=False
    )
    outcome = cli("gsea", "--rnk", "ensembl.rnk", "--id-map", "map.tsv", "--no-figures")
    assert outcome.code == 0, outcome.err
    table = read_table(tmp_path / "s6k1_results" / "gsea" / "gsea.tsv").set_index("set")
    assert table.loc["HALLMARK_E2F_TARGETS", "nes"] < 0
    outcome = cli("signature", "--rnk", "ensembl.rnk", "--id-map", "map.tsv")
    assert outcome.code == 0, outcome.err
    assert "driver: undecided" in outcome.out


def test_id_map_names_the_genes_of_a_matrix(cli, planted, tmp_path):
    ids = [f"probe{number}" for number in range(600)]
    planted.set_axis(pd.Index(ids, name="gene_id")).to_csv(tmp_path / "probes.tsv", sep="\t")
    pd.DataFrame({"id": ids, "name": planted.index}).to_csv(
        tmp_path / "map.tsv", sep="\t", index=False
    )
    outcome = cli("de", "probes.tsv", "--id-map", "map.tsv", *FAST)
    assert outcome.code == 0, outcome.err
    results = read_table(tmp_path / "s6k1_results" / "de" / "results.tsv").set_index("gene_id")
    assert dict(zip(ids, planted.index, strict=True)) == results["gene_name"].to_dict()
    assert cli("gsea", "--no-figures").code == 0


def test_a_table_of_another_program_is_named_and_called(cli, road, planted, tmp_path):
    from rnaseq_s6k1.genes.table import load_gene_table

    results = read_table(road.out / "de" / "results.tsv")
    frame = load_gene_table().frame.dropna(subset=["ensembl"]).drop_duplicates("symbol")
    ensembl = frame.set_index("symbol")["ensembl"].str.split(r"[|,;]").str[0]
    foreign = results.assign(gene_id=results["gene_id"].map(ensembl)).dropna(subset=["gene_id"])
    foreign = foreign.drop_duplicates("gene_id").set_index("gene_id")
    columns = ["baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"]
    foreign[columns].to_csv(tmp_path / "deseq2.tsv", sep="\t", na_rep="NA", index_label="gene")
    outcome = cli("gsea", "--results", "deseq2.tsv", "--no-figures")
    assert outcome.code == 0, outcome.err
    assert "human Ensembl gene ids" in outcome.err
    assert "HALLMARK_E2F_TARGETS" in outcome.out
    outcome = cli("ora", "--results", "deseq2.tsv")
    assert outcome.code == 0, outcome.err
    assert "genes are called by adjusted p < 0.05 and |log2FC| > 1" in outcome.err
    table = read_table(tmp_path / "s6k1_results" / "ora" / "ora.tsv").set_index(
        ["set", "direction"]
    )
    assert table.loc[("KEGG_CELL_CYCLE", "down"), "padj"] < 1e-10
    (tmp_path / "map.tsv").write_text(
        "id\tname\n" + "".join(f"{one}\tX{one}\n" for one in foreign.index)
    )
    outcome = cli("gsea", "--results", "deseq2.tsv", "--id-map", "map.tsv")
    assert outcome.code == 1, "the map decides, and its names are in no set"


@pytest.mark.parametrize(
    ("names", "species"),
    [
        (lambda genes: [gene.capitalize() for gene in genes], "mouse or rat gene symbols"),
        (
            lambda genes: [f"ENSMUSG{number:011d}" for number in range(len(genes))],
            "mouse Ensembl gene ids",
        ),
    ],
)
def test_genes_of_another_species_pass_de_and_stop_the_sets(cli, planted, tmp_path, names, species):
    planted.set_axis(pd.Index(names(planted.index), name="gene_id")).to_csv(
        tmp_path / "mouse.tsv", sep="\t"
    )
    assert cli("de", "mouse.tsv", *FAST).code == 0
    for command in ("gsea", "ora", "signature"):
        outcome = cli(command)
        assert outcome.code == 1
        assert f"the data have {species}" in outcome.error


@pytest.mark.slow
def test_demo_ends_in_the_verdict(cli, tmp_path):
    outcome = cli("demo", "-o", "demo")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("These data are simulated")
    assert outcome.out.endswith("The data of this demonstration are simulated.\n")
    assert "signature: reproduced    mechanism: consistent    driver: moved" in outcome.out
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "de", "gsea", "multiqc", "ora", "report.html", "ro-crate-metadata.json", "signature",
        "simulate",
    ]  # fmt: skip
