"""correlate and the analyses of cohort, called as a user calls them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rnaseq_s6k1.io.tables import read_table

GENES = ["RPS6KB1", "PPM1D", "CCNE2", "CCND1", "MYC", "ACTB"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Counts, sheet, copy number, mutations, protein and values of 40 tumours."""
    folder = tmp_path_factory.mktemp("a cohort")
    rng = np.random.default_rng(0)
    names = [f"TCGA-AA-{k:04d}-01A" for k in range(40)]
    level = rng.choice([-1, 0, 1, 2], 40)
    log_mean = rng.normal(9, 0.5, (80, 40))
    log_mean[0] = 9 + 0.7 * level + rng.normal(0, 0.3, 40)
    log_mean[2] = log_mean[0] + rng.normal(0, 0.3, 40)
    genes = [*GENES, *(f"GENE{k:03d}" for k in range(74))]
    counts = pd.DataFrame(rng.poisson(2.0**log_mean), index=genes, columns=names)
    counts.to_csv(folder / "counts.tsv", sep="\t", index_label="gene_id")
    sheet = pd.DataFrame(
        {
            "sample": names,
            "subtype": [["LumA", "LumB", "Basal"][k % 3] for k in range(40)],
            "response": ["resistant"] * 20 + ["sensitive"] * 15 + ["NA"] * 5,
            "s6k1": (["high"] * 14 + ["low"] * 6 + ["high"] * 5 + ["low"] * 10 + ["low"] * 5),
            "RPS6KB1_gistic": level,
            "MYC_gistic": rng.choice([-2, 0, 2], 40),
        }
    )
    sheet.to_csv(folder / "sheet.tsv", sep="\t", index=False)
    patients = [name[:12] for name in names]
    levels = np.array([level, sheet["MYC_gistic"]])
    pd.DataFrame(levels, index=["RPS6KB1", "MYC"], columns=patients).to_csv(
        folder / "cna.tsv", sep="\t", index_label="gene"
    )
    mutated = rng.choice(names, 12, replace=False)
    pd.DataFrame(
        {
            "Tumor_Sample_Barcode": [f"{name}-11D-A000-09" for name in mutated],
            "Hugo_Symbol": "PIK3CA",
            "Variant_Classification": "Missense_Mutation",
        }
    ).to_csv(folder / "maf.tsv", sep="\t", index=False)
    values = np.log2(counts + 1)
    values.to_csv(folder / "values.tsv", sep="\t", index_label="gene")
    protein = values.iloc[:30] * 0.2 + rng.normal(size=(30, 40))
    protein.loc["p70S6K1"] = values.loc["RPS6KB1"] + rng.normal(0, 0.5, 40)
    protein.iloc[:, 3] = np.nan
    protein.set_axis(patients, axis=1).to_csv(folder / "rppa.tsv", sep="\t", na_rep="NA")
    return folder


def record(folder) -> dict:
    return json.loads((folder / "run.json").read_text())


def test_correlate(cli, files, tmp_path):
    out = tmp_path / "an out"
    arguments = ("correlate", files / "counts.tsv", "--samples", files / "sheet.tsv", "-o", out)
    outcome = cli(*arguments, "--genes", "CCNE2,PPM1D")
    assert outcome.code == 0, outcome.err
    assert "Spearman correlation of RPS6KB1 with 2 genes" in outcome.out
    assert "the smallest correlation the founding paper reports" in outcome.out
    table = read_table(out / "correlate" / "correlations.tsv")
    assert table["gene_id"].tolist() == ["CCNE2", "PPM1D"]
    written = record(out / "correlate")
    assert set(written["outputs"]) == {
        "correlations.tsv", "background.tsv.gz",
        "figures/correlations.png", "figures/correlations.svg",
        "figures/scatter_matrix.png", "figures/scatter_matrix.svg",
    }  # fmt: skip
    for name in written["outputs"]:
        assert (out / "correlate" / name).is_file()
    (tmp_path / "list.txt").write_text("CCNE2\n# a note\nCCND1\n")
    outcome = cli(
        *arguments, "--genes", tmp_path / "list.txt", "--partial", "RPS6KB1_gistic",
        "--partial", "subtype", "--where", "subtype=LumA", "--where", "subtype=LumB",
        "--no-figures", "--normalisation", "library_size",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "partial Spearman correlation of RPS6KB1 with 2 genes given RPS6KB1_gistic, subt" in (
        outcome.out
    )
    assert "n = 27" in outcome.out
    assert record(out / "correlate")["inputs"][-1]["path"].endswith("list.txt")


def test_correlate_with_all_genes_is_the_same_for_any_number_of_jobs(cli, files, tmp_path):
    tables = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        outcome = cli(
            "correlate", files / "counts.tsv", "--all-genes", "--jobs", jobs, "--no-figures",
            "-o", out,
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        assert "and 67 more genes" in outcome.out
        tables.append((out / "correlate" / "correlations.tsv").read_bytes())
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--all-genes", "--genes", "MYC"), 2, "exclude each other"),
        (("--partial", "ER"), 2, "--partial names columns of a sample sheet"),
        (("--genes", " , "), 2, "--genes names no gene"),
        (("--genes", "NOSUCH,MYC"), 1, "gene 'NOSUCH' is not among"),
        (("--gene", "\x1b[31mX"), 1, "gene "),
    ],
)
def test_correlate_refuses(cli, files, tmp_path, arguments, code, message):
    outcome = cli("correlate", files / "counts.tsv", *arguments, "-o", tmp_path / "o")
    assert outcome.code == code
    assert message in outcome.error
    assert "\x1b" not in outcome.err


