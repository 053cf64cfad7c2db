"""A knock-down beside a split cohort: whether the two agree, and how tumours score by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions, CountsOptions
from rnaseq_s6k1.errors import UsageError

if TYPE_CHECKING:
    from anndata import AnnData

    from rnaseq_s6k1.de.result import DEResult

__all__ = ["Knockdown", "KnockdownOptions", "knockdown_steps", "read_knockdown"]


@dataclass(frozen=True)
class KnockdownOptions:
    """The differential expression of a knock-down, which a split cohort is held against."""

    knockdown_results: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|FILE",
            help="--stratify: results of a knock-down; adds `concord` with it, and `bridge`.",
        ),
    ] = None
    knockdown_id_map: Annotated[
        Path | None,
        typer.Option(help="Two columns, id and name, for the genes of a bare results table."),
    ] = None

    def check(self) -> None:
        """Refuse a map without the table it is for, before any work.

        Raises
        ------
        UsageError
            If so.
        """
        if self.knockdown_id_map is not None and self.knockdown_results is None:
            raise UsageError("--knockdown-id-map names the genes of --knockdown-results; add it")


@dataclass(frozen=True, eq=False)
class Knockdown:
    """The knock-down's results, what to call them, and the files they came from."""

    result: DEResult
    name: str
    files: list[Path]


def read_knockdown(options: KnockdownOptions) -> Knockdown | None:
    """Read the knock-down's results, where some are given.

    Raises
    ------
    DataError
        If there are none at the place given.
    """
    from rnaseq_s6k1.cli.concord import read_side, side_name

    path = options.knockdown_results
    if path is None:
        return None
    result, files = read_side(path, options.knockdown_id_map)
    if options.knockdown_id_map is not None and options.knockdown_id_map not in files:
        files = [*files, options.knockdown_id_map]
    return Knockdown(result, side_name(path, None, result), files)


def knockdown_steps(
    knockdown: Knockdown,
    adata: AnnData,
    gene: str,
    samples: Path | None,
    where: list[str],
    reading: CountsOptions,
    common: CommonOptions,
    alpha: float,
    inputs: list[Path],
) -> None:
    """Compare the knock-down with the split, score the tumours by it, and print both.

    Parameters
    ----------
    knockdown
        Of `read_knockdown`.
    adata
        The cohort, shape ``(n_samples, n_genes)``; its split is in the output directory.
    gene
        The driver that split it.
    samples, where
        Clinical table, and which of its samples are used.
    reading, common
        Options of the command.
    alpha
        Level of the comparison's tests.
    inputs
        Files of the cohort.
    """
    from rnaseq_s6k1.cli.bridge import SignatureOptions, Tumours, bridge_step, print_bridge
    from rnaseq_s6k1.cli.clinical import with_clinical
    from rnaseq_s6k1.cli.concord import concord_step, print_concord_summary, read_side
    from rnaseq_s6k1.cli.survival import EndpointOptions

    cohort, files = read_side(common.out, None)
    compared = concord_step(
        knockdown.result,
        cohort,
        (knockdown.name, f"{gene} high over low"),
        common,
        [*knockdown.files, *files],
        alpha=alpha,
    )
    print_concord_summary(compared, common.out)
    clinical = None
    if samples is not None:
        adata, clinical = with_clinical(adata, samples, where)
    scored = bridge_step(
        knockdown.result,
        Tumours(adata, clinical, gene, id_map=reading.id_map),
        SignatureOptions(),
        EndpointOptions(),
        common,
        [*knockdown.files, *inputs],
        where,
    )
    print_bridge(scored, knockdown.result, common.out)
