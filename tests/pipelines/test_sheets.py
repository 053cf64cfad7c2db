"""The sheets and the settings of the workflow: what is read, refused, and handed on."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

WORKFLOW = Path(__file__).resolve().parents[2] / "pipelines" / "snakemake"


@pytest.fixture(scope="module")
def sheet() -> ModuleType:
    """The workflow's modules, which are no part of the package."""
    sys.path.insert(0, str(WORKFLOW))
    try:
        return importlib.import_module("sheets")
    finally:
        sys.path.remove(str(WORKFLOW))


@pytest.fixture
def read(sheet, tmp_path):
    """Read this text as a table of experiments."""

    def read_text(text: str | bytes) -> dict[str, dict[str, str]]:
        path = tmp_path / "experiments.tsv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return sheet.read_experiments(path)

    return read_text


def test_rows_keep_the_fields_that_are_given(read):
    table = "experiment\tcounts\twhere\tcut\nfirst\ta.tsv\t\t\nsecond\tb.tsv\tER=+; age=4\t\n"
    table = table.replace("cut", "card")
    assert read(table) == {
        "first": {"experiment": "first", "counts": "a.tsv"},
        "second": {"experiment": "second", "counts": "b.tsv", "where": "ER=+; age=4"},
    }


def test_a_spreadsheet_mark_crlf_quotes_comments_and_empty_lines_are_harmless(read):
    text = (
        '\ufeffexperiment\tcounts\tdesign\r\n# later\tx\ty\r\n\r\none\ta.tsv\t"~ a + b"\r\n\t\t\r\n'
    )
    assert read(text) == {"one": {"experiment": "one", "counts": "a.tsv", "design": "~ a + b"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the header needs the columns experiment and counts, and has ''"),
        ("experiment,counts\na,b\n", "columns are separated by tabs"),
        ("experiment\tsamples\na\tb\n", "header needs the columns experiment and counts"),
        (
            "experiment\tcounts\tfacter\na\tb\tc\n",
            r"line 1: unknown column 'facter' \(did you mean factor\?\); there are experiment, ",
        ),
        ("experiment\tcounts\tcounts\na\tb\tc\n", "column counts is there twice"),
        ("experiment\tcounts\n", "no experiments below the header"),
        ("experiment\tcounts\na\tb\nc\n", "line 3: 1 fields where the header has 2"),
        ("experiment\tcounts\tcard\na\t\tx\n", r"line 2 \(a\): counts is missing"),
        ("experiment\tcounts\n\tx\n", "line 2: experiment is missing"),
        ("experiment\tcounts\na\tb\nA\tc\n", "line 3: experiment: 'A' is already on line 2"),
        (
            "experiment\tcounts\n../a\tb\n",
            "line 2: experiment: '../a' does not fit; it names a folder",
        ),
        ("experiment\tcounts\n/etc\tb\n", "line 2: experiment: '/etc' does not fit"),
        ("experiment\tcounts\n..\tb\n", r"line 2: experiment: '\.\.' does not fit"),
        ("experiment\tcounts\n-rf\tb\n", "line 2: experiment: '-rf' does not fit"),
        ("experiment\tcounts\na b\tc\n", "line 2: experiment: 'a b' does not fit"),
        ("experiment\tcounts\n" + "a" * 65 + "\tc\n", "at most 64"),
        ("experiment\tcounts\nverdicts.tsv\tc\n", "verdicts.tsv and index.html are the summary's"),
        ("experiment\tcounts\nindex.html\tc\n", "verdicts.tsv and index.html are the summary's"),
        ("experiment\tcounts\tby\na\tb\tcna\n", "by: means nothing without stratify"),
        ("experiment\tcounts\n{a}\tc\n", r"line 2: experiment: '\{a\}' does not fit"),
        (
            "experiment\tcounts\tformat\na\tb\tstarr\n",
            r"line 2 \(a\): format: 'starr' is not among auto, delimited, ",
        ),
        ("experiment\tcounts\tround\na\tb\ttrue\n", "round: 'true' is not among yes, no"),
        (
            "experiment\tcounts\tcut\na\tb\tmedian\n",
            r"line 2 \(a\): cut: means nothing without stratify",
        ),
        (
            "experiment\tcounts\tstratify\tfactor\na\tb\tYES1\tgroup\n",
            r"line 2 \(a\): factor: stratify makes the groups itself",
        ),
        ("experiment\tcounts\na\tb\x07\n", r"counts: 'b\\x07' .*control characters"),
        ('experiment\tcounts\na\t"b\nc"\n', r"counts: 'b\\nc' "),
        ('experiment\tcounts\na\t"b\n', "line 2: unexpected end of data"),
        ("experiment\tcounts\na\t" + "b" * 1001 + "\n", "counts: is 1001 characters long"),
        ("experiment\tcounts\na\t{b}.tsv\n", r"counts: '\{b\}\.tsv' .*braces for wildcards"),
        (b"experiment\tcounts\na\t\xff\n", "is not UTF-8 text"),
    ],
)
def test_a_malformed_table_is_refused_by_name(sheet, read, text, message):
    with pytest.raises(sheet.SheetError, match=message) as caught:
        read(text)
    assert "experiments.tsv: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