@pytest.mark.parametrize("source", ["sheet", "table", "values"])
def test_copy_number(cli, files, tmp_path, source):
    out = tmp_path / source
    where_from = {
        "sheet": (files / "counts.tsv", "--samples", files / "sheet.tsv"),
        "table": (files / "counts.tsv", "--copy-number", files / "cna.tsv", "--no-figures"),
        "values": (
            "--values", files / "values.tsv", "--samples", files / "sheet.tsv",
            "--column", "RPS6KB1_gistic", "--no-figures",
        ),
    }[source]  # fmt: skip
    outcome = cli("cohort", "copy-number", *where_from, "-o", out)
    assert outcome.code == 0, outcome.err
    assert "RPS6KB1 expression" in outcome.out
    tests = read_table(out / "cohort" / "copy_number" / "tests.tsv")
    assert tests["test"].tolist().count("Spearman") == (1 if source == "values" else 2)
    samples = read_table(out / "cohort" / "copy_number" / "samples.tsv")
    assert len(samples) == 40
    assert tests["statistic"][0] == pytest.approx(
        stats.spearmanr(samples["level"], samples["expression"]).statistic
    )
    if source == "sheet":
        figures = out / "cohort" / "copy_number" / "figures"
        assert (figures / "expression_by_level.png").is_file()


