"""The data of limma's reference outputs, and simulated expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.enrichment.rotation.residual_space import ResidualSpace, residual_space
from rnaseq_s6k1.enrichment.rotation.set_index import SetIndex
from rnaseq_s6k1.io.gmt import read_gmt


@dataclass(frozen=True)
class LimmaCase:
    """One contrast with what limma 3.54.1 makes of it."""

    space: ResidualSpace
    names: list[str]
    sets: SetIndex
    folder: Path
    stem: str

    def table(self, name: str) -> pd.DataFrame:
        """Read one of limma's tables, in the order of `names`."""
        path = self.folder / f"{self.stem}_limma_3.54.1_{name}.tsv.gz"
        return pd.read_csv(path, sep="\t", index_col="set").loc[self.names]


def _case(shared: Path, stem: str) -> LimmaCase:
    folder = shared / "reference"
    prefix = "tcga_tertile" if stem == "tcga_tertile" else "t47d_wt"
    vst = pd.read_csv(folder / f"{prefix}_vst_symbols.tsv.gz", sep="\t", index_col="gene")
    if stem == "t47d_wt":
        target = vst.columns.str.startswith("E2").astype(float)
        design, contrast = np.column_stack([np.ones(len(target)), target]), [0.0, 1.0]
    else:
        path = shared / "data" / "tcga_brca_115" / "tertile_ER_design.tsv"
        sheet = pd.read_csv(path, sep="\t", index_col="sample").loc[vst.columns]
        columns = [sheet["ER"] == "Positive", sheet["group"] == "high"]
        design = np.column_stack([np.ones(len(sheet)), *(c.astype(float) for c in columns)])
        contrast = [0.0, 0.0, 1.0]
    space = residual_space(vst.to_numpy().T, design, contrast)
    gmt = [
        read_gmt(shared / "gene_sets" / f"{name}.v2025.1.Hs.symbols.gmt")
        for name in ("h.all", "c2.cp.kegg_legacy")
    ]
    known = gmt[0] | gmt[1]
    reference = pd.read_csv(folder / f"{stem}_limma_3.54.1_fry.tsv.gz", sep="\t")
    names = reference["set"].tolist()
    place = {gene: i for i, gene in enumerate(vst.index)}
    members = [[place[g] for g in known[name].genes if g in place] for name in names]
    assert [len(one) for one in members] == reference["NGenes"].tolist()
    return LimmaCase(space, names, SetIndex.of(members, space.n_genes), folder, stem)


@pytest.fixture(scope="session")
def t47d(shared: Path) -> LimmaCase:
    """T47D, wild type, E2 over vehicle: 4 v 4."""
    return _case(shared, "t47d_wt")


@pytest.fixture(scope="session")
def tcga(shared: Path) -> LimmaCase:
    """TCGA-115, RPS6KB1 tertiles, adjusted for ER: 78 tumours."""
    return _case(shared, "tcga_tertile")


@pytest.fixture(scope="session")
def correlated() -> Callable[..., ResidualSpace]:
    """Draw two groups of samples without effects; sets of 40 genes share a factor each."""

    def draw(
        seed: int, *, n: int = 3, n_genes: int = 800, n_sets: int = 8, rho: float = 0.1
    ) -> ResidualSpace:
        rng = np.random.default_rng(seed)
        y = rng.standard_normal((2 * n, n_genes))
        for s in range(n_sets):
            genes = slice(40 * s, 40 * s + 40)
            factor = rng.standard_normal((2 * n, 1))
            y[:, genes] = np.sqrt(1 - rho) * y[:, genes] + np.sqrt(rho) * factor
        y *= np.sqrt(8 / rng.chisquare(8, n_genes))
        design = np.column_stack([np.ones(2 * n), np.repeat([0.0, 1.0], n)])
        return residual_space(y, design, [0, 1])

    return draw