CONTRASTS = "contrast\texperiment\tfactor\treference\ttarget\tstratify\tcut\twhere\n"
TWO = {
    "one": {"experiment": "one", "counts": "a.tsv", "covariates": "batch", "factor": "drug"},
    "two": {"experiment": "two", "counts": "b.tsv"},
}


def read_contrasts(sheet, folder: Path, text: str) -> dict[str, dict[str, str]]:
    """Lay these contrasts over the two experiments."""
    path = folder / "contrasts.tsv"
    path.write_text(text, encoding="utf-8")
    return sheet.compare(TWO, sheet.read_contrasts(path, TWO))


def test_contrasts_divide_an_experiment_and_stand_in_place_of_its_fields(sheet, tmp_path):
    rows = "x\tone\ttime\tearly\tlate\t\t\t\ny\tone\t\ta\tb\t\t\tline=T47D\n"
    compared = read_contrasts(sheet, tmp_path, CONTRASTS + rows)
    of_all = {"experiment": "one", "counts": "a.tsv", "covariates": "batch"}
    assert compared == {
        "one/x": {**of_all, "factor": "time", "reference": "early", "target": "late"},
        "one/y": {
            **of_all, "factor": "drug", "reference": "a", "target": "b", "where": "line=T47D"
        },
        "two": TWO["two"],
    }  # fmt: skip
    assert sheet.compare(TWO, []) == TWO


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("contrast\tx\n", "line 1: the header needs the columns contrast and experiment"),
        ("contrast\texperiment\n", "no contrasts below the header"),
        (
            CONTRASTS + "x\tonne\t\t\t\t\t\t\n",
            r"line 2 \(x\): experiment: 'onne' is not among the experiments \(did you mean one\?\)"
            "; there are one, two; name one of these, or add a line to the table of experiments",
        ),
        (CONTRASTS + "../x\tone\t\t\t\t\t\t\n", "line 2: contrast: '../x' does not fit; it names"),
        (
            CONTRASTS + "x\ttwo\t\t\t\t\t\t\nX\ttwo\t\t\t\t\t\t\n",
            "line 3: contrast: 'X' is already on line 2",
        ),
        (
            CONTRASTS + "x\tone\t\t\t\tMYC\t\t\n",
            r"line 2 \(x, with its experiment one\): factor: stratify makes the groups itself",
        ),
        (
            CONTRASTS + "x\ttwo\t\t\t\t\tmedian\t\n",
            r"line 2 \(x, with its experiment two\): cut: means nothing without stratify",
        ),
        (CONTRASTS.replace("where", "wher"), r"unknown column 'wher' \(did you mean where\?\)"),
    ],
)
def test_a_malformed_table_of_contrasts_is_refused_by_name(sheet, tmp_path, text, message):
    with pytest.raises(sheet.SheetError, match=message) as caught:
        read_contrasts(sheet, tmp_path, text)
    assert "contrasts.tsv: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_contrasts_of_two_experiments_may_share_a_name(sheet, tmp_path):
    rows = "x\tone\t\t\t\t\t\t\nx\ttwo\t\t\t\t\t\t\n"
    assert list(read_contrasts(sheet, tmp_path, CONTRASTS + rows)) == ["one/x", "two/x"]


def test_a_collection_is_a_name_or_a_file_that_is_there(sheet, tmp_path):
    there = tmp_path / "sets.gmt"
    there.touch()
    sheet.check_collections({"a": "hallmark", "b": str(there)})
    for source in ("sets/gone", "gone.gmt", "gone.gmx.gz"):
        with pytest.raises(sheet.SheetError, match=f"collections: c: there is no file '{source}'"):
            sheet.check_collections({"c": source})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "config: experiments is missing"),
        ({"experiments": 3}, "config: experiments: 3 is not of the type string"),
        ({"experiments": "a", "sead": 1}, r"config: unknown setting 'sead' \(did you mean seed\?"),
        ({"experiments": "a", "alpha": 5}, "config: alpha: 5 is out of range"),
        ({"experiments": "a", "seed": -1}, "config: seed: -1 is out of range"),
        ({"experiments": "a", "threads": {"de": 0}}, r"config: threads\.de: 0 is out of range"),
        ({"experiments": "a", "threads": {"deseq": 1}}, "config: threads: unknown setting 'deseq'"),
        ({"experiments": "a", "lfc_mode": "t"}, "config: lfc_mode: 't' is not among filter, test"),
        ({"experiments": "a", "logs": "x\n"}, r"config: logs: 'x\\n' does not fit"),
        ({"experiments": ""}, "config: experiments: '' is out of range"),
        ({"experiments": "a", "results": "{x}"}, r"config: results: '\{x\}' .*braces"),
        (
            {"experiments": "a", "engine": "fats"},
            r"fast, pydeseq2 \(did you mean fast\?\); give one",
        ),
        (
            {"experiments": "a", "collections": {"../x": "y"}},
            "collections: '../x' does not fit; it",
        ),
        (
            {"experiments": "a", "collections": {"x": 1}},
            r"collections\.x: 1 is not of the type str",
        ),
    ],
)
def test_a_wrong_setting_is_refused_by_name(sheet, config, message):
    with pytest.raises(sheet.SheetError, match=message):
        sheet.check_config(config)


