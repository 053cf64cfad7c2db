"""``survival`` and ``bridge`` as their users call them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.io.tables import read_table

TUMOURS = [f"T{k:02d}" for k in range(36)]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cohort(planted, tmp_path):
    """36 tumours whose cell cycle and hazard rise with RPS6KB1."""
    rng = np.random.default_rng(2)
    low, high = planted.iloc[:, 3:].mean(axis=1), planted.iloc[:, :3].mean(axis=1)
    share = np.linspace(0, 1, len(TUMOURS))
    mean = np.outer(low, 1 - share) + np.outer(high, share)
    pd.DataFrame(
        rng.negative_binomial(50.0, 50.0 / (50.0 + mean)), index=planted.index, columns=TUMOURS
    ).to_csv(tmp_path / "cohort.tsv", sep="\t")
    clinical = pd.DataFrame(
        {
            "sample": TUMOURS,
            "ER": ["pos", "neg"] * 18,
            "stage": [1, 2, 3] * 12,
            "OS": [1, 1, 0] * 12,
            "OS.time": np.ceil(rng.exponential(1000 * np.exp(-2 * share))).astype(int),
            "PFS_STATUS": ["1:PROGRESSION", "0:CENSORED"] * 18,
            "PFS_MONTHS": np.round(rng.exponential(20, len(TUMOURS)) + 0.1, 1),
            "RPS6KB1_gistic": np.digitize(share, [0.3, 0.7]),
        }
    )
    clinical.to_csv(tmp_path / "clinical.tsv", sep="\t", index=False)
    return ("cohort.tsv", "--samples", "clinical.tsv")


def test_survival_by_a_gene(cli, cohort, tmp_path):
    outcome = cli("survival", *cohort, "--covariates", "ER", "--strata", "stage", "--continuous")
    assert outcome.code == 0, outcome.err
    assert "RPS6KB1 tertile: 12 high" in outcome.out
    assert "OS (times in days)" in outcome.out
    assert "PFS (times in months)" in outcome.out
    assert "high v low (adjusted for ER, stratified by stage): n = 24" in outcome.out
    assert "the times in OS.time are taken for days" in outcome.err
    folder = tmp_path / "s6k1_results" / "survival"
    table = read_table(folder / "survival.tsv")
    assert (
        table.groupby("endpoint")["model"].agg(list).tolist()
        == [["unadjusted", "stratified", "adjusted"] * 2] * 2
    )
    at_risk = read_table(folder / "at_risk.tsv").query("endpoint == 'OS' and time == 0")
    assert at_risk["n_risk"].tolist() == [12, 12]
    record = json.loads((folder / "run.json").read_text())
    assert record["arguments"]["covariates"] == ["ER"]
    assert record["packages"]["lifelines"] != "unknown"
    outputs = {name for name in record["outputs"] if name.startswith("figures/")}
    assert outputs == {
        f"figures/km_{name}.{kind}" for name in ("OS", "PFS") for kind in ("png", "svg")
    }
    assert all((folder / name).is_file() for name in record["outputs"])


def test_survival_on_a_clinical_table_alone(cli, cohort, tmp_path):
    outcome = cli(
        *("survival", "clinical.tsv", "--group", "stage", "--endpoints", "PFS,life=OS:OS.time"),
        *("--time-unit", "weeks", "--no-figures", "-o", "ihc"),
    )
    assert outcome.code == 0, outcome.err
    assert "2 v 1: n = 36" in outcome.out
    assert "log-rank p (all groups) = " in outcome.out
    table = read_table(tmp_path / "ihc" / "survival" / "survival.tsv")
    assert table["endpoint"].unique().tolist() == ["PFS", "life"]
    assert (table["time_unit"] == "weeks").all()
    outcome = cli(
        *("survival", "clinical.tsv", "--group", "RPS6KB1_gistic", "--target", "2"),
        *("--where", "ER=pos", "--no-figures"),
    )
    assert outcome.code == 0, outcome.err
    assert "RPS6KB1_gistic: 2 against all others" in outcome.out
    assert "2 v rest: n = 18" in outcome.out
    outcome = cli("survival", "clinical.tsv", "--marker", "PFS_MONTHS", "--cut", "median",
                  "--endpoints", "OS", "--no-figures")  # fmt: skip
    assert "PFS_MONTHS median: high at or above" in outcome.out


def test_the_best_cut_is_said_to_be_searched(cli, cohort, tmp_path):
    outcome = cli(
        *("survival", *cohort, "--endpoints", "OS", "--best-cut", "--permutations", "199"),
        *("--best-cut-range", "0.2,0.8", "--seed", "3", "--no-figures"),
    )
    assert outcome.code == 0, outcome.err
    assert "is invalid: the outcome chose the cut" in outcome.out
    row = read_table(tmp_path / "s6k1_results" / "survival" / "best_cut.tsv").iloc[0]
    assert row["pvalue"] >= row["naive_pvalue_invalid"]
    assert (row["share_from"], row["share_to"], row["n_permutations"]) == (0.2, 0.8, 199)
    # The table of comparisons holds what was fixed beforehand, and only that.
    table = read_table(tmp_path / "s6k1_results" / "survival" / "survival.tsv")
    assert table["comparison"].tolist() == ["high v low"]


def test_names_of_endpoints_are_no_paths(cli, cohort, tmp_path):
    outcome = cli(
        *("survival", "clinical.tsv", "--group", "ER", "-o", "out"),
        *("--endpoints", "../../up=OS:OS.time,__up=OS:OS.time,=?=OS:OS.time"),
    )
    assert outcome.code == 2, "an endpoint needs a name"
    outcome = cli(
        *("survival", "clinical.tsv", "--group", "ER", "-o", "out"),
        *("--endpoints", "../../up=OS:OS.time,__up=OS:OS.time"),
    )
    assert outcome.code == 0, outcome.err
    names = sorted(path.name for path in (tmp_path / "out" / "survival" / "figures").iterdir())
    assert names == ["km_up.png", "km_up.svg", "km_up_.png", "km_up_.svg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinical.tsv", "cohort.tsv", "out"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("clinical.tsv",), 2, "a clinical table alone needs --group COLUMN or --marker COLUMN"),
        (("clinical.tsv", "--gene", "MYC"), 2, "a clinical table alone needs"),
        (("clinical.tsv", "--group", "ER", "--gene", "MYC"), 2, "--gene and --group exclude"),
        (("clinical.tsv", "--group", "ER", "--cut", "median"), 2, "--cut cuts a number"),
        (("clinical.tsv", "--group", "ER", "--best-cut"), 2, "need a number: --gene or --marker"),
        (("clinical.tsv", "--marker", "stage", "--target", "2"), 2, "levels of a --group"),
        (("clinical.tsv", "--marker", "stage", "--best-cut-range", "1,2"), 2, "give two shares"),
        (("clinical.tsv", "--group", "er"), 2, "did you mean 'ER'"),
        (("clinical.tsv", "--group", "ER", "--endpoints", "DSS"), 2, "--endpoints 'DSS': the clin"),
        (("clinical.tsv", "--group", "ER", "--covariates", "ER"), 2, "cannot be adjusted for too"),
        (("clinical.tsv", "--group", "ER", "--covariates", "nope"), 2, "no such column"),
        (("nothing.tsv", "--group", "ER"), 1, "nothing.tsv: cannot be read (No such file"),
        (("cohort.tsv", "--samples", "clinical.tsv", "--gene", "XYZ"), 1, "gene 'XYZ' is not"),
    ],
)
def test_what_survival_refuses(cli, cohort, arguments, code, message):
    outcome = cli("survival", *arguments, "--no-figures")
    assert outcome.code == code, outcome.err
    assert message in outcome.error
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,g,OS,OS.time\na,x,1,3\nb,y,0,=cmd()\nc,x,1,2\nd,y,1,2\n", "has the time '=cmd()'"),
        (
            "id,g,OS,OS.time\na,x,1,3\nb,y,\x1b[31m,4\nc,x,1,2\nd,y,1,2\n",
            "neither an event nor none",
        ),
        ("id,g,OS,OS.time\na,x,0,3\nb,x,0,4\nc,y,0,5\nd,y,0,6\n", "no sample has an event"),
        ("id,g,OS,OS.time\na,x,1,0\nb,x,1,-4\nc,y,1,0\nd,y,1,0\n", "none of 4 samples has both"),
        ("id,g,OS,OS.time\na,x,1,3\nb,x,1,4\nc,x,1,5\n", "has one level only"),
        ("id,g,OS,OS.time\na,x,1,3\na,y,1,4\n", "line 3: 'a' is already on line 2"),
        ("PK\x03\x04zip", "spreadsheet"),
        ("", "the file is empty"),
    ],
)
def test_hostile_tables_end_in_one_line(cli, tmp_path, content, message):
    (tmp_path / "c.csv").write_text(content)
    outcome = cli("survival", "c.csv", "--group", "g")
    assert outcome.code in (1, 3), outcome.err
    assert message in outcome.error
    assert "\x1b" not in outcome.err
    assert not (tmp_path / "s6k1_results" / "survival" / "run.json").exists()


@pytest.fixture
def results(cli, planted, tmp_path):
    """The knock-down's result, in an output directory of its own."""
    planted.to_csv(tmp_path / "knockdown.tsv", sep="\t")
    outcome = cli("de", "knockdown.tsv", "--no-figures", "--no-shrink", "-o", "knockdown", "-q")
    assert outcome.code == 0, outcome.err
    return tmp_path / "knockdown" / "de" / "results.tsv"


