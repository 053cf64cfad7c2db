"""Finding the tables that earlier steps left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnaseq_s6k1.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from rnaseq_s6k1.de.result import DEResult

__all__ = ["bare_ranking_result", "read_de_result", "read_gsea_table", "split_gene_names"]


def read_de_result(out: Path, results: Path | None) -> tuple[DEResult, list[Path]]:
    """Read the output directory's result, or a table of any origin.

    Raises
    ------
    DataError
        If neither is there.
    """
    from rnaseq_s6k1.de.result import DEParameters, DEResult, read_results

    if results is not None:
        return DEResult(read_results(results), None, DEParameters()), [results]
    path = out / "de" / "results.tsv"
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; run `rnaseq-s6k1 de COUNTS --out {out}` first, or name a "
            "table with --results"
        )
    return DEResult.read(out / "de"), [path]


def bare_ranking_result() -> DEResult:
    """Return the empty result that stands beside a ranked list of unknown origin."""
    import pandas as pd

    from rnaseq_s6k1.de.result import RESULT_COLUMNS, DEParameters, DEResult

    return DEResult(pd.DataFrame(columns=list(RESULT_COLUMNS)), None, DEParameters())


def read_gsea_table(out: Path) -> pd.DataFrame | None:
    """Read ``gsea/gsea.tsv`` of the output directory; None where that step has not run."""
    from rnaseq_s6k1.enrichment.gsea import GSEA_COLUMNS
    from rnaseq_s6k1.io.tables import read_table

    path = out / "gsea" / "gsea.tsv"
    return read_table(path, required=GSEA_COLUMNS) if path.is_file() else None


def split_gene_names(result: DEResult) -> set[str]:
    """Return the names of the gene that split the groups; empty where none did."""
    split = result.parameters.split_gene
    if not split:
        return set()
    return set(result.table.loc[result.table["gene_id"] == split, "gene_name"].astype(str))
