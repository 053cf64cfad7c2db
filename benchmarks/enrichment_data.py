"""Write a ranking and gene sets for the benchmark of enrichment.

    python enrichment_data.py NAME FOLDER [--ranking RNK] [--gene-sets GMT ...]

A data set is a folder: ``ranks.rnk`` and ``sets.gmt``. Simulated statistics are those of a
typical contrast: a t distribution of 8 degrees of freedom with one gene in ten shifted. Sizes are
log-uniform from 15 to 500; one set in ten leans to either end of the ranking.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

SIMULATED = {"236": 236, "7500": 7500}
_N_GENES = 20_000


def simulate(n_sets: int, folder: Path, seed: int = 7) -> None:
    """Draw a ranking of 20,000 genes and that many sets."""
    rng = np.random.default_rng(seed)
    statistic = rng.standard_t(8, _N_GENES)
    statistic += rng.normal(0, 4, _N_GENES) * (rng.random(_N_GENES) < 0.1)
    genes = np.array([f"G{i:05d}" for i in range(_N_GENES)])
    order = np.argsort(-statistic, kind="stable")
    with (folder / "ranks.rnk").open("w", encoding="utf-8") as handle:
        handle.writelines(f"{genes[i]}\t{statistic[i]:.17g}\n" for i in order)
    place = np.empty(_N_GENES)
    place[order] = np.linspace(1, -1, _N_GENES)
    with (folder / "sets.gmt").open("w", encoding="utf-8") as handle:
        for k in range(n_sets):
            size = round(15 * (500 / 15) ** rng.random())
            lean = rng.normal(0, 1.5) if k % 10 == 0 else 0.0
            # Gumbel keys of the log weights draw without replacement.
            keys = lean * place + rng.gumbel(size=_N_GENES)
            members = genes[np.argpartition(-keys, size)[:size]]
            handle.write("\t".join([f"SET_{k:05d}", "simulated", *sorted(members)]) + "\n")


def gather(ranking: Path, gmts: list[Path], folder: Path) -> None:
    """Bring a given ranking and collections into the benchmark's form, each set once."""
    import pandas as pd

    table = pd.read_csv(ranking, sep="\t", header=None, names=["gene", "stat"], comment="#")
    table["stat"] = pd.to_numeric(table["stat"], errors="coerce")
    table.dropna().to_csv(folder / "ranks.rnk", sep="\t", index=False, header=False)
    seen = set()
    with (folder / "sets.gmt").open("w", encoding="utf-8") as handle:
        for gmt in gmts:
            for line in gmt.read_text(encoding="utf-8").splitlines():
                name = line.split("\t", 1)[0]
                if name not in seen:
                    seen.add(name)
                    handle.write(line + "\n")


def main() -> None:
    """Write the data set asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ranking", type=Path)
    parser.add_argument("--gene-sets", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.ranking is not None:
        gather(given.ranking, given.gene_sets, given.folder)
    else:
        simulate(SIMULATED[given.name], given.folder)


if __name__ == "__main__":
    main()
