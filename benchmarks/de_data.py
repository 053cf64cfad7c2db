"""Write a data set for the benchmark: an int32 matrix, a sample sheet, what is compared.

A data set is a folder: ``counts.i32`` (samples x genes, row by row), ``genes.txt``,
``samples.tsv``, ``data.json`` (shape, formula, contrast), and for real data where R's results
are at hand ``reference.tsv``.

    python de_data.py NAME FOLDER [--data DIR]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

_GENES_AT_A_TIME = 2000


@dataclass(frozen=True)
class Simulated:
    """A simulated comparison of two groups."""

    n_control: int
    n_treated: int
    n_genes: int


@dataclass(frozen=True)
class Real:
    """A folder of public data, and its comparison."""

    folder: str
    counts: str
    samples: str
    reference: str
    formula: str
    factor: str
    target: str
    control: str
    where: tuple[str, str] | None = None
    # R's simulated prior variance, where it takes one at random.
    prior_variance: float | None = None


SIMULATED = {
    "quick": Simulated(3, 3, 800),
    "3v3": Simulated(3, 3, 20_000),
    "50v50": Simulated(50, 50, 20_000),
    "275v275": Simulated(275, 275, 20_000),
    "550v550x60000": Simulated(550, 550, 60_000),
}
_DEFAULT_RUN = "deseq2_1.38.3_reference_results.tsv.gz"
REAL = {
    "airway": Real(
        "airway", "counts.csv.gz", "samples.csv", _DEFAULT_RUN,
        "~ celltype + dex", "dex", "treated", "control", prior_variance=0.5285285,
    ),
    "pasilla": Real(
        "pasilla", "counts.tsv.gz", "samples.tsv", _DEFAULT_RUN,
        "~ type + condition", "condition", "treated", "untreated",
    ),
    "bottomly": Real(
        "bottomly", "counts.tsv.gz", "samples.tsv", _DEFAULT_RUN,
        "~ experiment + strain", "strain", "DBA.2J", "C57BL.6J",
    ),
    "t47d_wt": Real(
        "t47d_e2_gse89888", "counts.tsv.gz", "samples.tsv", _DEFAULT_RUN,
        "~ treatment", "treatment", "E2", "veh", where=("mutation", "WT"),
    ),
    "tcga_115": Real(
        "tcga_brca_115", "counts.tsv.gz", "tertile_ER_design.tsv",
        "deseq2_1.38.3_tertile_ER_adjusted.tsv.gz", "~ ER + group", "group", "high", "low",
    ),
}  # fmt: skip


def simulate(shape: Simulated, folder: Path, seed: int = 7) -> None:
    """Draw negative-binomial counts whose means and dispersions look like a cohort's.

    Means are log-normal over six decades; dispersions scatter log-normally around
    0.08 + 3 / mean; one gene in ten changes by a normal log2 fold change; library sizes vary
    by a third; one count in 50,000 is an outlier, so that refitting has work to do.
    """
    rng = np.random.default_rng(seed)
    n_samples = shape.n_control + shape.n_treated
    treated = np.arange(n_samples) >= shape.n_control
    depths = rng.lognormal(0, 0.33, n_samples)
    counts = np.lib.format.open_memmap(
        folder / "counts.npy", mode="w+", dtype=np.int32, shape=(n_samples, shape.n_genes)
    )
    for start in range(0, shape.n_genes, _GENES_AT_A_TIME):
        n = min(_GENES_AT_A_TIME, shape.n_genes - start)
        means = np.minimum(rng.lognormal(np.log(80), 2.2, n), 3e5)
        dispersions = (0.08 + 3 / means) * rng.lognormal(0, 0.55, n)
        change = rng.normal(0, 1, n) * (rng.random(n) < 0.1)
        mu = means * depths[:, None] * 2.0 ** (change * treated[:, None])
        drawn = rng.poisson(rng.gamma(1 / dispersions, mu * dispersions))
        outlying = rng.random(drawn.shape) < 2e-5
        drawn[outlying] = (drawn[outlying] + 10) * 50
        counts[:, start : start + n] = np.minimum(drawn, 2**31 - 1)
    counts.flush()
    counts.tofile(folder / "counts.i32")
    (folder / "counts.npy").unlink()
    sheet = pd.DataFrame({"condition": np.where(treated, "treated", "control")})
    sheet.index = pd.Index([f"s{i:04d}" for i in range(n_samples)], name="sample")
    genes = [f"g{i:05d}" for i in range(shape.n_genes)]
    _write_description(
        folder, sheet, genes, "~ condition", ("condition", "treated", "control"), None
    )


def read_real(real: Real, data: Path, folder: Path) -> None:
    """Bring a folder of public data into the benchmark's form."""
    source = data / real.folder
    separator = "," if ".csv" in real.counts else "\t"
    counts = pd.read_csv(source / real.counts, sep=separator, index_col=0)
    sheet = pd.read_csv(
        source / real.samples, sep="," if ".csv" in real.samples else "\t", index_col=0, dtype=str
    )
    if real.where is not None:
        sheet = sheet[sheet[real.where[0]] == real.where[1]]
    used = [name.strip() for name in real.formula.lstrip("~ ").split("+")]
    # A letter before each level: groups named by numbers must not become slopes.
    prefixed = sheet[used].apply(
        lambda column: column if column.name == real.factor else "x" + column
    )
    matrix = counts[sheet.index].to_numpy(dtype=np.int32).T
    np.ascontiguousarray(matrix).tofile(folder / "counts.i32")
    _write_description(
        folder,
        prefixed,
        [str(name) for name in counts.index],
        real.formula,
        (real.factor, real.target, real.control),
        real.prior_variance,
    )
    reference = source / real.reference
    if reference.exists():
        table = pd.read_csv(reference, sep="\t")
        table.to_csv(folder / "reference.tsv", sep="\t", index=False, na_rep="NA")


def _write_description(
    folder: Path,
    sheet: pd.DataFrame,
    genes: list[str],
    formula: str,
    contrast: tuple[str, str, str],
    prior_variance: float | None,
) -> None:
    sheet.to_csv(folder / "samples.tsv", sep="\t", index_label="sample")
    (folder / "genes.txt").write_text("\n".join(genes) + "\n")
    description = {
        "n_samples": len(sheet),
        "n_genes": len(genes),
        "formula": formula,
        "contrast": contrast,
        "prior_variance": prior_variance,
    }
    (folder / "data.json").write_text(json.dumps(description, indent=2) + "\n")


def main() -> None:
    """Write the data set asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=[*SIMULATED, *REAL])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.name in SIMULATED:
        simulate(SIMULATED[given.name], given.folder)
    elif given.data is None:
        parser.error("real data needs --data")
    else:
        read_real(REAL[given.name], given.data, given.folder)


if __name__ == "__main__":
    main()
