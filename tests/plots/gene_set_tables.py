"""Gene-set tables as the GSEA step makes them, with the ranking behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rnaseq_s6k1.enrichment.running_sum import running_sum

LONG = (
    "GOMF_OXIDOREDUCTASE_ACTIVITY_ACTING_ON_PAIRED_DONORS_WITH_INCORPORATION_OR_REDUCTION_OF_"
    "MOLECULAR_OXYGEN_REDUCED_FLAVIN_OR_FLAVOPROTEIN_AS_ONE_DONOR_AND_INCORPORATION_OF_ONE_ATOM"
    "_OF_OXYGEN"
)
GENES = [f"N{i}" for i in range(2000)]


def ranking() -> pd.Series:
    values = np.sort(np.random.default_rng(5).standard_t(4, size=len(GENES)))[::-1]
    return pd.Series(values, index=GENES)


def make_sets(
    n: int, names: tuple[str, ...] = (), *, rotation: bool = True
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """A table as the GSEA step makes it, and the genes of its sets, some of them shared."""
    rng = np.random.default_rng(n)
    members: dict[str, list[str]] = {}
    rows = []
    stats = ranking()
    for i in range(n):
        name = names[i] if i < len(names) else f"HALLMARK_SET_NUMBER_{i}_OF_SOME_LENGTH"
        size = int(rng.integers(15, 120))
        start = int(rng.choice([0, 200, 1500, 1800])) + 10 * (i % 4)
        pool = np.arange(start, min(start + 2 * size, len(GENES)))
        chosen = np.sort(rng.choice(pool, min(size, len(pool)), replace=False))
        members[name] = [GENES[j] for j in chosen]
        curve = running_sum(stats.to_numpy(), chosen)
        p = 10.0 ** -rng.uniform(0, 30)
        rows.append(
            {
                "collection": "hallmark" if i % 3 else "a file.gmt",
                "set": name,
                "size": len(chosen),
                "es": curve.es,
                "nes": 2.5 * curve.es,
                "pvalue": p,
                "padj": min(1.0, 3 * p),
                "rotation_pvalue": max(p**0.1, 1e-4) if rotation else np.nan,
                "rotation_padj": max(p**0.1, 3e-4) if rotation else np.nan,
                "leading_edge": ",".join(stats.index[curve.leading_edge]),
            }
        )
    table = pd.DataFrame(rows)
    if n:
        established = table["rotation_padj"] < 0.05
        table["evidence"] = np.where(
            established, "established", np.where(table["padj"] < 0.05, "gene-sampling only", "none")
        )
    return table, members


def empty_table() -> pd.DataFrame:
    table, _ = make_sets(1)
    return table.head(0)