def test_alterations(cli, files, tmp_path):
    outcome = cli(
        "cohort", "alterations", "--samples", files / "sheet.tsv", "--mutations",
        files / "maf.tsv", "--genes", "RPS6KB1,MYC,PIK3CA", "--by", "subtype", "-o", tmp_path,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    folder = tmp_path / "cohort" / "alterations"
    table = read_table(folder / "frequencies.tsv").set_index(["gene", "kind", "group"])
    sheet = pd.read_csv(files / "sheet.tsv", sep="\t")
    expected = (sheet["MYC_gistic"].abs() == 2).sum()
    assert table.loc[("MYC", "any", "all"), "altered"] == expected
    assert table.loc[("PIK3CA", "missense", "all"), "altered"] == 12
    assert f"MYC            {expected:>2} of 40" in outcome.out
    drawn = read_table(folder / "oncoprint.tsv")
    assert drawn["gene"][0] == "MYC"
    assert drawn.shape == (3, 41)
    assert (folder / "by_group.tsv").is_file()
    assert (folder / "figures" / "oncoprint.svg").is_file()


def test_alterations_from_a_table_by_patient(cli, files, tmp_path):
    outcome = cli(
        "cohort", "alterations", "--copy-number", files / "cna.tsv", "--genes", "MYC",
        "--levels", "2", "--no-figures", "-o", tmp_path,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    sheet = pd.read_csv(files / "sheet.tsv", sep="\t")
    table = read_table(tmp_path / "cohort" / "alterations" / "frequencies.tsv")
    assert table["altered"][0] == (sheet["MYC_gistic"] == 2).sum()


def test_a_study_of_cbioportal(cli, files, tmp_path):
    names = [f"TCGA-AA-{k:04d}-01" for k in range(6)]
    study = tmp_path / "study"
    study.mkdir()
    (study / "data_cna.txt").write_text(
        "Hugo_Symbol\tEntrez_Gene_Id\t" + "\t".join(names) + "\nRPS6KB1\t6198\t2\t0\t0\tNA\t1\t-2\n"
    )
    (study / "data_mutations.txt").write_text(
        "#sequenced_samples: " + " ".join(names[:5]) + "\n"
        "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n"
        f"PIK3CA\tMissense_Mutation\t{names[1]}\nPIK3CA\tSilent\t{names[2]}\n"
    )
    (study / "data_clinical_sample.txt").write_text(
        "#Patient\tSample\tSubtype\n#a\tb\tc\n#STRING\tSTRING\tSTRING\n#1\t1\t1\n"
        "PATIENT_ID\tSAMPLE_ID\tSUBTYPE\n"
        + "".join(f"{name[:12]}\t{name}\t{'ab'[k % 2]}\n" for k, name in enumerate(names))
    )
    outcome = cli(
        "cohort", "alterations", "--samples", study / "data_clinical_sample.txt",
        "--copy-number", study / "data_cna.txt", "--mutations", study / "data_mutations.txt",
        "--genes", "RPS6KB1,PIK3CA", "--by", "SUBTYPE", "--no-figures", "-o", tmp_path / "o",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    table = read_table(tmp_path / "o" / "cohort" / "alterations" / "frequencies.tsv")
    rows = table[table["group"] == "all"].set_index(["gene", "kind"])
    # One tumour has no call; another was not sequenced, and counts only as it is deleted.
    assert rows.loc[("RPS6KB1", "any"), ["n", "altered"]].tolist() == [5, 2]
    assert rows.loc[("PIK3CA", "any"), ["n", "altered"]].tolist() == [5, 1]


def test_the_papers_two_by_two_table(cli, files, tmp_path):
    outcome = cli(
        "cohort", "exclusivity", "--samples", files / "sheet.tsv", "--event",
        "response=resistant", "--event", "s6k1=high", "-o", tmp_path,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "both 14, response=resistant only 6, s6k1=high only 5, neither 10" in outcome.out
    row = read_table(tmp_path / "cohort" / "exclusivity" / "pairs.tsv").iloc[0]
    assert row["n"] == 35, "five have no response"
    assert round(row["pvalue"], 3) == 0.044


def test_exclusivity_of_genes(cli, files, tmp_path):
    outcome = cli(
        "cohort", "exclusivity", "--samples", files / "sheet.tsv", "--mutations",
        files / "maf.tsv", "--genes", "RPS6KB1:amp,MYC:del,PIK3CA:mut", "--event",
        "subtype=LumA", "--no-figures", "-o", tmp_path,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    table = read_table(tmp_path / "cohort" / "exclusivity" / "pairs.tsv")
    assert len(table) == 6
    sheet = pd.read_csv(files / "sheet.tsv", sep="\t")
    row = table[(table["a"] == "RPS6KB1:amp") & (table["b"] == "MYC:del")].iloc[0]
    counts = pd.crosstab(sheet["RPS6KB1_gistic"] == 2, sheet["MYC_gistic"] == -2)
    assert row["pvalue"] == pytest.approx(stats.fisher_exact(counts).pvalue)


def test_groups(cli, files, tmp_path):
    outcome = cli(
        "cohort", "groups", "--values", files / "values.tsv", "--samples", files / "sheet.tsv",
        "--by", "subtype", "-o", tmp_path,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "Kruskal-Wallis over 3 groups, n = 40" in outcome.out
    folder = tmp_path / "cohort" / "groups"
    assert len(read_table(folder / "pairs.tsv")) == 3
    values = pd.read_csv(files / "values.tsv", sep="\t", index_col=0).loc["RPS6KB1"]
    sheet = pd.read_csv(files / "sheet.tsv", sep="\t", index_col=0)
    expected = stats.kruskal(*(part for _, part in values.groupby(sheet["subtype"])))
    assert read_table(folder / "test.tsv")["pvalue"][0] == pytest.approx(expected.pvalue)
    assert (folder / "figures" / "expression_by_group.png").is_file()


def test_protein(cli, files, tmp_path):
    outcome = cli(
        "cohort", "protein", files / "counts.tsv", "--protein", files / "rppa.tsv",
        "--gene", "S6K1=p70S6K1", "--gene", "MYC", "-o", tmp_path,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "RPS6KB1 with p70S6K1: Spearman 0." in outcome.out
    assert "of 30 genes" in outcome.out
    table = read_table(tmp_path / "cohort" / "protein" / "correlations.tsv").set_index("gene")
    assert table.loc["RPS6KB1", "n"] == 39
    assert (tmp_path / "cohort" / "protein" / "figures" / "scatter_2.svg").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("copy-number",), 2, "give either COUNTS or --values"),
        (("copy-number", "{counts}"), 2, "has no column 'RPS6KB1_gistic'"),
        (("copy-number", "{counts}", "--samples", "{sheet}", "--column", "subtype"), 2, "does not"),
        (("copy-number", "{counts}", "--copy-number", "{sheet}"), 1, "is not a copy-number call"),
        (("copy-number", "--values", "{sheet}"), 1, "is not a finite number"),
        (("copy-number", "{counts}", "--copy-number", "no.tsv"), 1, "no.tsv: no such file"),
        (("alterations",), 2, "give --copy-number, or a sample sheet"),
        (("alterations", "--samples", "{sheet}", "--by", "subtyp"), 2, "did you mean 'subtype'"),
        (("alterations", "--samples", "{sheet}", "--levels", "x"), 2, "--levels 'x'"),
        (("alterations", "--samples", "{sheet}", "--genes", "TP53"), 1, "have no gene 'TP53'"),
        (("alterations", "--where", "a=b", "--copy-number", "{cna}"), 2, "--where names columns"),
        (("exclusivity", "--samples", "{sheet}", "--genes", "MYC:x"), 2, "stands amp, del or mut"),
        (("exclusivity", "--samples", "{sheet}", "--genes", "MYC"), 2, "at least two events"),
        (("exclusivity", "--samples", "{sheet}", "--event", "q=1"), 2, "is not COLUMN=VALUE"),
        (("exclusivity", "--samples", "{sheet}", "--event", "s6k1=x"), 2, "has no level 'x'"),
        (("groups", "{counts}", "--by", "x"), 2, "is no column of the sample sheet"),
        (("groups", "--values", "{values}", "--by", "x"), 2, "give one with --samples"),
        (("protein", "--protein", "{rppa}"), 2, "either COUNTS or --values"),
        (("protein", "{counts}", "--protein", "{rppa}", "--gene", "MYC=q"), 1, "has no row 'q'"),
        (("groups", "{counts}"), 2, "missing option '--by'"),
    ],
)
def test_what_is_refused(cli, files, tmp_path, arguments, code, message):
    paths = {
        name: str(files / f"{file}.tsv")
        for name, file in {
            "counts": "counts", "sheet": "sheet", "cna": "cna", "values": "values", "rppa": "rppa",
        }.items()
    }  # fmt: skip
    given = [argument.format(**paths) for argument in arguments]
    outcome = cli("cohort", *given, "--no-figures", "-o", tmp_path)
    assert outcome.code == code, outcome.err
    assert message.lower() in outcome.error.lower()
    assert list(tmp_path.rglob("*.tsv")) == []


def test_its_help_names_the_analyses(cli):
    outcome = cli("cohort", "--help")
    assert outcome.code == 0
    for name in ("copy-number", "alterations", "exclusivity", "groups", "protein"):
        assert name in outcome.out
        assert "Example: rnaseq-s6k1 cohort" in cli("cohort", name, "--help").out


def test_hostile_names_stay_data(cli, files, tmp_path):
    sheet = pd.read_csv(files / "sheet.tsv", sep="\t")
    sheet["subtype"] = sheet["subtype"].replace({"LumA": "=cmd|'/C calc'!A0", "LumB": "<script>"})
    sheet.to_csv(tmp_path / "odd.tsv", sep="\t", index=False)
    outcome = cli(
        "cohort", "alterations", "--samples", tmp_path / "odd.tsv", "--by", "subtype",
        "-o", tmp_path / "o",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    picture = tmp_path / "o" / "cohort" / "alterations" / "figures" / "oncoprint.svg"
    assert "<script" not in picture.read_text()
