"""How often unrelated contrasts of tumours correlate with a knock-down's, by either p-value.

Random splits of the ER-positive tumours of TCGA-115 (20 v 20) have no effect to find. Each is
tested by `run_de` and compared with the estradiol contrast of T47D (without over with, 4 v 4).

    python benchmarks/concordance.py [--splits 24] [--rotations 199] [--shared ../shared]
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd

import rnaseq_s6k1 as s6k1


def main() -> None:
    """Run the splits and print the share of each line's p-values below 0.05."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=24)
    parser.add_argument("--rotations", type=int, default=199)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    options = parser.parse_args()
    logging.getLogger("rnaseq_s6k1").setLevel(logging.ERROR)
    data = options.shared / "data"
    estradiol = _experiment(data / "t47d_e2_gse89888")
    estradiol = estradiol[(estradiol.obs["mutation"] == "WT").to_numpy()]
    fixed = s6k1.run_de(estradiol, "~ treatment", ("treatment", "veh", "E2"), shrink=False)
    tumours = _experiment(data / "tcga_brca_115")
    tumours = tumours[(tumours.obs["ER"] == "Positive").to_numpy()]
    rng = np.random.default_rng(11)
    lines = []
    for split in range(options.splits):
        chosen = tumours[np.sort(rng.permutation(tumours.n_obs)[:40])].copy()
        chosen.obs["half"] = np.where(rng.permutation(np.arange(40)) < 20, "x", "y")
        other = s6k1.run_de(chosen, "~ half", ("half", "x", "y"), shrink=False, jobs=1)
        found = s6k1.run_concord(fixed, other, rotations=options.rotations, seed=split)
        lines.append(found.lines.assign(split=split, verdict=found.verdict))
    table = pd.concat(lines)
    columns = ["pvalue", "rotation_pvalue"]
    tested = table.dropna(subset=columns)
    shares = (tested[columns] < 0.05).groupby(tested["measure"]).agg(["sum", "count"])
    print(shares.to_string())
    print(table.drop_duplicates("split")["verdict"].value_counts().to_string())


def _experiment(folder: Path):
    adata = s6k1.read_counts(folder / "counts.tsv.gz")
    return s6k1.attach_samples(
        adata, s6k1.read_sample_sheet(folder / "samples.tsv", adata.obs_names)
    )


if __name__ == "__main__":
    main()
