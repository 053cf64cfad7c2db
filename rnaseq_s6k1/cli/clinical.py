"""Clinical tables of the cohort commands, one row a patient, and the counts that belong to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnaseq_s6k1.cli.options import CountsOptions

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

__all__ = ["load_clinical", "load_cohort", "with_clinical"]


def load_clinical(path: Path, where: list[str]) -> pd.DataFrame:
    """Read a clinical table, one row a TCGA patient, and keep the rows asked for."""
    from rnaseq_s6k1.cohort.clinical_rows import one_row_per_patient
    from rnaseq_s6k1.design.clinical import read_clinical_table

    return _filtered(one_row_per_patient(read_clinical_table(path)), where)


def load_cohort(
    counts: Path, samples: Path, reading: CountsOptions, where: list[str]
) -> tuple[AnnData, pd.DataFrame]:
    """Read counts and their clinical table, and keep the samples that have both."""
    from rnaseq_s6k1.cli.loading import load_counts

    return with_clinical(load_counts(counts, reading), samples, where)


def with_clinical(adata: AnnData, samples: Path, where: list[str]) -> tuple[AnnData, pd.DataFrame]:
    """Read the clinical table of a cohort, and keep the samples that have both."""
    from rnaseq_s6k1.cohort.clinical_rows import clinical_of_samples, one_row_per_patient
    from rnaseq_s6k1.design.clinical import read_clinical_table

    table = clinical_of_samples(read_clinical_table(samples), adata.obs_names)
    clinical = _filtered(one_row_per_patient(table), where)
    return adata[clinical.index].copy(), clinical


def _filtered(clinical: pd.DataFrame, where: list[str]) -> pd.DataFrame:
    from anndata import AnnData

    from rnaseq_s6k1.design.where import filter_samples

    if not where:
        return clinical
    kept: pd.DataFrame = filter_samples(AnnData(obs=clinical), where).obs
    rows = clinical.loc[kept.index]
    rows.attrs = dict(clinical.attrs)
    return rows
