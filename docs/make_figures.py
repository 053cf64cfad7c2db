"""Draw the figures of the pages anew: run the commands of the pages and take their figures.

    python docs/make_figures.py T47D COHORT --runs RUNS

T47D and COHORT are folders with ``counts.tsv.gz`` and ``samples.tsv``: the cells of the tutorial,
and the tumours of the page on cohorts. The runs are made in RUNS, where a finished one is used.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from PIL import Image

IMAGES = Path(__file__).with_name("images")
OPTIONS = {
    "t47d": [
        *("--where", "mutation=WT", "--factor", "treatment", "--reference", "E2"),
        *("--target", "veh", "--card", "s6k1-knockdown"),
    ],
    "brca": [
        *("--stratify", "RPS6KB1", "--cut", "tertile", "--covariates", "ER"),
        *("--card", "s6k1-high"),
    ],
}
FIGURES = {
    "t47d_pca": "t47d/de/figures/pca.png",
    "t47d_volcano": "t47d/de/figures/volcano.png",
    "t47d_gene_sets": "t47d/gsea/figures/gene_sets.png",
    "t47d_running_sums": "t47d/gsea/figures/running_sums.png",
    "brca_split": "brca/stratify/figures/driver_split.png",
    "brca_screen": "brca/screen/figures/histogram.png",
}
WIDEST = 1400  # pixels: twice the width of a page's text
COLOURS = 128  # a palette; figures of few colours lose nothing that can be seen


def main() -> None:
    """Run what is not there yet, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("t47d", type=Path)
    parser.add_argument("brca", type=Path)
    parser.add_argument("--runs", type=Path, required=True)
    chosen = parser.parse_args()
    for name, data in (("t47d", chosen.t47d), ("brca", chosen.brca)):
        if not (chosen.runs / name / "report.html").is_file():
            _run(data, chosen.runs / name, OPTIONS[name])
    for name, source in FIGURES.items():
        size = shrink(chosen.runs / source, IMAGES / f"{name}.png")
        print(f"{name}.png: {size / 1000:.0f} kB")


def _run(data: Path, out: Path, options: list[str]) -> None:
    program = [sys.executable, "-m", "rnaseq_s6k1", "run"]
    inputs = [data / "counts.tsv.gz", "--samples", data / "samples.tsv"]
    subprocess.run([*program, *inputs, *options, "-o", out], check=True)


def shrink(source: Path, target: Path) -> int:
    """Write a figure no wider than needed, with a palette; returns the size in bytes."""
    with Image.open(source) as opened:
        figure = opened.convert("RGB")
    figure.thumbnail((WIDEST, 3 * WIDEST), Image.Resampling.LANCZOS)
    palette = figure.quantize(COLOURS, dither=Image.Dither.NONE)
    palette.save(target, optimize=True)
    return target.stat().st_size


if __name__ == "__main__":
    main()
