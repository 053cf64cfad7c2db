"""The files that the README and the pages of docs/ speak of."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from headless_browser import axe, browser
from marked_blocks import PageRun, run_blocks
from planted_experiment import run_cli

__all__ = ["axe", "browser"]

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def readme() -> str:
    """The README."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _write_tables(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        table.to_csv(folder / name, sep="\t", index=table.index.name is not None)


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory, planted: pd.DataFrame, readme: str) -> Path:
    """The inputs, not to be changed: a small experiment and a small cohort."""
    folder = tmp_path_factory.mktemp("inputs")
    samples = pd.DataFrame(
        {
            "sample": planted.columns,
            "condition": ["siNC"] * 3 + ["siS6K1"] * 3,
            "batch": ["a", "b", "a", "b", "a", "b"],
        }
    )
    contrasts = re.search(r"```text\n(id,variable.*?)```", readme, re.DOTALL)
    assert contrasts
    (folder / "contrasts.csv").write_text(contrasts.group(1))
    (folder / "my_sets.gmt").write_text("MINE\tmy page\t" + "\t".join(planted.index[:40]) + "\n")
    mouse = [f"ENSMUSG{number:011d}" for number in range(len(planted))]
    pairs = zip(mouse, planted.index, strict=True)
    (folder / "mouse_to_human.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs))
    tumours = [f"T{number:02d}" for number in range(12)]
    share = np.linspace(0, 1, 12)
    mean = np.outer(planted.iloc[:, 3], 1 - share) + np.outer(planted.iloc[:, 0], share)
    counts = np.random.default_rng(0).poisson(mean)
    clinical = pd.DataFrame(
        {
            "sample": tumours,
            "ER": ["pos", "neg"] * 6,
            "subtype": ["LumA", "LumB"] * 6,
            "RPS6KB1_gistic": [0] * 5 + [1] * 4 + [2] * 3,
            "MYC_gistic": [2, 0, 0, -2] * 3,
            "OS": [1, 1, 0] * 4,
            "OS.time": [900, 400, 1500, 800, 300, 1200, 500, 350, 1000, 250, 150, 700],
        }
    )
    _write_tables(
        folder,
        {
            "counts.tsv": planted.rename_axis("gene_id"),
            "samples.tsv": samples,
            "mouse_counts.tsv": planted.set_axis(pd.Index(mouse, name="gene_id")),
            "cohort.tsv": pd.DataFrame(counts, index=planted.index, columns=tumours).rename_axis(
                "gene_id"
            ),
            "clinical.tsv": clinical,
        },
    )
    return folder


@pytest.fixture
def workplace(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh copy of the inputs, which is the current folder."""
    folder = Path(shutil.copytree(inputs, tmp_path / "workplace"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def readme_folder(
    inputs: Path, readme: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, PageRun]:
    """The folder in which all marked blocks of the README were run, and what they left."""
    folder = Path(shutil.copytree(inputs, tmp_path_factory.mktemp("readme") / "workplace"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder, run_blocks(readme, "README.md", folder, _in_process)


def _in_process(*arguments: object) -> object:
    return run_cli(*arguments)


@pytest.fixture(scope="session")
def built_site(
    tmp_path_factory: pytest.TempPathFactory, imported: Callable[[str], ModuleType]
) -> Path:
    """The pages of docs/ as mkdocs builds them; a warning is an error."""
    imported("material")
    site = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return site
