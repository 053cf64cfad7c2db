"""What the steps warned of, and what a reader must bear in mind."""

from __future__ import annotations

from dataclasses import dataclass

from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["Caution", "collect_cautions"]

_STEP_NAMES = {
    "stratify": "Groups",
    "screen": "Specificity",
    "de": "Differential expression",
    "gsea": "Gene sets",
    "ora": "Over-representation",
    "signature": "Verdict",
}


@dataclass(frozen=True)
class Caution:
    """A warning.

    Attributes
    ----------
    step
        Which step says so, in words.
    text
        The sentence.
    """

    step: str
    text: str


def collect_cautions(run: RunDirectory) -> list[Caution]:
    """Read the warnings of every record, each once, and add those the tables give rise to."""
    said: dict[str, Caution] = {}
    for folder, step in run.steps.items():
        name = _STEP_NAMES.get(folder, folder.rpartition("/")[2].replace("_", " ").capitalize())
        for text in step.warnings:
            said.setdefault(text, Caution(name, text))
    found = list(said.values())
    if (run.path / "simulate" / "truth.tsv").is_file():
        found.insert(
            0,
            Caution(
                "Data",
                "The counts are simulated with a planted signature, and say nothing of biology.",
            ),
        )
    gsea = run.table("gsea/gsea.tsv")
    if gsea is not None and not gsea["rotation_pvalue"].notna().any():
        found.append(
            Caution(
                "Gene sets",
                "Only the preranked test ran. Its p-values treat genes as independent, which they "
                "are not, and are too small.",
            )
        )
    return found
