"""Results in the file layout of the Broad's GSEA program, for the programs that read it.

EnrichmentMap (Cytoscape), the report of nf-core/differentialabundance, gseapy's ``replot`` and
many scripts read the folder that GSEA's preranked tool leaves (`GSEA user guide
<https://docs.gsea-msigdb.org/GSEA/GSEA_User_Guide/>`_). This module lays our results out so. The
names carry no time stamp, as nf-core strips it, too. What differs in meaning:

- ``FDR q-val`` is the adjusted p (Benjamini-Hochberg) of our table; GSEA compares normalised
  scores with those of random sets.
- ``FWER p-val`` is the p-value after Holm's step-down adjustment over the same family of tests
  (Holm, Scand J Stat 1979, 6:65), which bounds the family-wise error whatever the dependence
  among sets; GSEA takes the largest normalised score of each permutation.
- No random scores are kept: ``RND_ES`` in ``results.edb`` is empty and ``NUM_PERMS`` 0.

Ranks count from 0 from the top of the list; ``RANK AT MAX`` of a negative score counts from its
end. ``LEADING EDGE`` gives, for N ranked genes, a set of n, and k of them in the leading edge
that reaches to rank r: tags k/n, list r/N, signal tags / (1 - list) (N - n)/N. These are the
formulae that reproduce the program's own output; its guide states the last one as a product.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.enrichment.families import FdrBy, holm
from rnaseq_s6k1.enrichment.gsea import GSEAResult
from rnaseq_s6k1.enrichment.running_sum import running_sum
from rnaseq_s6k1.enrichment.selection import SetKey
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.atomic import write_text
from rnaseq_s6k1.io.gmt import GeneSet, write_gmt

__all__ = ["REPORT_COLUMNS", "write_broad_report"]

#: Of ``gsea_report_for_*.tsv``.
REPORT_COLUMNS = (
    "NAME",
    "GS<br> follow link to MSigDB",
    "GS DETAILS",
    "SIZE",
    "ES",
    "NES",
    "NOM p-val",
    "FDR q-val",
    "FWER p-val",
    "RANK AT MAX",
    "LEADING EDGE",
)
_DETAIL_COLUMNS = (
    "NAME",
    "PROBE",
    "GENE SYMBOL",
    "GENE_TITLE",
    "RANK IN GENE LIST",
    "RANK METRIC SCORE",
    "RUNNING ES",
    "CORE ENRICHMENT",
)
_RANKED_COLUMNS = ("NAME", "DESCRIPTION", "GENE SYMBOL", "GENE TITLE", "SCORE")
_SIZE_COLUMNS = ("NAME", "ORIGINAL SIZE", "AFTER RESTRICTING TO DATASET", "STATUS")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.+-]")
_LONGEST_NAME = 200
#: Names that Windows keeps for devices.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class _SetReport:
    """One tested set as the report has it.

    Of its running sum only the values at the set's own genes are kept (`profile`, by `hits`):
    all of them, of thousands of sets, would fill the memory.
    """

    name: str
    size: int
    es: float
    nes: float
    pvalue: float
    padj: float
    fwer: float
    genes: tuple[str, ...]
    description: str
    hits: NDArray[np.intp]
    profile: NDArray[np.float64]
    peak: int
    leading_edge: NDArray[np.intp]


def write_broad_report(
    result: GSEAResult,
    folder: Path,
    *,
    collections: Mapping[str, Mapping[str, GeneSet]] | None = None,
    contrast: Contrast | None = None,
    fdr_by: FdrBy = "call",
    details: int = 20,
) -> list[Path]:
    """Write a GSEA result as the Broad's preranked program would; see the module's text.

    - ``gsea_report_for_<group>.tsv`` for each end of the ranking,
    - ``ranked_gene_list_<target>_versus_<reference>.tsv``,
    - ``gene_set_sizes.tsv``, where `collections` are given,
    - ``<SET>.tsv`` for the `details` leading sets of each end,
    - ``edb/results.edb``, ``edb/gene_sets.gmt`` (genes that are ranked) and ``edb/ranks.rnk``.

    A set whose name several collections share is called ``collection.set``.

    Parameters
    ----------
    result
        The tested sets.
    folder
        Where to write; made if it does not exist.
    collections
        The gene sets that were given, for their descriptions and sizes.
    contrast
        Names the two ends; without it they are ``na_pos`` and ``na_neg``, as GSEA calls them.
    fdr_by
        The family of the adjusted p-values, over which Holm's adjustment goes too.
    details
        How many sets of each end get a file of their own.

    Returns
    -------
    list of pathlib.Path
        The files, in the order they were written.

    Raises
    ------
    DataError
        If a file cannot be written, or a set does not fit the ranking of the result.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> adata = s6k1.simulate_counts(n_genes=6000).adata
    >>> result = s6k1.run_de(adata, "~ condition", ("condition", "siS6K1", "siNC"))
    >>> from pathlib import Path
    >>> ranking = s6k1.rank_genes(result.table)
    >>> tested = s6k1.run_gsea(ranking, s6k1.read_gene_sets(["hallmark"]), permutations=1000)
    >>> paths = s6k1.write_broad_report(tested, Path("broad"), contrast=result.contrast, details=0)
    >>> paths[0].name
    'gsea_report_for_siS6K1.tsv'
    """
    reports = _set_reports(result, collections or {}, fdr_by)
    positive, negative = _phenotypes(contrast)
    up = [one for one in reports if one.es >= 0]
    down = [one for one in reports if one.es < 0]
    up.sort(key=lambda one: (-_number(one.nes), one.name))
    down.sort(key=lambda one: (_number(one.nes), one.name))
    n_genes = len(result.ranking.stats)
    paths = []
    for phenotype, sets in ((positive, up), (negative, down)):
        paths.append(folder / f"gsea_report_for_{phenotype}.tsv")
        rows = [_report_row(one, n_genes, has_details=at < details) for at, one in enumerate(sets)]
        write_text(paths[-1], _tsv(REPORT_COLUMNS, rows))
    paths.append(folder / f"ranked_gene_list_{positive}_versus_{negative}.tsv")
    ranked = ((gene, "null", gene, "null", value) for gene, value in result.ranking.stats.items())
    write_text(paths[-1], _tsv(_RANKED_COLUMNS, ranked))
    if collections is not None:
        paths.append(folder / "gene_set_sizes.tsv")
        write_text(paths[-1], _tsv(_SIZE_COLUMNS, _sizes(result, collections)))
    taken = {path.name.lower() for path in paths}
    for one in (*up[:details], *down[:details]):
        paths.append(folder / _file_name(one.name, taken))
        write_text(paths[-1], _tsv(_DETAIL_COLUMNS, _detail_rows(one, result.ranking.stats)))
    return [*paths, *_write_edb(result, reports, folder / "edb")]


def _set_reports(
    result: GSEAResult, collections: Mapping[str, Mapping[str, GeneSet]], fdr_by: FdrBy
) -> list[_SetReport]:
    """Give the tested sets in the table's order, each with its running sum."""
    stats, table = result.ranking.stats, result.table
    values = stats.to_numpy(dtype=float)
    names = _report_names(result)
    fwer = _holm_by_family(table, fdr_by)
    reports = []
    for at, (collection, name) in enumerate(zip(table["collection"], table["set"], strict=True)):
        key: SetKey = (str(collection), str(name))
        positions = stats.index.get_indexer(pd.Index(result.members[key]))
        if (positions < 0).any():
            raise DataError(
                f"the set {key[1][:80]!r} holds genes that are not ranked; write the report of the "
                "result as it was tested"
            )
        curve = running_sum(values, positions)
        given = collections.get(key[0], {}).get(key[1])
        reports.append(
            _SetReport(
                name=names[key],
                size=int(table["size"].iloc[at]),
                es=float(table["es"].iloc[at]),
                nes=float(table["nes"].iloc[at]),
                pvalue=float(table["pvalue"].iloc[at]),
                padj=float(table["padj"].iloc[at]),
                fwer=fwer[at],
                genes=result.members[key],
                description=given.description if given is not None else "na",
                hits=curve.hits,
                profile=curve.values[curve.hits],
                peak=curve.peak,
                leading_edge=curve.leading_edge,
            )
        )
    return reports