def test_bridge_scores_the_knockdown_in_tumours(cli, cohort, results, tmp_path):
    outcome = cli(
        *("bridge", *cohort, "--results", results, "--copy-number", "RPS6KB1_gistic"),
        *("--endpoints", "OS", "--random", "99", "--top", "60", "-o", "out"),
    )
    assert outcome.code == 0, outcome.err
    assert "the 60 genes with the largest absolute statistic" in outcome.out
    assert "RPS6KB1: rho -0." in outcome.out, "what the knock-down lowers rises with the driver"
    assert "of 99 random signatures have p < 0.05" in outcome.out
    folder = tmp_path / "out" / "bridge"
    table = read_table(folder / "bridge.tsv")
    assert table["variable"].tolist() == [
        *["RPS6KB1"] * 2, *["RPS6KB1_gistic"] * 2, *["OS"] * 2,
        "proliferation meta-gene (hallmark)",
    ]  # fmt: skip
    assert not read_table(folder / "signature.tsv").set_index("gene").loc["RPS6KB1", "in_score"]
    assert list(read_table(folder / "scores.tsv").columns) == [
        "sample", "score", "driver_expression", "proliferation", "copy_number",
    ]  # fmt: skip
    record = json.loads((folder / "run.json").read_text())
    assert {one["path"] for one in record["inputs"]} == {str(results), "cohort.tsv", "clinical.tsv"}
    for name in record["outputs"]:
        assert (folder / name).is_file()
    again = cli(
        *("bridge", *cohort, "--results", results, "--copy-number", "RPS6KB1_gistic"),
        *("--endpoints", "OS", "--random", "99", "--top", "60", "-o", "again", "--jobs", "2"),
        "--no-figures",
    )
    assert again.code == 0
    for name in ("bridge.tsv", "scores.tsv", "signature.tsv", "random_signatures.tsv.gz"):
        assert (folder / name).read_bytes() == (tmp_path / "again/bridge" / name).read_bytes()


def test_bridge_takes_the_output_directorys_result(cli, cohort, results):
    outcome = cli("bridge", "cohort.tsv", "-o", "knockdown", "--random", "19", "--no-figures")
    assert outcome.code == 0, outcome.err
    assert "a high score means: expression as in siS6K1" in outcome.out
    assert "all called genes" in outcome.out
    outcome = cli("bridge", "cohort.tsv", "-o", "elsewhere", "--no-figures")
    assert outcome.code == 1
    assert "run `rnaseq-s6k1 de COUNTS" in outcome.error


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--endpoints", "OS"), 2, "need a clinical table: --samples"),
        (("--samples", "clinical.tsv", "--endpoints", "DSS"), 2, "--endpoints 'DSS'"),
        (("--samples", "clinical.tsv", "--copy-number", "ER"), 1, "holds text"),
        (("--top", "2"), 2, "--top 2"),
        (("--gene", "NOTHING"), 1, "'NOTHING' is not among"),
    ],
)
def test_what_bridge_refuses(cli, cohort, results, arguments, code, message):
    outcome = cli("bridge", "cohort.tsv", "--results", results, *arguments, "--no-figures")
    assert outcome.code == code, outcome.err
    assert message in outcome.error
