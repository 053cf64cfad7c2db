"""Redundancy collapse: the two rules on planted sets, their numbers against scipy, order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from rnaseq_s6k1.enrichment.redundancy import (
    COLLAPSED_COLUMNS,
    CollapseRule,
    collapse_sets,
)
from rnaseq_s6k1.io.tables import read_table

GENES = [f"g{i:04d}" for i in range(2000)]


@pytest.fixture
def stats() -> pd.Series:
    values = np.random.default_rng(4).normal(size=2000)
    values[:100] += 2.5  # a block that truly moves up
    values[100:160] += 2.5  # another one
    return pd.Series(values, index=GENES)


def table_of(sets: dict[str, tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "collection": "c",
            "set": list(sets),
            "nes": [nes for _, nes in sets.values()],
            "pvalue": [p for p, _ in sets.values()],
            "padj": [p for p, _ in sets.values()],
            "leading_edge": "",
        }
    )


def collapse(sets, stats, **more):
    table = table_of({name: row for name, (row, _) in sets.items()})
    members = {("c", name): tuple(genes) for name, (_, genes) in sets.items()}
    return collapse_sets(table, members, stats, **more)


def test_each_rule_on_planted_sets(stats):
    sets = {
        "WHOLE": ((1e-20, 3.0), GENES[:100]),
        "ALIKE": ((1e-19, 2.9), GENES[:70] + GENES[1000:1010]),  # Jaccard 70/110
        "INSIDE": ((1e-9, 2.5), GENES[:20]),  # overlap coefficient 1
        "SHADOW": ((1e-6, 1.9), GENES[:40] + GENES[1100:1160]),  # its own genes do not move
        "OTHER": ((1e-12, 2.8), GENES[100:160] + GENES[:20]),  # shares 20, moves by itself
        "APART": ((1e-4, 2.0), GENES[150:200]),
        "DOWN": ((1e-4, -2.0), GENES[:40] + GENES[1200:1260]),
        "DULL": ((0.5, 0.8), GENES[:100]),
    }
    result = collapse(sets, stats)
    rows = result.table.set_index("set")
    assert tuple(result.table.columns) == COLLAPSED_COLUMNS
    assert "DULL" not in rows.index
    assert dict(rows["representative"]) == {
        "WHOLE": "WHOLE", "ALIKE": "WHOLE", "OTHER": "OTHER", "INSIDE": "WHOLE",
        "SHADOW": "WHOLE", "APART": "APART", "DOWN": "DOWN",
    }  # fmt: skip
    assert result.n_representatives == 4
    assert rows.loc["ALIKE", "jaccard"] == pytest.approx(70 / 110)
    assert "Jaccard 0.64" in rows.loc["ALIKE", "why"]
    assert rows.loc["INSIDE", "why"] == "shares 20 of 20 of its genes (overlap 1.00)"
    assert rows.loc["SHADOW", "why"].startswith("not enriched given the representative")
    assert rows.loc["SHADOW", "conditional_pvalue"] > 0.05
    assert rows.loc["WHOLE", "why"] == "representative"
    assert np.isnan(rows.loc["WHOLE", "jaccard"])


def test_the_conditional_p_is_of_two_rank_sum_tests(stats):
    b, a = GENES[:100], GENES[:40] + GENES[1100:1160]
    result = collapse({"B": ((1e-20, 3.0), b), "A": ((1e-6, 2.0), a)}, stats)
    left, rest = GENES[1100:1160], [g for g in GENES[100:] if g not in GENES[1100:1160]]
    options = {"alternative": "greater", "method": "asymptotic", "use_continuity": False}
    outside = mannwhitneyu(stats[left], stats[rest], **options).pvalue
    inside = mannwhitneyu(stats[b[:40]], stats[b[40:]], **options).pvalue
    p = result.table.set_index("set").loc["A", "conditional_pvalue"]
    assert p == pytest.approx(min(1, 2 * min(outside, inside)), rel=1e-9)


def test_the_conditional_test_keeps_sets_with_news(stats):
    # Half of it is the other set's, half moves by itself.
    sets = {
        "B": ((1e-20, 3.0), GENES[:100]),
        "A": ((1e-9, 2.5), GENES[:50] + GENES[100:150]),
    }
    assert collapse(sets, stats).n_representatives == 2
    strict = CollapseRule(overlap_coefficient=0.5)
    assert collapse(sets, stats, rule=strict).n_representatives == 1


def test_nulls_are_seldom_collapsed_by_the_conditional_test():
    # Two sets that move by themselves and share a third of their genes stay two.
    kept = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=2000)
        values[:90] += 1.0
        stats = pd.Series(values, index=GENES)
        sets = {"B": ((1e-9, 2.0), GENES[:60]), "A": ((1e-8, 2.0), GENES[40:90])}
        kept += collapse(sets, stats).n_representatives == 2
    assert kept >= 198


def test_order_of_rows_and_genes_does_not_matter(stats):
    sets = {f"S{i}": ((1e-8, 2.0 + i / 100), GENES[10 * i : 10 * i + 60]) for i in range(8)}
    turned = {name: (row, genes[::-1]) for name, (row, genes) in reversed(sets.items())}
    shuffled = stats.sample(frac=1, random_state=0)
    first, second = collapse(sets, stats), collapse(turned, shuffled)
    pd.testing.assert_frame_equal(first.table, second.table, check_exact=True)


def test_nothing_enriched_writes_an_empty_table(stats, tmp_path):
    result = collapse({"A": ((0.9, 1.0), GENES[:50])}, stats)
    assert result.table.empty
    assert tuple(read_table(result.write(tmp_path)[0]).columns) == COLLAPSED_COLUMNS
