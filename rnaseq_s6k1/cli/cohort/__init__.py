"""``cohort``: fetch a cohort, and what its clinical and genomic tables say of a driver.

A command is a function ``command`` in a file of its own; `_COMMANDS` names the files.
"""

from __future__ import annotations

from importlib import import_module

import typer

from rnaseq_s6k1.cli.options import expand_options

__all__ = ["app"]

_COMMANDS = ("fetch", "copy_number", "alterations", "exclusivity", "groups", "protein")

app = typer.Typer(
    help=(
        "Fetch cohorts, and study their clinical and genomic tables.\n\n"
        "Example: rnaseq-s6k1 cohort fetch TCGA-BRCA"
    ),
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _group() -> None:
    """Make one command a group too, which Typer would take for the application itself."""


for _name in _COMMANDS:
    _function = import_module(f"rnaseq_s6k1.cli.cohort.{_name}").command
    _summary = (_function.__doc__ or "").splitlines()[0]
    app.command(_name.replace("_", "-"), help=_function.__doc__, short_help=_summary)(
        expand_options(_function)
    )