def test_settings_left_out_take_their_defaults_or_stay_out(sheet):
    settings = sheet.check_config({"experiments": "a.tsv", "threads": {"ora": 3}})
    assert settings["threads"] == {"de": 2, "gsea": 2, "ora": 3, "signature": 2}
    assert settings["collections"] == {}
    assert settings["simulate"] == {"replicates": 3}
    assert sheet.setting_options(settings, sheet.CALLING) == ["--seed=0", "--figures"]


def test_settings_become_options(sheet):
    settings = sheet.check_config(
        {"experiments": "a", "figures": False, "seed": 4, "lfc_mode": "test", "shrink": False}
    )
    assert sheet.setting_options(settings, sheet.CALLING) == [
        "--seed=4",
        "--no-figures",
        "--lfc-mode=test",
        "--no-shrink",
    ]


def test_fields_become_options_that_stay_one_argument(sheet):
    row = {"where": "a=1;b=2 ;", "round": "yes", "transpose": "no", "target": "--jobs 9"}
    options = sheet.sheet_options(row, ["where", "round", "transpose", "target", "factor"])
    assert options == ["--where=a=1", "--where=b=2", "--round", "--target=--jobs 9"]


def test_a_pattern_of_names_matches_these_names_alone(sheet):
    pattern = sheet.any_of(["a.b", "c"])
    assert [bool(re.fullmatch(pattern, name)) for name in ("a.b", "c", "axb", "a.bc")] == [
        True,
        True,
        False,
        False,
    ]
    assert re.search(sheet.any_of([]), "anything") is None


def test_the_table_is_looked_for_here_and_then_beside_the_snakefile(sheet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    beside = tmp_path / "beside"
    beside.mkdir()
    with pytest.raises(sheet.SheetError, match=r"config: experiments: there is no file 'x\.tsv'"):
        sheet.find_sheet("x.tsv", beside)
    (beside / "x.tsv").touch()
    assert sheet.find_sheet("x.tsv", beside) == beside / "x.tsv"
    (tmp_path / "x.tsv").touch()
    assert sheet.find_sheet("x.tsv", beside) == Path("x.tsv")


def test_a_path_that_leads_nowhere_is_refused_by_name(sheet, tmp_path):
    here = {"counts": str(tmp_path), "samples": "made.tsv"}
    sheet.check_files({"one": here}, Path("table.tsv"), ["made.tsv"])
    message = r"table\.tsv: experiment one: samples: there is no file 'made\.tsv'; paths start at"
    with pytest.raises(sheet.SheetError, match=message):
        sheet.check_files({"one": here}, Path("table.tsv"), [])


def test_the_shipped_example_is_sound(sheet):
    shipped = yaml.safe_load((WORKFLOW / "config" / "config.yaml").read_text(encoding="utf-8"))
    settings = sheet.check_config(shipped)
    experiments = sheet.read_experiments(sheet.find_sheet(settings["experiments"], WORKFLOW))
    assert list(experiments) == ["simulated_knockdown", "simulated_null"]


def test_every_column_and_setting_is_an_option_of_the_command_line(sheet):
    import dataclasses

    from rnaseq_s6k1.cli.options import CallOptions, ComparisonOptions, CountsOptions
    from rnaseq_s6k1.cli.set_options import SetOptions
    from rnaseq_s6k1.cli.split_options import SplitOptions

    def names(*groups: type) -> set[str]:
        return {field.name for group in groups for field in dataclasses.fields(group)}

    calling = {"round" if name == "round_estimates" else name for name in names(CountsOptions)}
    assert set(sheet.READING) == calling
    # The table of experiments stands in for a contrasts file.
    assert set(sheet.COMPARISON) == names(ComparisonOptions) - {"contrasts"}
    assert set(sheet.CALLING) | set(sheet.FITTING) == names(CallOptions)
    assert set(sheet.SPLIT) == names(SplitOptions) | {
        "stratify", "continuous", "without_amplicon"
    }  # fmt: skip
    assert set(sheet.OVER_REPRESENTATION) - {"alpha"} == names(SetOptions) - {"gene_sets"}
