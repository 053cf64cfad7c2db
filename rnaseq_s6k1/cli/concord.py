"""``concord``: whether one result agrees with another one or reverses it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions, check_alpha
from rnaseq_s6k1.errors import DataError

if TYPE_CHECKING:
    from rnaseq_s6k1.concordance.result import ConcordResult
    from rnaseq_s6k1.de.result import DEResult

__all__ = ["command", "concord_step", "print_concord_summary", "read_side", "side_name"]

#: Correlations smaller than this count as none, unless asked.
MARGIN = 0.1
#: Random contrasts of each experiment, unless asked.
ROTATIONS = 999

logger = logging.getLogger(__name__)


def command(
    a: Annotated[
        Path, typer.Argument(metavar="A", help="Output directory, its de/ folder, or a table.")
    ],
    b: Annotated[Path, typer.Argument(metavar="B", help="What A is compared with, likewise.")],
    common: CommonOptions,
    name_a: Annotated[str | None, typer.Option(help="What to call A.")] = None,
    name_b: Annotated[str | None, typer.Option(help="What to call B.")] = None,
    id_map: Annotated[
        Path | None, typer.Option(help="Two columns, id and name, for the genes of bare tables.")
    ] = None,
    margin: Annotated[
        float, typer.Option(help="Correlations smaller than this count as none.")
    ] = MARGIN,
    rotations: Annotated[
        int, typer.Option(min=20, max=100_000, help="Random contrasts of each experiment.")
    ] = ROTATIONS,
    alpha: Annotated[float, typer.Option(help="Level of the tests.")] = 0.05,
) -> None:
    """Compare two results: whether a knock-down (A) reverses what high expression (B) does.

    Writes concord/concord.tsv and .json, genes.tsv, rrho.tsv and rotations.tsv.

    Example: rnaseq-s6k1 concord knockdown tumours --name-a siS6K1 --name-b "RPS6KB1 high"
    """
    check_alpha(alpha)
    results, inputs = [], []
    for path in (a, b):
        result, files = read_side(path, id_map)
        results.append(result)
        inputs += files
    names = (
        side_name(a, name_a, results[0]),
        side_name(b, name_b, results[1]),
    )
    compared = concord_step(
        results[0],
        results[1],
        names,
        common,
        list(dict.fromkeys(inputs)),
        alpha=alpha,
        margin=margin,
        rotations=rotations,
    )
    print_concord_summary(compared, common.out)


def read_side(path: Path, id_map: Path | None) -> tuple[DEResult, list[Path]]:
    """Read one of the results: an output directory, its ``de`` folder, or any results table.

    Raises
    ------
    DataError
        If there are no results.
    """
    from rnaseq_s6k1.cli.tables import read_de_result
    from rnaseq_s6k1.de.result import DEResult

    if path.is_dir() and not (path / "de").is_dir() and (path / "results.tsv").is_file():
        result, inputs = DEResult.read(path), [path / "results.tsv"]
        folder = path
    elif path.is_dir():
        result, inputs = read_de_result(path, None)
        folder = path / "de"
    elif path.is_file():
        return read_de_result(path.parent, path, id_map)
    else:
        raise DataError(
            f"{path}: no such file or folder; give an output directory of `de`, or a results table"
        )
    if result.experiment is not None:
        inputs = [*inputs, folder / "experiment.h5ad"]
    return result, inputs


def side_name(path: Path, given: str | None, result: DEResult) -> str:
    """Call a result by what it compares, else by its path."""
    if given:
        return given
    stem = path.resolve().name.split(".")[0]
    if stem == "de":
        stem = path.resolve().parent.name
    if result.contrast is None:
        return stem
    return f"{stem} ({result.contrast.target} over {result.contrast.reference})"


def concord_step(
    a: DEResult,
    b: DEResult,
    names: tuple[str, str],
    common: CommonOptions,
    inputs: list[Path],
    *,
    alpha: float,
    margin: float = MARGIN,
    rotations: int = ROTATIONS,
) -> ConcordResult:
    """Compare two results, write ``concord/`` and its figures, and return the comparison."""
    from rnaseq_s6k1.cli.activity import activity
    from rnaseq_s6k1.concordance.concord import run_concord
    from rnaseq_s6k1.provenance import record_step

    folder = common.out / "concord"
    arguments = {
        "names": list(names),
        "alpha": alpha,
        "margin": margin,
        "rotations": rotations,
    }
    with record_step(
        "concord", folder, arguments=arguments, inputs=inputs, seed=common.seed
    ) as record:
        with activity("comparing the results"):
            compared = run_concord(
                a,
                b,
                names=names,
                alpha=alpha,
                margin=margin,
                rotations=rotations,
                seed=common.seed,
                jobs=common.cores,
            )
        record.outputs += compared.write(folder)
        record.results |= {"verdict": compared.verdict, "sentence": compared.sentence}
        if common.figures:
            from rnaseq_s6k1.cli.figures import draw_concord_figures

            with activity("drawing figures"):
                record.outputs += draw_concord_figures(compared, names, folder / "figures")
    return compared


def print_concord_summary(compared: ConcordResult, out: Path) -> None:
    """Say on stdout what the comparison came to, line by line."""
    typer.echo("Concordance")
    for side in ("a", "b"):
        facts = compared.facts[side]
        typer.echo(
            f"  {side.upper()}: {facts['name']}, {facts['up']:,} genes up, {facts['down']:,} down"
        )
    for _, row in compared.lines.iterrows():
        parts = [
            f"{label} {row[column]:.2g}"
            for label, column in (("rotation p", "rotation_pvalue"), ("gene-sampling p", "pvalue"))
            if row[column] == row[column]
        ]
        shown = f"{row['estimate']:.3g}" if parts else "NA"
        typer.echo(
            f"  {row['reading']:<10} {row['measure']:<17} {shown:>8}  "
            + ", ".join([*parts, f"n {row['n']:,}"])
        )
    typer.echo(
        "  Gene-sampling p-values treat genes as independent, which they are not; they are too "
        "small."
    )
    typer.echo(f"  {compared.sentence}")
    typer.echo(f"  verdict: {compared.verdict}    evidence: {compared.evidence}")
    typer.echo(f"  written to {out / 'concord'}")