def _report_names(result: GSEAResult) -> dict[SetKey, str]:
    """Name the sets; one that several collections share has its collection before it."""
    counts = result.table["set"].value_counts()
    return {
        (str(collection), str(name)): str(name) if counts[name] == 1 else f"{collection}.{name}"
        for collection, name in zip(result.table["collection"], result.table["set"], strict=True)
    }


def _holm_by_family(table: pd.DataFrame, by: FdrBy) -> list[float]:
    pvalues = table["pvalue"].to_numpy(dtype=float)
    families = np.zeros(len(table)) if by == "call" else pd.factorize(table["collection"])[0]
    adjusted = np.empty(len(table))
    for family in np.unique(families):
        adjusted[families == family] = holm(pvalues[families == family].tolist())
    return [float(value) for value in adjusted]


def _phenotypes(contrast: Contrast | None) -> tuple[str, str]:
    """Name the two ends of the ranking so that the names can be part of a file's."""
    if contrast is None:
        return "na_pos", "na_neg"
    positive, negative = (_safe(name) for name in (contrast.target, contrast.reference))
    # Two names that differ only in what a file name cannot have would overwrite each other.
    same = positive.lower() == negative.lower()
    return ("na_pos", "na_neg") if same else (positive, negative)


def _report_row(one: _SetReport, n_genes: int, *, has_details: bool) -> tuple[object, ...]:
    rank = one.peak if one.es >= 0 else n_genes - one.peak
    tags = len(one.leading_edge) / len(one.hits)
    share = rank / n_genes
    left = (1 - share) * n_genes / (n_genes - len(one.hits))
    signal = f"{tags / left:.0%}" if left > 0 else "NA"
    return (
        one.name,
        one.name,
        "Details ..." if has_details else "",
        one.size,
        one.es,
        one.nes,
        one.pvalue,
        one.padj,
        one.fwer,
        rank,
        f"tags={tags:.0%}, list={share:.0%}, signal={signal}",
    )


