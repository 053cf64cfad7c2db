"""The planted counts as programs write them: what the how-to pages read beside the README."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

import rnaseq_s6k1
from rnaseq_s6k1.genes.table import load_gene_table

CARDS = Path(rnaseq_s6k1.__file__).parent / "mechanism" / "cards"
CONDITION = ["siNC"] * 3 + ["siS6K1"] * 3


def write_all(folder: Path, counts: pd.DataFrame) -> None:
    """Write the files; `counts` has genes in rows and the six samples in columns."""
    _featurecounts(folder / "featurecounts.txt", counts)
    _star(folder / "star", counts)
    _estimates(folder, counts)
    _containers(folder, counts)
    _geo(folder, counts)
    paired = pd.DataFrame(
        {
            "sample": counts.columns,
            "condition": CONDITION,
            "line": ["MCF7", "T47D", "ZR751"] * 2,
            "day": ["first"] * 3 + ["second"] * 3,
        }
    )
    paired.to_csv(folder / "paired.csv", index=False)
    card = (CARDS / "s6k1-knockdown.yaml").read_text(encoding="utf-8")
    (folder / "wrong.yaml").write_text(card.replace("kind: gene_set", "kind: genes", 1))


def _featurecounts(path: Path, counts: pd.DataFrame) -> None:
    table = counts.set_axis([f"bam/{sample}.bam" for sample in counts], axis=1)
    place = {"Chr": "chr1", "Start": 1, "End": 1500, "Strand": "+", "Length": 1500}
    for at, (name, value) in enumerate(place.items()):
        table.insert(at, name, value)
    head = "# Program:featureCounts v2.0.6\n"
    path.write_text(head + table.rename_axis("Geneid").to_csv(sep="\t"))


def _star(folder: Path, counts: pd.DataFrame) -> None:
    """Reversely stranded: the fourth column has nearly all reads."""
    folder.mkdir()
    apart = ["N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"]
    for sample in counts:
        forward = counts[sample] // 50
        table = pd.DataFrame({1: counts[sample], 2: forward, 3: counts[sample] - forward})
        table = pd.concat([pd.DataFrame(10, index=apart, columns=table.columns), table])
        table.to_csv(folder / f"{sample}.ReadsPerGene.out.tab", sep="\t", header=False)


def _estimates(folder: Path, counts: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    estimates = counts + rng.uniform(0, 1, counts.shape).round(3)
    estimates.to_csv(folder / "tximport_counts.csv")
    (1500 + 0 * estimates + rng.uniform(0, 100, counts.shape).round(2)).to_csv(
        folder / "tximport_lengths.csv"
    )
    named = estimates.set_axis([f"{sample}.genes.results" for sample in counts], axis=1)
    named.rename_axis(None).to_csv(folder / "rsem_matrix.tsv", sep="\t")
    (estimates / estimates.sum() * 1e6).to_csv(folder / "tpm.tsv", sep="\t")


def _containers(folder: Path, counts: pd.DataFrame) -> None:
    obs = pd.DataFrame({"condition": CONDITION}, index=counts.columns)
    anndata.AnnData(counts.T.astype(float), obs=obs).write_h5ad(folder / "counts.h5ad")
    counts.reset_index().to_parquet(folder / "counts.parquet")


def _geo(folder: Path, counts: pd.DataFrame) -> None:
    """NCBI's raw counts of a series: Entrez ids in rows, accessions of samples in columns."""
    entrez = {symbol: number for number, symbol in load_gene_table().entrez_symbols.items()}
    known = counts[counts.index.isin(list(entrez))]
    ids = pd.Index([entrez[symbol] for symbol in known.index], name="GeneID")
    accessions = [f"GSM{number}" for number in range(7000001, 7000007)]
    known.set_axis(ids).set_axis(accessions, axis=1).to_csv(folder / "geo_raw_counts.tsv", sep="\t")
    sheet = pd.DataFrame({"sample": accessions, "title": counts.columns, "condition": CONDITION})
    sheet.to_csv(folder / "geo_samples.csv", index=False)
