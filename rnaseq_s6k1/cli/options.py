"""Options that several commands share, in groups that commands take as one argument.

A command's function annotated with one of these dataclasses gets its fields as options:

>>> def de(counts: Path, comparison: ComparisonOptions, common: CommonOptions) -> None: ...
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from rnaseq_s6k1._version import __version__
from rnaseq_s6k1.cli.aliases import alias_parameters, resolve_aliases
from rnaseq_s6k1.errors import DataError, UsageError

__all__ = [
    "CallOptions",
    "CommonOptions",
    "ComparisonOptions",
    "CountsOptions",
    "InterruptedByUserError",
    "check_alpha",
    "expand_options",
]

DEFAULT_OUT = Path("s6k1_results")
_CONTEXT = "typer_context"


class InterruptedByUserError(Exception):
    """Ctrl-C while a command ran; Typer's releases turn KeyboardInterrupt into codes of theirs."""


class LfcModeChoice(StrEnum):
    """Choices of ``--lfc-mode``."""

    filter = "filter"
    test = "test"


class SignificanceChoice(StrEnum):
    """Choices of ``--significance``."""

    padj = "padj"
    pvalue = "pvalue"


class EngineChoice(StrEnum):
    """Choices of ``--engine``."""

    fast = "fast"
    pydeseq2 = "pydeseq2"


class SizeFactorChoice(StrEnum):
    """Choices of ``--size-factors``."""

    ratio = "ratio"
    poscounts = "poscounts"
    iterate = "iterate"


class FitTypeChoice(StrEnum):
    """Choices of ``--fit-type``."""

    parametric = "parametric"
    local = "local"
    mean = "mean"


class NormalisationChoice(StrEnum):
    """Choices of ``--normalisation``."""

    tmm = "tmm"
    median_ratio = "median_ratio"
    library_size = "library_size"


NormalisationOption = Annotated[
    NormalisationChoice, typer.Option(help="Of log2 counts per million, between libraries.")
]


class FormatChoice(StrEnum):
    """Choices of ``--format``."""

    auto = "auto"
    delimited = "delimited"
    featurecounts = "featurecounts"
    htseq = "htseq"
    star = "star"
    gdc = "gdc"
    xena = "xena"
    cbioportal = "cbioportal"
    nfcore = "nfcore"
    gct = "gct"
    parquet = "parquet"
    h5ad = "h5ad"


class StrandChoice(StrEnum):
    """Choices of ``--strandedness``."""

    auto = "auto"
    unstranded = "unstranded"
    forward = "forward"
    reverse = "reverse"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rnaseq-s6k1 {__version__}")
        raise typer.Exit


@dataclass(frozen=True)
class CommonOptions:
    """Options of every command."""

    out: Annotated[
        Path, typer.Option("--out", "-o", help="Output directory; each step has its folder in it.")
    ] = DEFAULT_OUT
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all random draws.")] = 0
    jobs: Annotated[int, typer.Option(min=0, help="Cores to use; 0: all this process may use.")] = 0
    figures: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw figures.")] = True
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", help="No notices, only warnings and errors; results are printed."
        ),
    ] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="More of what is done.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Tracebacks with errors.")] = False
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False

    def check(self) -> None:
        """Refuse an output directory that cannot be written to, before any work.

        Raises
        ------
        DataError
            If it is a file, lies below one, or is not writable.
        """
        folder = self.out
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        if not folder.is_dir():
            raise DataError(f"--out {self.out}: {folder} is a file; name another directory")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise DataError(
                f"--out {self.out}: no permission to write in {folder}; name another directory"
            )

    @property
    def cores(self) -> int:
        """How many cores to use."""
        if self.jobs:
            return self.jobs
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


@dataclass(frozen=True)
class CountsOptions:
    """How the count matrix is read."""

    format: Annotated[
        FormatChoice, typer.Option(help="Format of the counts; found out by itself.")
    ] = FormatChoice.auto
    round_estimates: Annotated[
        bool, typer.Option("--round", help="Round RSEM or salmon estimates to integers.")
    ] = False
    transpose: Annotated[
        bool, typer.Option("--transpose", help="Rows are samples, columns are genes.")
    ] = False
    strandedness: Annotated[
        StrandChoice, typer.Option(help="Column of STAR's files; GDC: unstranded.")
    ] = StrandChoice.auto
    id_map: Annotated[
        Path | None,
        typer.Option(help="Two columns, gene id and name, that override the bundled gene table."),
    ] = None


