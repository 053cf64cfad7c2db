"""docs/outputs.yml names every file and column that runs write, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml
from marked_blocks import PageRun
from planted_experiment import run_cli

ROOT = Path(__file__).resolve().parents[3]
OUTPUTS = yaml.safe_load((ROOT / "docs" / "outputs.yml").read_text(encoding="utf-8"))
# What some options alone write, beside the commands of the README.
FURTHER = (
    "run cohort.tsv --samples clinical.tsv --stratify RPS6KB1 --within ER --cut median "
    "--card s6k1-high --without-amplicon --no-screen --no-figures -o further",
    "screen cohort.tsv --samples clinical.tsv --card s6k1-high --background 50 "
    "--genes genes.txt -o further",
    "survival cohort.tsv --samples clinical.tsv --gene RPS6KB1 --endpoints OS --best-cut "
    "-o further",
    "cohort protein cohort.tsv --protein protein.tsv --gene RPS6KB1 -o further",
)


def _fits(name: str, described: str) -> bool:
    """Whether a name is the one described, in which <...> stands for any text."""
    parts = re.split(r"<\w+>", described)
    return re.fullmatch(".+".join(map(re.escape, parts)), name) is not None


@pytest.fixture(scope="module")
def written(readme_folder: tuple[Path, PageRun]) -> list[tuple[str, str, Path]]:
    """Folder, name and path of every file that the README's and further commands wrote."""
    workplace, _ = readme_folder
    (workplace / "genes.txt").write_text("RPS6KB1\nMYC\nBUB1\n")
    cohort = pd.read_csv(workplace / "cohort.tsv", sep="\t", index_col=0)
    cohort.loc[["RPS6KB1"]].to_csv(workplace / "protein.tsv", sep="\t")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(workplace)
        for command in FURTHER:
            outcome = run_cli(*command.split())
            assert outcome.code == 0, (command, outcome.err)
    return list(_files(workplace))


def _files(workplace: Path) -> Iterator[tuple[str, str, Path]]:
    for path in sorted(workplace.rglob("*")):
        parts = path.relative_to(workplace).parts
        if not path.is_file() or "broad" in parts:
            continue
        for place in range(1, len(parts)):
            for folder in ("/".join(parts[place : place + 2]), parts[place]):
                if folder in OUTPUTS and "within" not in parts[:place]:
                    name = "/".join(parts[place + folder.count("/") + 1 :])
                    yield folder, re.sub(r"^(figures/.*)\.(png|svg)$", r"\1", name), path
                    break
            else:
                continue
            break


@pytest.mark.slow
def test_every_file_is_described_and_every_described_one_written(written):
    for folder, name, path in written:
        files = OUTPUTS[folder]["files"]
        assert any(_fits(name, described) for described in files), path
    for folder, described in OUTPUTS.items():
        for name in described["files"]:
            there = any(one == folder and _fits(found, name) for one, found, _ in written)
            assert there, (folder, name)


@pytest.mark.slow
def test_every_column_is_described_and_every_described_one_written(written):
    seen: dict[tuple[str, str], set[str]] = {}
    for folder, name, path in written:
        described = OUTPUTS[folder]["files"].get(name, {}).get("columns")
        if described is None:
            assert not name.endswith((".tsv", ".tsv.gz")), f"{path} has no columns described"
            continue
        columns = list(pd.read_csv(path, sep="\t", nrows=0).columns)
        seen.setdefault((folder, name), set()).update(columns)
        if "(more)" not in described:
            unknown = [one for one in columns if not any(_fits(one, know) for know in described)]
            assert not unknown, (path, unknown)
    for (folder, name), columns in seen.items():
        for known in OUTPUTS[folder]["files"][name]["columns"]:
            there = any(_fits(one, known) for one in columns)
            assert there or known == "(more)", (folder, name, known)


def test_every_description_says_something():
    for folder, described in OUTPUTS.items():
        assert described["about"].endswith("."), folder
        for name, file in described["files"].items():
            for about in (file["about"], *file.get("columns", {}).values()):
                assert about.strip().endswith("."), (folder, name, about)
