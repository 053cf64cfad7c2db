"""Custom content for MultiQC (Ewels et al., Bioinformatics 2016, 32:3047): ``multiqc/``.

MultiQC finds files called ``*_mqc.json`` by itself and shows them in its own report; see
https://docs.seqera.io/multiqc/custom_content. It puts names into its page as they are, so here
they are escaped. Files of one id it takes for one section, whose rows of one name are one row: so
a section about one comparison has an id that other comparisons do not have, and the numbers of
called genes of all comparisons are rows of one.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from markupsafe import escape

from rnaseq_s6k1.report.collect.columns import column_values
from rnaseq_s6k1.report.collect.comparison import collect_comparison
from rnaseq_s6k1.report.collect.gene_sets import collect_gene_sets
from rnaseq_s6k1.report.collect.verdict import collect_verdict
from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["write_multiqc"]

_PARENT = {
    "parent_id": "rnaseq_s6k1",
    "parent_name": "rnaseq-s6k1",
    "parent_description": "Differential expression, gene sets and the verdict on a mechanism.",
}
_SETS = 25


def write_multiqc(folder: Path) -> list[Path]:
    """Write the files MultiQC reads into ``multiqc/`` of a run directory.

    Sections whose step has not run have no file; a file that an earlier run left is removed.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    from rnaseq_s6k1.io.atomic import write_text

    run = RunDirectory(folder)
    run.check()
    title = collect_comparison(run).title
    sections = {
        "samples": _samples(run),
        "pca": _components(run, title),
        "verdict": _verdict(run, title),
        "calls": _calls(run, title),
        "gene_sets": _gene_sets(run, title),
    }
    paths = []
    for name, section in sections.items():
        path = folder / "multiqc" / f"rnaseq_s6k1_{name}_mqc.json"
        if section is None:
            path.unlink(missing_ok=True)
            continue
        text = json.dumps(section, indent=1, ensure_ascii=False, allow_nan=False)
        write_text(path, text.encode("utf-8", "replace").decode("utf-8") + "\n")
        paths.append(path)
    return paths


def _safe(name: Any) -> str:
    return str(escape(name))


def _mark(run: RunDirectory, title: str) -> str:
    """Give letters that tell this comparison of these samples from others."""
    table = run.table("de/samples.tsv")
    samples = [] if table is None else table["sample"].astype(str).tolist()
    named = "\n".join([title, *samples]).encode("utf-8", "replace")
    return hashlib.blake2b(named, digest_size=4).hexdigest()


def _section(name: str, title: str, description: str, plot: str) -> dict[str, Any]:
    return {
        "id": f"rnaseq_s6k1_{name}",
        **_PARENT,
        "section_name": title,
        "description": _safe(description),
        "plot_type": plot,
    }


def _samples(run: RunDirectory) -> dict[str, Any] | None:
    """Columns of MultiQC's general statistics, a row a sample."""
    table = run.table("de/samples.tsv")
    if table is None:
        return None
    headers = {
        "library_size": {"title": "Counts", "format": "{:,.0f}", "description": "Counts of genes"},
        "detected_genes": {
            "title": "Genes",
            "format": "{:,.0f}",
            "description": "Genes with counts",
        },
        "size_factor": {"title": "Size factor", "format": "{:,.3f}"},
        "agreement": {
            "title": "Agreement",
            "description": "Median Spearman correlation with the other samples of the group",
            "format": "{:,.3f}",
            "max": 1,
        },
    }
    columns = {name: column_values(table[name]) for name in headers}
    data = {
        _safe(sample): {name: columns[name][k] for name in headers if columns[name][k] is not None}
        for k, sample in enumerate(table["sample"])
    }
    return {
        "id": "rnaseq_s6k1_samples",
        "plot_type": "generalstats",
        "pconfig": [{name: header} for name, header in headers.items()],
        "data": data,
    }


def _components(run: RunDirectory, title: str) -> dict[str, Any] | None:
    table = run.table("de/samples.tsv")
    if table is None:
        return None
    mark = _mark(run, title)
    section = _section(
        f"pca_{mark}",
        f"Principal components ({_safe(title)})",
        "Samples on two components.",
        "scatter",
    )
    section["pconfig"] = {
        "id": f"rnaseq_s6k1_pca_{mark}_plot",
        "title": "rnaseq-s6k1: principal components",
        "xlab": "PC1",
        "ylab": "PC2",
    }
    section["data"] = {
        _safe(row["sample"]): {"x": row["PC1"], "y": row["PC2"], "group": _safe(row["group"])}
        for row in table.to_dict("records")
    }
    return section


def _verdict(run: RunDirectory, title: str) -> dict[str, Any] | None:
    verdict = collect_verdict(run)
    if verdict is None:
        return None
    mark = _mark(run, title)
    section = _section(
        f"verdict_{mark}",
        f"Verdict ({_safe(title)})",
        f"{verdict.headline} {verdict.more}",
        "table",
    )
    section["pconfig"] = {
        "id": f"rnaseq_s6k1_verdict_{mark}_table",
        "title": "rnaseq-s6k1: verdict",
        "col1_header": "Line of the card",
    }
    section["headers"] = {
        "outcome": {"title": "Outcome"},
        "expected": {"title": "Claimed"},
        "effect": {"title": "Effect", "format": "{:,.2f}"},
        "padj": {"title": "p, adjusted", "format": "{:.2g}"},
        "source": {"title": "Answers"},
    }
    section["data"] = {
        f"{_safe(one.line['target'])} ({one.kind})": {
            "outcome": one.line["outcome"],
            "expected": one.line["expected"],
            "effect": one.line["effect"],
            "padj": one.line["padj"],
            "source": _safe(one.source),
        }
        for one in verdict.lines
    }
    return section


def _calls(run: RunDirectory, title: str) -> dict[str, Any]:
    comparison = collect_comparison(run)
    section = _section(
        "calls",
        "Called genes",
        f"Genes called at {comparison.rule}; up is where the log2 fold change is positive.",
        "bargraph",
    )
    section["pconfig"] = {
        "id": "rnaseq_s6k1_calls_plot",
        "title": "rnaseq-s6k1: called genes",
        "ylab": "genes",
        "cpswitch": False,
    }
    section["categories"] = {
        "up": {"name": "up", "color": "#D55E00"},
        "down": {"name": "down", "color": "#0072B2"},
    }
    row = f"{_safe(title)} ({_safe(comparison.design)}, n = {comparison.n_samples})"
    section["data"] = {row: {"up": comparison.n_up, "down": comparison.n_down}}
    return section


def _gene_sets(run: RunDirectory, title: str) -> dict[str, Any] | None:
    found = collect_gene_sets(run)
    if found is None:
        return None
    mark = _mark(run, title)
    section = _section(
        f"gene_sets_{mark}",
        f"Gene sets ({_safe(title)})",
        f"The {_SETS} gene sets with the smallest p. {found.family}.",
        "table",
    )
    section["pconfig"] = {
        "id": f"rnaseq_s6k1_gene_sets_{mark}_table",
        "title": "rnaseq-s6k1: gene sets",
        "col1_header": "Gene set",
    }
    section["headers"] = {
        "nes": {"title": "NES", "format": "{:,.2f}"},
        "rotation_padj": {"title": "FDR, rotation", "format": "{:.2g}"},
        "padj": {"title": "FDR, preranked", "format": "{:.2g}"},
        "evidence": {"title": "Evidence"},
    }
    section["data"] = {
        _safe(row["set"]): {
            name: row[name] for name in section["headers"] if row[name] == row[name]
        }
        for row in found.rows[:_SETS]
    }
    return section
