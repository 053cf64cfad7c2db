"""``cohort fetch``: a project's tables from the GDC or Xena."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rnaseq_s6k1.cli.options import CommonOptions

__all__ = ["command"]


class SourceChoice(StrEnum):
    """Choices of ``--from``."""

    gdc = "gdc"
    xena = "xena"


class KindChoice(StrEnum):
    """Choices of ``--data``."""

    counts = "counts"
    clinical = "clinical"
    survival = "survival"
    copy_number = "copy-number"
    mutations = "mutations"


def command(
    project: Annotated[
        str, typer.Argument(metavar="PROJECT", help="The project's id, such as TCGA-BRCA.")
    ],
    common: CommonOptions,
    source: Annotated[
        SourceChoice, typer.Option("--from", help="The GDC's API, or the hubs of UCSC Xena.")
    ] = SourceChoice.gdc,
    data: Annotated[
        list[KindChoice] | None,
        typer.Option(
            help="What to fetch; repeatable.  [default: counts, clinical and, of Xena, survival]",
            show_default=False,
        ),
    ] = None,
    all_samples: Annotated[
        bool,
        typer.Option("--all-samples", help="GDC: normals and metastases too, not primaries alone."),
    ] = False,
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A mirror of the GDC's API or of Xena's download folder."),
    ] = None,
) -> None:
    """Fetch a cohort's counts and clinical tables.

    Writes fetch/PROJECT/. Run again after an interruption, it goes on where it ended; every
    file is checked, and none has its name before it is whole. From the GDC come STAR counts
    (open access) and cases, or mutations (--data mutations); from Xena log2(count + 1), survival
    and clinical tables, or GISTIC2 calls (--data copy-number).

    Example: rnaseq-s6k1 cohort fetch TCGA-BRCA --from xena --data counts --data survival
    """
    from rnaseq_s6k1.cli.progress import byte_bar
    from rnaseq_s6k1.io.remote.cohort import fetch_cohort
    from rnaseq_s6k1.io.remote.gdc_api import check_project
    from rnaseq_s6k1.provenance import record_step

    check_project(project)
    folder = common.out / "fetch" / project
    arguments = {
        "project": project,
        "from": source.value,
        "data": [kind.value for kind in data or []],
        "all_samples": all_samples,
        "base_url": base_url,
    }
    with record_step(
        "cohort fetch", folder, arguments=arguments, inputs=[], seed=common.seed
    ) as record:
        with byte_bar(f"fetching {project}") as bar:
            fetched = fetch_cohort(
                project,
                common.out / "fetch",
                source=source.value,
                kinds=[kind.value for kind in data] if data else None,
                all_samples=all_samples,
                base_url=base_url,
                jobs=common.cores if common.jobs else 4,
                progress=bar,
            )
        record.outputs += fetched.files
        record.results |= {
            "fetched": fetched.n_fetched,
            "kept": fetched.n_kept,
            "left_out": fetched.n_left_out,
        }
    typer.echo(f"{project} from {'the GDC' if source is SourceChoice.gdc else 'UCSC Xena'}")
    typer.echo(f"  {fetched.n_fetched:,} files fetched, {fetched.n_kept:,} there already")
    if fetched.n_left_out:
        typer.echo(f"  {fetched.n_left_out:,} files not of primary tumours left out")
    for kind, place in fetched.places.items():
        typer.echo(f"  {kind}\t{place}")
