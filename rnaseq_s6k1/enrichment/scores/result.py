"""The scores of all samples, and how they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["SET_COLUMNS", "ScoreResult"]

SET_COLUMNS: tuple[str, ...] = ("column", "collection", "set", "kind", "size", "up", "down")


@dataclass(frozen=True)
class ScoreResult:
    """Single-sample scores.

    Attributes
    ----------
    scores
        By method: samples x sets, samples by name, sets by collection and name.
    sets
        The columns of `SET_COLUMNS`, one row a column of the scores: ``kind`` is ``set`` or
        ``pair`` (up less down), ``size`` counts the genes used, ``up`` and ``down`` how many of
        them are expected up and down.
    dropped
        Sets left out, with the reason.
    comparison
        Scores of two groups compared; None where there are no groups. See
        `rnaseq_s6k1.enrichment.scores.comparison`.
    n_genes
        Genes of the matrix that was scored.
    """

    scores: Mapping[str, pd.DataFrame]
    sets: pd.DataFrame
    dropped: pd.DataFrame
    comparison: pd.DataFrame | None
    n_genes: int

    @property
    def table(self) -> pd.DataFrame:
        """All scores: ``sample``, ``method``, and a column a set."""
        parts = []
        for method, scores in self.scores.items():
            wide = scores.reset_index(drop=True)
            heads = pd.DataFrame({"sample": scores.index.astype(str), "method": method})
            parts.append(pd.concat([heads, wide], axis=1))
        return pd.concat(parts, ignore_index=True)

    def to_anndata(self, obs: pd.DataFrame | None = None) -> AnnData:
        """Return the scores as ``obsm["score_<method>"]``.

        Parameters
        ----------
        obs
            A sample sheet, indexed by sample.

        Returns
        -------
        anndata.AnnData
            Without a matrix of its own. Slashes in the names of sets become underscores, as
            HDF5 takes them for folders.
        """
        from anndata import AnnData

        from rnaseq_s6k1.de.storable import storable
        from rnaseq_s6k1.enrichment.scores.method import get_method

        samples = next(iter(self.scores.values())).index
        data = AnnData(obs=pd.DataFrame(index=samples) if obs is None else obs.loc[samples].copy())
        for method, scores in self.scores.items():
            data.obsm[f"score_{method}"] = scores.copy()
            info = get_method(method).INFO
            data.uns[f"score_{method}"] = {
                "title": info.title,
                "scale": info.scale,
                "limits": info.limits,
                "reference": info.reference,
            }
        return storable(data)

    def write(self, folder: Path, obs: pd.DataFrame | None = None) -> list[Path]:
        """Write scores, sets, dropped sets, comparison and ``scores.h5ad`` into `folder`."""
        from rnaseq_s6k1.io.atomic import atomic_path
        from rnaseq_s6k1.io.tables import write_table

        tables = {"scores": self.table, "sets": self.sets, "dropped_sets": self.dropped}
        if self.comparison is not None:
            tables["comparison"] = self.comparison
        for name, table in tables.items():
            write_table(table, folder / f"{name}.tsv")
        with atomic_path(folder / "scores.h5ad") as temporary:
            self.to_anndata(obs).write_h5ad(temporary, compression="gzip")
        return [*(folder / f"{name}.tsv" for name in tables), folder / "scores.h5ad"]
