"""``genesets``: list, show, check and fetch collections of gene sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnaseq_s6k1.cli.options import expand_options

if TYPE_CHECKING:
    from rnaseq_s6k1.enrichment.collections import GeneSetCollection
    from rnaseq_s6k1.genes.table import GeneTable
    from rnaseq_s6k1.io.gmt import GeneSet

__all__ = ["app"]

app = typer.Typer(
    help=(
        "List, show, check and fetch collections of gene sets.\n\n"
        "Example: rnaseq-s6k1 genesets show HALLMARK_E2F_TARGETS"
    ),
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@dataclass(frozen=True)
class LogOptions:
    """Options of the log, as the other commands have them."""

    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", help="No notices, only warnings and errors; results are printed."
        ),
    ] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="More of what is done.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Tracebacks with errors.")] = False


@app.command("list")
@expand_options
def list_collections(log: LogOptions) -> None:
    """List the collections that have a name.

    Example: rnaseq-s6k1 genesets list
    """
    from rnaseq_s6k1.enrichment.collections import available_collections

    typer.echo("collection\tsets\tversion\tlicence\torigin")
    for name, collection in available_collections().items():
        # A fetched collection's short name stands for its newest version: listed once, in full.
        if name == collection.name:
            origin = "bundled" if collection.bundled else "fetched"
            typer.echo(
                f"{name}\t{collection.n_sets}\t{collection.version}\t{collection.licence}\t{origin}"
            )


@app.command("show")
@expand_options
def show_set(
    name: Annotated[str, typer.Argument(metavar="SET", help="Name of the gene set.")],
    log: LogOptions,
    gene_sets: Annotated[
        list[str] | None,
        typer.Option(help="Collections or GMT (GMX) files to look in; all known ones by default."),
    ] = None,
    genes_only: Annotated[
        bool, typer.Option("--genes-only", help="Print the genes and nothing else.")
    ] = False,
) -> None:
    """Show a gene set: source, licence, genes.

    Example: rnaseq-s6k1 genesets show KEGG_CELL_CYCLE
    """
    collection_name, gene_set, collection = _find_set(name, gene_sets or [])
    if not genes_only:
        typer.echo(f"set\t{gene_set.name}")
        typer.echo(f"collection\t{collection_name}")
        typer.echo(f"page\t{gene_set.description}")
        if collection:
            typer.echo(f"version\t{collection.version}")
            typer.echo(f"source\t{collection.source}")
            typer.echo(f"licence\t{collection.licence}")
            typer.echo(f"attribution\t{collection.attribution}")
        typer.echo(f"genes\t{len(gene_set)}")
    for gene in gene_set.genes:
        typer.echo(gene)


@app.command("check")
@expand_options
def check_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A GMT or GMX file, plain or gzip.")],
    log: LogOptions,
) -> None:
    """Check a GMT or GMX file for faults and outdated symbols.

    A file that cannot be used ends with exit code 1 and the line at fault. Symbols that the
    human gene table does not know are listed, and are no fault: the sets may be of another
    species.

    Example: rnaseq-s6k1 genesets check my_sets.gmt
    """
    from rnaseq_s6k1.genes.identifiers import guess_identifiers
    from rnaseq_s6k1.genes.table import load_gene_table
    from rnaseq_s6k1.io.gene_set_file import read_gene_set_file

    sets = read_gene_set_file(file)
    table = load_gene_table()
    genes = sorted({gene for one in sets.values() for gene in one.genes})
    sizes = sorted(len(one) for one in sets.values())
    guess = guess_identifiers(genes, table)
    current, outdated, several, unknown = _sort_genes(genes, table)
    typer.echo(f"sets\t{len(sets)}")
    typer.echo(f"genes\t{len(genes)}")
    typer.echo(f"smallest set\t{sizes[0]}")
    typer.echo(f"median set\t{sizes[len(sizes) // 2]}")
    typer.echo(f"largest set\t{sizes[-1]}")
    typer.echo(f"identifiers\t{guess.label}, {100 * guess.share:.0f} % of the genes")
    typer.echo(f"gene table\t{table.version.split(';')[0]}")
    typer.echo(f"current human symbols\t{len(current)}")
    typer.echo(f"outdated symbols\t{len(outdated)}")
    for gene in outdated:
        typer.echo(f"  {gene}\tnow {table.current_symbol(gene)}")
    typer.echo(f"ambiguous aliases\t{len(several)}")
    for gene in several:
        typer.echo(f"  {gene}\tof {', '.join(table.alias_owners[gene])}")
    typer.echo(f"unknown symbols\t{len(unknown)}")
    # Identifiers of another kind or species would all be listed, which tells nobody anything.
    for gene in unknown if guess.kind == "symbol" else ():
        typer.echo(f"  {gene}")


@app.command("fetch")
@expand_options
def fetch(
    collection: Annotated[
        str, typer.Argument(metavar="COLLECTION", help="MSigDB's name of it: c2.cp.reactome.")
    ],
    log: LogOptions,
    version: Annotated[str, typer.Option(help="MSigDB's version.")] = "2025.1.Hs",
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is cached.")] = False,
) -> None:
    """Fetch an MSigDB collection into the cache.

    Afterwards it can be given by name wherever gene sets are. The cache is
    ~/.cache/rnaseq-s6k1, or the folder RNASEQ_S6K1_CACHE names.

    Example: rnaseq-s6k1 genesets fetch c2.cp.reactome --version 2025.1.Hs
    """
    from rnaseq_s6k1.enrichment.fetch import fetch_collection

    fetched = fetch_collection(collection, version, force=force)
    typer.echo(f"collection\t{fetched.name}.v{fetched.version}")
    typer.echo(f"sets\t{fetched.n_sets}")
    typer.echo(f"file\t{fetched.path}")
    typer.echo(f"sha256\t{fetched.sha256}")
    typer.echo(f"licence\t{fetched.licence}")
    typer.echo(f"attribution\t{fetched.attribution}")


def _find_set(name: str, where: list[str]) -> tuple[str, GeneSet, GeneSetCollection | None]:
    """Find a set by name; the small bundled collections are looked in first."""
    from rnaseq_s6k1.enrichment.collections import available_collections, read_gene_sets
    from rnaseq_s6k1.errors import UsageError

    named = available_collections()
    known: list[str] = []
    small_first = sorted(
        (key for key, one in named.items() if key == one.name), key=lambda key: named[key].n_sets
    )
    for given in where or small_first:
        for collection_name, sets in read_gene_sets([given]).items():
            if name in sets:
                return collection_name, sets[name], named.get(collection_name)
            known.extend(sets)
    raise UsageError(
        f"no gene set is called {name[:80]!r}{_suggestion(name, known)}; see `genesets "
        "list` for the collections looked in, or give --gene-sets"
    )


def _suggestion(name: str, known: list[str]) -> str:
    """Suggest the sets whose names are closest, or hold the name."""
    import difflib

    wanted = name.upper()[:200]
    close = [one for one in known if wanted in one.upper()][:3]
    close = close or difflib.get_close_matches(wanted, known, n=3, cutoff=0.6)
    return f" (did you mean {', '.join(close)}?)" if close else ""


def _sort_genes(
    genes: list[str], table: GeneTable
) -> tuple[list[str], list[str], list[str], list[str]]:
    """Part genes into current symbols, outdated ones, ambiguous aliases, and unknown ones."""
    current = [gene for gene in genes if gene in table.symbols]
    aliases = [gene for gene in genes if gene in table.alias_owners]
    outdated = [gene for gene in aliases if len(table.alias_owners[gene]) == 1]
    several = [gene for gene in aliases if len(table.alias_owners[gene]) > 1]
    known = {*current, *aliases}
    return current, outdated, several, [gene for gene in genes if gene not in known]