def _detail_rows(one: _SetReport, stats: pd.Series) -> Iterable[tuple[object, ...]]:
    core = set(one.leading_edge.tolist())
    rows = zip(one.hits.tolist(), one.profile.tolist(), strict=True)
    for at, (position, running) in enumerate(rows):
        gene = stats.index[position]
        yield (
            f"row_{at}",
            gene,
            gene,
            "null",
            position,
            stats.iloc[position],
            running,
            "Yes" if position in core else "No",
        )


def _sizes(
    result: GSEAResult, collections: Mapping[str, Mapping[str, GeneSet]]
) -> Iterable[tuple[object, ...]]:
    """Give each set's size as given and as ranked, and whether it was left out."""
    names = _report_names(result)
    for collection, sets in sorted(collections.items()):
        for name, one in sorted(sets.items()):
            members = result.members.get((collection, name))
            yield (
                names.get((collection, name), name),
                len(one),
                "" if members is None else len(members),
                "Rejected!" if members is None else "",
            )


def _write_edb(result: GSEAResult, reports: list[_SetReport], folder: Path) -> list[Path]:
    """Write the folder from which GSEA, EnrichmentMap and gseapy load a result."""
    from rnaseq_s6k1.enrichment.ranking import write_rnk

    paths = [folder / name for name in ("results.edb", "gene_sets.gmt", "ranks.rnk")]
    stats = result.ranking.stats.to_numpy(dtype=float)
    entries = "\n".join(f"  <DTG {_edb_attributes(one, stats)}/>" for one in reports)
    write_text(
        paths[0],
        '<?xml version="1.0" encoding="UTF-8"?>\n\n'
        f'<EDB SORT_MODE="real" ORDER="descending" METRIC={_xml(result.ranking.by)} '
        f'NUM_PERMS="0">\n{entries}\n</EDB>\n',
    )
    write_gmt([GeneSet(one.name, one.description, one.genes) for one in reports], paths[1])
    write_rnk(result.ranking, paths[2])
    return paths


def _edb_attributes(one: _SetReport, stats: np.ndarray) -> str:
    attributes = {
        "RANKED_LIST": "ranks.rnk",
        "TEMPLATE": "na_as_pre-ranked",
        "GENESET": f"gene_sets.gmt#{one.name}",
        "ES": _text(one.es),
        "NES": _text(one.nes),
        "NP": _text(one.pvalue),
        "FDR": _text(one.padj),
        "FWER": _text(one.fwer),
        "RND_ES": "",
        "HIT_INDICES": " ".join(map(str, one.hits.tolist())),
        "ES_PROFILE": " ".join(f"{value:.4f}" for value in one.profile.tolist()),
        "RANK_AT_ES": str(one.peak),
        "RANK_SCORE_AT_ES": _text(stats[one.peak]),
    }
    return " ".join(f"{name}={_xml(value)}" for name, value in attributes.items())


def _xml(text: str) -> str:
    """Quote an attribute; XML has no control characters, escaped or not."""
    return quoteattr("".join(sign if sign.isprintable() else " " for sign in text))


def _tsv(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Give a table as the program writes it: every line ends with a tab, nothing is quoted.

    Names are exact, as EnrichmentMap looks them up; see `rnaseq_s6k1.io.spreadsheets`.
    """
    lines = ["\t".join(columns)]
    lines += ["\t".join(map(_text, row)) for row in rows]
    return "".join(f"{line}\t\n" for line in lines)


def _text(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return "NA" if np.isnan(value) else repr(float(value))
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _number(value: float) -> float:
    """Give a normalised score for sorting; one that is unknown comes last at either end."""
    return 0.0 if np.isnan(value) else float(value)


def _safe(name: str) -> str:
    """Make of a name what every file system takes for a part of one."""
    safe = _UNSAFE.sub("_", name)[:_LONGEST_NAME].lstrip(".-") or "_"
    return f"_{safe}" if _DEVICES.fullmatch(safe) else safe


def _file_name(set_name: str, taken: set[str]) -> str:
    """Name a set's file, unlike any other's in upper or lower case."""
    stem, number = _safe(set_name), 1
    name = f"{stem}.tsv"
    while name.lower() in taken:
        number += 1
        name = f"{stem}_{number}.tsv"
    taken.add(name.lower())
    return name