@dataclass(frozen=True)
class ComparisonOptions:
    """Which samples are compared, and how."""

    samples: Annotated[
        Path | None,
        typer.Option(
            help="Sample sheet (TSV or CSV), or a clinical table of cBioPortal, Xena or the GDC. "
            "Without it, groups come from the names."
        ),
    ] = None
    design: Annotated[str | None, typer.Option(help='Formula, such as "~ batch + condition".')] = (
        None
    )
    factor: Annotated[str | None, typer.Option(help="Column whose levels are compared.")] = None
    reference: Annotated[str | None, typer.Option(help="The level compared against.")] = None
    target: Annotated[
        str | None, typer.Option(help="The level of interest: positive log2FC is higher here.")
    ] = None
    covariates: Annotated[
        str | None, typer.Option(help="Columns to adjust for, separated by commas.")
    ] = None
    contrasts: Annotated[
        Path | None,
        typer.Option(help="Several contrasts: id,variable,reference,target,blocking (CSV)."),
    ] = None
    where: Annotated[
        list[str],
        typer.Option(metavar="COLUMN=VALUE", help="Use only these samples; repeatable."),
    ] = field(default_factory=list)

    @property
    def covariate_names(self) -> list[str]:
        """The covariates as a list."""
        return [name.strip() for name in (self.covariates or "").split(",") if name.strip()]


@dataclass(frozen=True)
class CallOptions:
    """How genes are tested and called."""

    lfc: Annotated[float, typer.Option(help="Log2 fold change a called gene must exceed.")] = 1.0
    alpha: Annotated[float, typer.Option(help="Level at which genes and sets are called.")] = 0.05
    filter_alpha: Annotated[
        float, typer.Option(help="Level independent filtering is optimised for (R's default).")
    ] = 0.1
    lfc_mode: Annotated[
        LfcModeChoice,
        typer.Option(help="filter: by p, then by fold change; test: against |log2FC| <= lfc."),
    ] = LfcModeChoice.filter
    significance: Annotated[
        SignificanceChoice, typer.Option(help="Which p is compared with alpha.")
    ] = SignificanceChoice.padj
    engine: Annotated[EngineChoice, typer.Option(help="What fits the model.")] = EngineChoice.fast
    shrink: Annotated[
        bool, typer.Option("--shrink/--no-shrink", help="Add apeGLM-shrunken fold changes.")
    ] = True
    size_factors: Annotated[
        SizeFactorChoice,
        typer.Option(help="ratio; poscounts or iterate where every gene has a zero."),
    ] = SizeFactorChoice.ratio
    lengths: Annotated[
        Path | None,
        typer.Option(help="Average transcript lengths, genes x samples, to normalise by too."),
    ] = None
    fit_type: Annotated[FitTypeChoice, typer.Option(help="The dispersion trend.")] = (
        FitTypeChoice.parametric
    )
    reduced: Annotated[
        str | None,
        typer.Option(help='p by the likelihood-ratio test against this formula, as "~ batch".'),
    ] = None


def check_alpha(alpha: float) -> None:
    """Refuse a level that is none.

    Raises
    ------
    UsageError
        If it does not lie between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise UsageError(f"--alpha must lie between 0 and 1, not {alpha:g}")


def expand_options(function: Callable[..., None]) -> Callable[..., None]:
    """Turn each dataclass parameter of a command into one option a field.

    Typer reads the signature this leaves; the function gets the dataclasses.
    """
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, type[Any]] = {}
    parameters: list[inspect.Parameter] = []
    common: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if dataclasses.is_dataclass(hints[name]):
            groups[name] = hints[name]
            # What every command has stands last in the help, after what this one is about.
            target = common if hints[name] is CommonOptions else parameters
            target += _options_of(hints[name])
        else:
            parameters.append(
                parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            )

    parameters += [*common, *alias_parameters(one.name for one in [*parameters, *common])]
    # Typer fills it in; it tells what was given from what is a default.
    parameters.append(
        inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    )

    @functools.wraps(function)
    def expanded(**values: Any) -> None:
        context = values.pop(_CONTEXT)
        values = resolve_aliases(values, {name: _was_given(context, name) for name in values})
        grouped = {
            name: group(**{f.name: values.pop(f.name) for f in dataclasses.fields(group)})
            for name, group in groups.items()
        }
        for group in grouped.values():
            if hasattr(group, "check"):
                group.check()
        try:
            function(**values, **grouped)
        except KeyboardInterrupt as interrupt:
            raise InterruptedByUserError from interrupt

    # Typer looks at both, and follows __wrapped__ to the function without the options.
    del expanded.__wrapped__
    expanded.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    expanded.__annotations__ = {p.name: p.annotation for p in parameters}
    return expanded


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _options_of(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            entry.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=[] if entry.default is dataclasses.MISSING else entry.default,
            annotation=hints[entry.name],
        )
        for entry in dataclasses.fields(group)
    ]
