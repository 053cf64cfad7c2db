from __future__ import annotations

import pytest

from rnaseq_s6k1.de.run import run_de
from rnaseq_s6k1.simulate.counts import simulate_counts


@pytest.mark.slow
def test_deseq2_calls_about_the_papers_numbers():
    simulation = simulate_counts(seed=0)
    result = run_de(
        simulation.adata, "~ condition", ("condition", "siS6K1", "siNC"), shrink=False
    ).table.set_index("gene_id")
    for column in ("pvalue", "padj"):
        called = result[(result[column] < 0.05) & (result["log2FoldChange"].abs() > 1)]
        up = int((called["log2FoldChange"] > 0).sum())
        assert abs(up / 486 - 1) < 0.15, column
        assert abs((len(called) - up) / 340 - 1) < 0.15, column
    assert result.loc["RPS6KB1", "log2FoldChange"] == pytest.approx(-2, abs=0.5)
    assert result.loc["RPS6KB1", "padj"] < 1e-6
    assert result.loc["CCNE1", "padj"] < 0.01
    assert abs(result.loc["MYC", "log2FoldChange"]) < 0.4
