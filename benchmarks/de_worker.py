"""Measure one Python method on one data set, in a process of its own.

    python de_worker.py METHOD FOLDER --repeats N --jobs N --result TABLE

Prints one line of JSON: the times in seconds and the version. The table has the columns
``gene log2FoldChange pvalue padj``.
"""

from __future__ import annotations

import argparse
import inspect
import json
import logging
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

# A run slower than this is not repeated.
SLOW_SECONDS = 30.0

Table = pd.DataFrame
Run = Callable[[], Table]


def load(folder: Path) -> tuple[np.ndarray, pd.DataFrame, list[str], dict[str, Any]]:
    """Read a data set: counts (samples x genes), sheet, gene names, description."""
    description = json.loads((folder / "data.json").read_text())
    shape = (description["n_samples"], description["n_genes"])
    counts = np.fromfile(folder / "counts.i32", dtype=np.int32).reshape(shape)
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t", index_col=0, dtype=str)
    genes = (folder / "genes.txt").read_text().split("\n")[:-1]
    return counts, sheet, genes, description


def own_engine(folder: Path, jobs: int, engine: str, with_prior: bool = False) -> tuple[Run, Run]:
    """Return the run, and a small one that compiles the kernels."""
    import anndata

    from rnaseq_s6k1.de.run import run_de

    counts, sheet, genes, description = load(folder)
    keywords = {}
    if with_prior:
        if "prior_variance" not in inspect.signature(run_de).parameters:
            raise SystemExit("run_de takes no prior_variance")
        keywords["prior_variance"] = description["prior_variance"]
    adata = anndata.AnnData(counts, obs=sheet, var=pd.DataFrame(index=genes))

    def run_on(data: anndata.AnnData) -> Table:
        result = run_de(
            data,
            description["formula"],
            tuple(description["contrast"]),
            engine=engine,
            shrink=False,
            jobs=jobs,
            **keywords,
        )
        return result.table.rename(columns={"gene_id": "gene"})

    busiest = np.sort(np.argsort(counts[:20].sum(axis=0, dtype=np.int64))[-400:])
    return (lambda: run_on(adata)), (lambda: run_on(adata[:, busiest]))


def pydeseq2(folder: Path, jobs: int) -> tuple[Run, Run]:
    """PyDESeq2 as its documentation runs it."""
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.default_inference import DefaultInference
    from pydeseq2.ds import DeseqStats

    counts, sheet, genes, description = load(folder)
    factor, target, reference = description["contrast"]
    frame = pd.DataFrame(counts, index=sheet.index, columns=genes)
    frame = frame.loc[:, frame.sum() > 0]

    def run_on(data: pd.DataFrame) -> Table:
        inference = DefaultInference(n_cpus=jobs)
        dds = DeseqDataSet(
            counts=data,
            metadata=sheet,
            design=description["formula"],
            inference=inference,
            quiet=True,
        )
        dds.deseq2()
        stats = DeseqStats(
            dds, contrast=[factor, target, reference], alpha=0.1, inference=inference, quiet=True
        )
        stats.run_wald_test()
        stats._cooks_filtering()
        stats._independent_filtering()
        return (
            pd.DataFrame(
                {
                    "log2FoldChange": stats.LFC.to_numpy() @ stats.contrast_vector / np.log(2),
                    "pvalue": stats.p_values,
                    "padj": stats.padj,
                }
            )
            .rename_axis("gene")
            .reset_index()
        )

    return (lambda: run_on(frame)), (lambda: run_on(frame.iloc[:, :200]))


def inmoose(folder: Path, jobs: int) -> tuple[Run, Run]:
    """InMoose's port of DESeq2; it uses one core."""
    from inmoose.deseq2 import DESeq, DESeqDataSet

    counts, sheet, genes, description = load(folder)
    factor, target, reference = description["contrast"]
    sheet = sheet.astype("category")
    levels = [reference, *(x for x in sheet[factor].cat.categories if x != reference)]
    sheet[factor] = sheet[factor].cat.reorder_categories(levels)
    frame = pd.DataFrame(counts, index=sheet.index, columns=genes)

    def run_on(data: pd.DataFrame) -> Table:
        dds = DESeq(DESeqDataSet(data, sheet, description["formula"]), quiet=True)
        table = pd.DataFrame(dds.results(contrast=[factor, target, reference]))
        table = table.rename(columns={"adj_pvalue": "padj"})
        return table.rename_axis("gene").reset_index()

    return (lambda: run_on(frame)), (lambda: run_on(frame.iloc[:, :200]))


METHODS: dict[str, tuple[str, Callable[[Path, int], tuple[Run, Run]]]] = {
    "fast": ("rnaseq-s6k1", lambda folder, jobs: own_engine(folder, jobs, "fast")),
    "fast_r_prior": (
        "rnaseq-s6k1",
        lambda folder, jobs: own_engine(folder, jobs, "fast", with_prior=True),
    ),
    "engine_pydeseq2": ("pydeseq2", lambda folder, jobs: own_engine(folder, jobs, "pydeseq2")),
    "pydeseq2": ("pydeseq2", pydeseq2),
    "inmoose": ("inmoose", inmoose),
}


def main() -> None:
    """Measure, write the table, print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--result", type=Path)
    parser.add_argument("--cold", action="store_true", help="do not run a small case first")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    package, prepare = METHODS[given.method]
    run, small = prepare(given.folder, given.jobs)
    if not given.cold:
        small()
    times: list[float] = []
    while len(times) < given.repeats and (not times or times[0] < SLOW_SECONDS):
        start = time.perf_counter()
        table = run()
        times.append(time.perf_counter() - start)
    if given.result is not None:
        columns = ["gene", "log2FoldChange", "pvalue", "padj"]
        table[columns].to_csv(given.result, sep="\t", index=False, na_rep="NA")
    print(json.dumps({"times": times, "version": f"{package} {version(package)}"}))


if __name__ == "__main__":
    main()
