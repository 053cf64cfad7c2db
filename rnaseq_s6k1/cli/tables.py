"""Finding the tables that earlier steps left."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from rnaseq_s6k1.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.de.result import DEResult

__all__ = [
    "bare_ranking_result",
    "read_de_result",
    "read_gsea_table",
    "split_gene_names",
    "with_orthologs",
]

logger = logging.getLogger(__name__)


def read_de_result(
    out: Path,
    results: Path | None,
    id_map: Path | None = None,
    ortholog_map: Path | None = None,
) -> tuple[DEResult, list[Path]]:
    """Read the output directory's result, or a table of any origin.

    A table of another program (R's DESeq2, say) has neither gene names nor calls; both are
    added as ``de`` would. `id_map` names the genes of such a table. With an `ortholog_map` the
    genes have the names of their human orthologs, and the others are left out.

    Raises
    ------
    DataError
        If neither is there.
    """
    result, inputs = _find_de_result(out, results, id_map)
    if ortholog_map is None:
        return result, inputs
    return with_orthologs(result, ortholog_map), [*inputs, ortholog_map]


def with_orthologs(result: DEResult, ortholog_map: Path | None) -> DEResult:
    """Give the genes of a result the names of their human orthologs, where a map is given."""
    from dataclasses import replace

    from rnaseq_s6k1.genes.orthologs import map_orthologs

    if ortholog_map is None:
        return result
    return replace(result, table=map_orthologs(result.table, ortholog_map))


def _find_de_result(
    out: Path, results: Path | None, id_map: Path | None
) -> tuple[DEResult, list[Path]]:
    from rnaseq_s6k1.de.result import DEResult

    if results is not None:
        inputs = [results] if id_map is None else [results, id_map]
        return _read_foreign(results, id_map), inputs
    path = out / "de" / "results.tsv"
    if not path.is_file():
        found = sorted(one.parent.parent.name for one in out.glob("*/de/results.tsv"))
        if found:
            raise DataError(
                f"{path}: no such file; {out} holds the contrasts {', '.join(found[:6])}: choose "
                f"one with --out {out / found[0]}"
            )
        raise DataError(
            f"{path}: no such file; run `rnaseq-s6k1 de COUNTS --out {out}` first, or name a "
            "table with --results"
        )
    return DEResult.read(out / "de"), [path]


def _read_foreign(path: Path, id_map: Path | None) -> DEResult:
    import pandas as pd

    from rnaseq_s6k1.de.calls import call_directions
    from rnaseq_s6k1.de.result import DEParameters, DEResult, read_results
    from rnaseq_s6k1.genes.naming import name_genes
    from rnaseq_s6k1.io.tables import read_table

    table, parameters = read_results(path), DEParameters()
    found = read_table(path).columns
    has_names = "gene_name" in found
    if id_map is not None or not has_names:
        ids = pd.Index(table["gene_id"])
        if ids.has_duplicates:
            again = str(ids[ids.duplicated()][0])
            raise DataError(f"{path}: the gene {again[:80]!r} has several rows; keep one a gene")
        names = name_genes(
            ids, matrix_names=table["gene_name"] if has_names else None, id_map=id_map
        )
        logger.info("%s", names.sentence)
        table["gene_name"] = names.names.to_numpy()
    if "direction" not in found:
        table["direction"] = call_directions(
            table,
            lfc=parameters.lfc,
            alpha=parameters.alpha,
            lfc_mode=parameters.lfc_mode,
            significance=parameters.significance,
        )
        logger.info("%s: genes are called by %s", path, parameters.rule)
    return DEResult(table, None, parameters)


def bare_ranking_result() -> DEResult:
    """Return the empty result that stands beside a ranked list of unknown origin."""
    import pandas as pd

    from rnaseq_s6k1.de.result import RESULT_COLUMNS, DEParameters, DEResult

    return DEResult(pd.DataFrame(columns=list(RESULT_COLUMNS)), None, DEParameters())


def read_gsea_table(out: Path, ortholog_map: Path | None = None) -> pd.DataFrame | None:
    """Read ``gsea/gsea.tsv`` of the output directory.

    None where that step has not run, or ran on other results than are there now or without
    this ortholog map: a table of another ranking must not decide about these.
    """
    from rnaseq_s6k1.enrichment.gsea import GSEA_COLUMNS
    from rnaseq_s6k1.io.tables import read_table

    path = out / "gsea" / "gsea.tsv"
    if not path.is_file():
        return None
    sources = [out / "de" / "results.tsv", *([] if ortholog_map is None else [ortholog_map])]
    for source in sources:
        if not _made_from(path.parent / "run.json", source):
            logger.warning(
                "%s was not made from the present %s; the card's sets are tested anew",
                path,
                "de/results.tsv" if source == sources[0] else source,
            )
            return None
    table = read_table(path, required=GSEA_COLUMNS)
    rotation = path.parent / "rotation.tsv"
    if rotation.is_file():
        ranks = read_table(rotation, required=("collection", "set", "mean_rank"))
        return table.merge(ranks[["collection", "set", "mean_rank"]], "left")
    return table


def _made_from(record: Path, source: Path) -> bool:
    """Whether a step's record names a file as it is now among what the step read."""
    import json

    from rnaseq_s6k1.provenance import sha256

    try:
        inputs = json.loads(record.read_text(encoding="utf-8"))["inputs"]
        checksums = {entry["sha256"] for entry in inputs}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return sha256(source) in checksums


def split_gene_names(result: DEResult) -> set[str]:
    """Return the names of the gene that split the groups; empty where none did."""
    split = result.parameters.split_gene
    if not split:
        return set()
    return set(result.table.loc[result.table["gene_id"] == split, "gene_name"].astype(str))
