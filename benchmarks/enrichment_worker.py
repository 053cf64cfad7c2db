"""Run one peer's gene-set test on one data set, once, in a process of its own.

    python enrichment_worker.py METHOD FOLDER --jobs N --result TABLE

The table has the columns ``set es pvalue``. Our own method is measured through the command line,
which does more: it reads, matches, writes and records.
"""

from __future__ import annotations

import argparse
import math
from importlib.metadata import version
from pathlib import Path

import pandas as pd

_LOWEST, _HIGHEST = 15, 500


def load(folder: Path) -> tuple[pd.Series, dict[str, list[str]]]:
    """Read the ranking and the sets."""
    table = pd.read_csv(folder / "ranks.rnk", sep="\t", header=None, names=["gene", "stat"])
    ranking = table.set_index("gene")["stat"]
    sets = {}
    for line in (folder / "sets.gmt").read_text(encoding="utf-8").splitlines():
        name, _, *genes = line.split("\t")
        sets[name] = [gene for gene in genes if gene]
    return ranking, sets


def gseapy(folder: Path, jobs: int, method: str) -> pd.DataFrame:
    """Run the preranked test of gseapy: its permutations, or fgsea's multilevel splitting."""
    import gseapy

    ranking, sets = load(folder)
    found = gseapy.prerank(
        rnk=ranking, gene_sets=sets, min_size=_LOWEST, max_size=_HIGHEST, permutation_num=1000,
        threads=jobs, seed=1, no_plot=True, outdir=None, method=method,
    ).res2d  # fmt: skip
    columns = {"Term": "set", "ES": "es", "NOM p-val": "pvalue"}
    return found.rename(columns=columns)[list(columns.values())].astype({"pvalue": float})


def decoupler(folder: Path, jobs: int) -> pd.DataFrame:
    """Run the GSEA of decoupler, with its default of 1,000 permutations."""
    import decoupler
    import numba

    numba.set_num_threads(jobs)
    ranking, sets = load(folder)
    net = pd.DataFrame(
        [(name, gene) for name, genes in sets.items() for gene in genes],
        columns=["source", "target"],
    ).drop_duplicates()
    data = ranking[~ranking.index.duplicated()].to_frame("contrast").T
    scores, pvalues = decoupler.mt.gsea(data, net, tmin=_LOWEST, times=1000, seed=42)
    # Its scores are normalised, not ES; its p-values are adjusted.
    return pd.DataFrame(
        {"set": scores.columns, "es": math.nan, "pvalue": pvalues.iloc[0].to_numpy()}
    )


def blitzgsea(folder: Path, jobs: int) -> pd.DataFrame:
    """Run the gamma approximation of blitzgsea, with its defaults."""
    import blitzgsea

    ranking, sets = load(folder)
    signature = ranking.reset_index()
    signature.columns = ["i", "v"]
    found = blitzgsea.gsea(
        signature, sets, processes=jobs, min_size=_LOWEST, max_size=_HIGHEST, seed=1
    )
    return pd.DataFrame({"set": found.index, "es": found["es"], "pvalue": found["pval"]})


METHODS = {
    "gseapy_permutation": lambda folder, jobs: gseapy(folder, jobs, "permutation"),
    "gseapy_multilevel": lambda folder, jobs: gseapy(folder, jobs, "multilevel"),
    "decoupler": decoupler,
    "blitzgsea": blitzgsea,
}
PACKAGES = {"gseapy_permutation": "gseapy", "gseapy_multilevel": "gseapy"}


def main() -> None:
    """Run, write the table, print the package's version."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--result", type=Path, required=True)
    given = parser.parse_args()
    table = METHODS[given.method](given.folder, given.jobs)
    table.to_csv(given.result, sep="\t", index=False)
    package = PACKAGES.get(given.method, given.method)
    print(f"{package} {version(package)}")


if __name__ == "__main__":
    main()
