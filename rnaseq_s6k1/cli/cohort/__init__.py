"""``cohort``: analyses of a tumour cohort or a panel of cell lines, one file each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import typer

from rnaseq_s6k1.cli.options import expand_options

__all__ = ["app"]

#: Command and the module that holds it.
_COMMANDS = {
    "copy-number": "copy_number",
    "alterations": "alterations",
    "exclusivity": "exclusivity",
    "groups": "groups",
    "protein": "protein",
}

app = typer.Typer(
    name="cohort",
    help=(
        "Analyse a cohort: copy number, alterations, exclusivity, groups, protein.\n\n"
        "Example: rnaseq-s6k1 cohort copy-number counts.tsv --samples clinical.tsv"
    ),
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _register() -> None:
    for name, module in _COMMANDS.items():
        function: Callable[..., None] = import_module(f"rnaseq_s6k1.cli.cohort.{module}").command
        summary = (function.__doc__ or "").splitlines()[0]
        app.command(name, help=function.__doc__, short_help=summary)(expand_options(function))


_register()
