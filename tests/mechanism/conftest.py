"""Hand-made results, cards and gene-set tables with known answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from rnaseq_s6k1.de.result import RESULT_COLUMNS, DEParameters, DEResult
from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.enrichment.gsea import GSEA_COLUMNS
from rnaseq_s6k1.enrichment.ranking import Ranking, rank_genes
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.mechanism.card import Card, Expectation

MakeResult = Callable[..., DEResult]
MakeCard = Callable[..., Card]
MakeGSEA = Callable[[Mapping[str, tuple[float, float, float]]], pd.DataFrame]


def _result(genes: Mapping[str, Mapping[str, Any]], **parameters: Any) -> DEResult:
    rows = []
    for name, given in genes.items():
        b, s = float(given.get("lfc", 0.0)), float(given.get("se", 0.1))
        p = float(2 * ndtr(-abs(b / s))) if s > 0 else np.nan
        rows.append(
            {
                "gene_id": given.get("gene_id", name),
                "gene_name": name,
                "baseMean": given.get("mean", 1000.0),
                "log2FoldChange": b,
                "lfcSE": s,
                "stat": b / s if s > 0 else np.nan,
                "pvalue": given.get("pvalue", p),
                "padj": given.get("padj", given.get("pvalue", p)),
                "log2FoldChange_shrunk": b,
                "direction": given.get("direction", "none"),
                "padj_na_reason": given.get("reason", ""),
            }
        )
    table = pd.DataFrame(rows, columns=list(RESULT_COLUMNS)).sort_values("gene_id")
    defaults: dict[str, Any] = {"n_target": 3, "n_reference": 3}
    return DEResult(
        table.reset_index(drop=True),
        Contrast("condition", "siDRV", "siNC"),
        DEParameters(**(defaults | parameters)),
    )


@pytest.fixture
def make_result() -> MakeResult:
    """Build a result from ``{gene: {lfc, se, ...}}``; the Wald columns follow from those two."""
    return _result


def _line(target: str, kind: str, expected: str, role: str = "detail", **given: Any) -> Expectation:
    return Expectation(target, kind, expected, role, given.get("within", 0.58), "Fig. 0")  # type: ignore[arg-type]


@pytest.fixture
def line() -> Callable[..., Expectation]:
    """Build one line of a card."""
    return _line


@pytest.fixture
def make_card() -> MakeCard:
    """Build a card of the given lines; the driver DRV should fall."""

    def build(*lines: Expectation, **given: Any) -> Card:
        values: dict[str, Any] = {
            "name": "test-card",
            "title": "A claim",
            "driver_gene": "DRV",
            "driver_direction": "down",
            "perturbation": "siDRV over siNC",
            "citation": "Nobody 2020",
            "doi": "10.1000/x",
            "collections": ("made",),
            "alpha": 0.05,
            "within": 0.58,
            "expectations": lines,
        }
        return Card(**(values | given))

    return build


@pytest.fixture
def make_gsea() -> MakeGSEA:
    """Build a gene-set table from ``{set: (nes, pvalue, rotation_pvalue)}``."""

    def build(sets: Mapping[str, tuple[float, float, float]]) -> pd.DataFrame:
        rows = [
            {
                "collection": "made",
                "set": name,
                "size": 20,
                "es": np.sign(nes) * 0.5,
                "nes": nes,
                "pvalue": p,
                "padj": p,
                "log10_pvalue": np.log10(p),
                "rotation_pvalue": rotation,
                "evidence": "gene-sampling only",
                "leading_edge_size": 1,
                "leading_edge": "G1",
            }
            for name, (nes, p, rotation) in sets.items()
        ]
        return pd.DataFrame(rows, columns=list(GSEA_COLUMNS))

    return build


@pytest.fixture
def universe() -> dict[str, dict[str, Any]]:
    """300 genes: SET_A's 30 fall, SET_B's 30 rise, the driver falls, KEPT stays."""
    rng = np.random.default_rng(1)
    genes: dict[str, dict[str, Any]] = {
        f"G{i:03d}": {"lfc": float(rng.normal(0, 0.1)), "se": 0.1} for i in range(300)
    }
    for i in range(30):
        genes[f"G{i:03d}"] = {"lfc": -1.5 - i / 100, "se": 0.15, "direction": "down"}
        genes[f"G{i + 30:03d}"] = {"lfc": 1.5 + i / 100, "se": 0.15, "direction": "up"}
    genes["DRV"] = {"lfc": -1.0, "se": 0.1}
    genes["KEPT"] = {"lfc": 0.02, "se": 0.1}
    return genes


@pytest.fixture
def made_sets() -> dict[str, dict[str, GeneSet]]:
    """SET_A falls, SET_B rises, SET_C does neither in `universe`."""
    return {
        "made": {
            name: GeneSet(name, "", tuple(f"G{i:03d}" for i in range(start, start + 30)))
            for name, start in (("SET_A", 0), ("SET_B", 30), ("SET_C", 100))
        }
    }


@pytest.fixture
def rank() -> Callable[[DEResult], Ranking]:
    """Rank a result as the signature step does."""
    return lambda result: rank_genes(result.table)
