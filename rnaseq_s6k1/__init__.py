"""From an RNA-seq count matrix to a tested verdict on a claimed mechanism.

>>> import rnaseq_s6k1 as s6k1
>>> adata = s6k1.simulate_counts(n_genes=6000).adata  # or s6k1.read_counts("counts.tsv")
>>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
>>> ranking = s6k1.rank_genes(result.table)
>>> sets = s6k1.read_gene_sets(["hallmark", "kegg_cell_cycle"])
>>> tested = s6k1.run_gsea(ranking, sets)
>>> card = s6k1.load_card("s6k1-knockdown")
>>> verdict = s6k1.check_signature(result, card, sets, ranking, gsea=tested)
>>> verdict.signature, verdict.mechanism, verdict.driver
('reproduced', 'consistent', 'moved')

Notices go to the `logging` logger ``rnaseq_s6k1`` and nothing is printed. Functions leave the
process as they found it, may be called from several threads at once, and then give the same
results. Long ones take ``progress``, told how much there is to do and how much is done; see
`rnaseq_s6k1.progress`.

Names are imported when first used, so that ``import rnaseq_s6k1`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnaseq_s6k1._version import __version__

if TYPE_CHECKING:
    from rnaseq_s6k1 import plots
    from rnaseq_s6k1.annotate import (
        store_de,
        store_gsea,
        store_scores,
        store_verdict,
        stored_de,
        stored_gsea,
    )
    from rnaseq_s6k1.cohort.correlation import correlate
    from rnaseq_s6k1.cohort.score_bridge.run import BridgeResult, run_bridge
    from rnaseq_s6k1.cohort.score_bridge.signature import signature_of_results
    from rnaseq_s6k1.cohort.stratify import stratify
    from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints
    from rnaseq_s6k1.cohort.survival.groups import groups_of_column, groups_of_split
    from rnaseq_s6k1.cohort.survival.result import SurvivalResult
    from rnaseq_s6k1.cohort.survival.run import run_survival
    from rnaseq_s6k1.concordance.concord import run_concord
    from rnaseq_s6k1.de.inference import FastInference
    from rnaseq_s6k1.de.result import DEResult
    from rnaseq_s6k1.de.run import run_de
    from rnaseq_s6k1.design.contrast import Contrast
    from rnaseq_s6k1.design.infer import infer_groups
    from rnaseq_s6k1.design.samples import attach_samples, read_sample_sheet
    from rnaseq_s6k1.enrichment.broad_report import write_broad_report
    from rnaseq_s6k1.enrichment.collections import read_gene_sets
    from rnaseq_s6k1.enrichment.gsea import GSEAResult, run_gsea
    from rnaseq_s6k1.enrichment.ora import ORAResult, run_ora
    from rnaseq_s6k1.enrichment.ranking import Ranking, rank_genes, read_rnk, write_rnk
    from rnaseq_s6k1.enrichment.sample_data import SampleData, sample_data
    from rnaseq_s6k1.enrichment.scores.run import run_scores
    from rnaseq_s6k1.errors import DataError, ModelError, S6K1Error, UsageError
    from rnaseq_s6k1.genes.orthologs import map_orthologs
    from rnaseq_s6k1.io.clinical import read_clinical, read_survival
    from rnaseq_s6k1.io.cls import read_cls, write_cls
    from rnaseq_s6k1.io.copy_number import read_copy_number
    from rnaseq_s6k1.io.counts import read_counts
    from rnaseq_s6k1.io.gct import GctTable, read_gct, write_gct
    from rnaseq_s6k1.io.gmt import read_gmt, write_gmt
    from rnaseq_s6k1.io.gmx import read_gmx, write_gmx
    from rnaseq_s6k1.io.mutations import read_mutations
    from rnaseq_s6k1.io.remote.cohort import fetch_cohort
    from rnaseq_s6k1.mechanism.card import Card, load_card
    from rnaseq_s6k1.mechanism.verdict import Verdict, check_signature
    from rnaseq_s6k1.simulate.counts import simulate_counts

_HOMES: dict[str, str] = {
    "BridgeResult": "cohort.score_bridge.run",
    "Card": "mechanism.card",
    "Contrast": "design.contrast",
    "DEResult": "de.result",
    "DataError": "errors",
    "FastInference": "de.inference",
    "GSEAResult": "enrichment.gsea",
    "GctTable": "io.gct",
    "ModelError": "errors",
    "ORAResult": "enrichment.ora",
    "Ranking": "enrichment.ranking",
    "S6K1Error": "errors",
    "SampleData": "enrichment.sample_data",
    "SurvivalResult": "cohort.survival.result",
    "UsageError": "errors",
    "Verdict": "mechanism.verdict",
    "attach_samples": "design.samples",
    "check_signature": "mechanism.verdict",
    "correlate": "cohort.correlation",
    "fetch_cohort": "io.remote.cohort",
    "find_endpoints": "cohort.survival.endpoints",
    "groups_of_column": "cohort.survival.groups",
    "groups_of_split": "cohort.survival.groups",
    "infer_groups": "design.infer",
    "load_card": "mechanism.card",
    "map_orthologs": "genes.orthologs",
    "rank_genes": "enrichment.ranking",
    "read_clinical": "io.clinical",
    "read_cls": "io.cls",
    "read_copy_number": "io.copy_number",
    "read_counts": "io.counts",
    "read_gct": "io.gct",
    "read_gene_sets": "enrichment.collections",
    "read_gmt": "io.gmt",
    "read_gmx": "io.gmx",
    "read_mutations": "io.mutations",
    "read_rnk": "enrichment.ranking",
    "read_sample_sheet": "design.samples",
    "read_survival": "io.clinical",
    "run_bridge": "cohort.score_bridge.run",
    "run_concord": "concordance.concord",
    "run_de": "de.run",
    "run_gsea": "enrichment.gsea",
    "run_ora": "enrichment.ora",
    "run_scores": "enrichment.scores.run",
    "run_survival": "cohort.survival.run",
    "sample_data": "enrichment.sample_data",
    "signature_of_results": "cohort.score_bridge.signature",
    "simulate_counts": "simulate.counts",
    "store_de": "annotate",
    "store_gsea": "annotate",
    "store_scores": "annotate",
    "store_verdict": "annotate",
    "stored_de": "annotate",
    "stored_gsea": "annotate",
    "stratify": "cohort.stratify",
    "write_broad_report": "enrichment.broad_report",
    "write_cls": "io.cls",
    "write_gct": "io.gct",
    "write_gmt": "io.gmt",
    "write_gmx": "io.gmx",
    "write_rnk": "enrichment.ranking",
}

__all__ = [
    "BridgeResult",
    "Card",
    "Contrast",
    "DEResult",
    "DataError",
    "FastInference",
    "GSEAResult",
    "GctTable",
    "ModelError",
    "ORAResult",
    "Ranking",
    "S6K1Error",
    "SampleData",
    "SurvivalResult",
    "UsageError",
    "Verdict",
    "__version__",
    "attach_samples",
    "check_signature",
    "correlate",
    "fetch_cohort",
    "find_endpoints",
    "groups_of_column",
    "groups_of_split",
    "infer_groups",
    "load_card",
    "map_orthologs",
    "plots",
    "rank_genes",
    "read_clinical",
    "read_cls",
    "read_copy_number",
    "read_counts",
    "read_gct",
    "read_gene_sets",
    "read_gmt",
    "read_gmx",
    "read_mutations",
    "read_rnk",
    "read_sample_sheet",
    "read_survival",
    "run_bridge",
    "run_concord",
    "run_de",
    "run_gsea",
    "run_ora",
    "run_scores",
    "run_survival",
    "sample_data",
    "signature_of_results",
    "simulate_counts",
    "store_de",
    "store_gsea",
    "store_scores",
    "store_verdict",
    "stored_de",
    "stored_gsea",
    "stratify",
    "write_broad_report",
    "write_cls",
    "write_gct",
    "write_gmt",
    "write_gmx",
    "write_rnk",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its room when it is first asked for (PEP 562)."""
    if name == "plots":
        return import_module("rnaseq_s6k1.plots")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"rnaseq_s6k1.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
