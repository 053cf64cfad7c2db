"""The application: commands, the log on stderr, and one line for each error."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

from rnaseq_s6k1.cli.options import expand_options
from rnaseq_s6k1.errors import S6K1Error

__all__ = ["app", "main"]

_COMMANDS = (
    "run",
    "de",
    "gsea",
    "ora",
    "signature",
    "stratify",
    "validate",
    "simulate",
    "demo",
)

app = typer.Typer(
    name="rnaseq-s6k1",
    help=(
        "From an RNA-seq count matrix to a tested verdict on a claimed mechanism.\n\n"
        "Example: rnaseq-s6k1 run counts.tsv --samples samples.tsv --factor treatment "
        "--reference siNC --target siS6K1 --card s6k1-knockdown"
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _register() -> None:
    for name in _COMMANDS:
        module = import_module(f"rnaseq_s6k1.cli.{name}")
        function: Callable[..., None] = module.command
        app.command(name, help=function.__doc__)(expand_options(function))
    genesets = import_module("rnaseq_s6k1.cli.genesets")
    app.add_typer(genesets.app, name="genesets")


@app.callback(invoke_without_command=True)
def _top(
    version: bool = typer.Option(False, "--version", is_eager=True, help="Print the version."),
) -> None:
    if version:
        from rnaseq_s6k1._version import __version__

        typer.echo(f"rnaseq-s6k1 {__version__}")
        raise typer.Exit


class _Log(logging.Handler):
    """Notices as they are, warnings with the word before them; each once, on one line."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().replace("\n", " ")
        prefix = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        # Several steps of one run read the same sets; what they say of them is said once.
        if prefix + text not in self._said:
            self._said.add(prefix + text)
            print(f"{prefix}{text}", file=sys.stderr)  # noqa: T201 - this is the log


def _configure_logging(arguments: list[str]) -> None:
    """Set the level before any command runs, so that early notices obey it too."""
    level = logging.INFO
    if {"--quiet", "-q"} & set(arguments):
        level = logging.WARNING
    elif {"--verbose", "-v", "--debug"} & set(arguments):
        level = logging.DEBUG
    package_logger = logging.getLogger("rnaseq_s6k1")
    package_logger.handlers[:] = [_Log()]
    package_logger.setLevel(level)
    package_logger.propagate = False


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the contract's code.

    0 done; 1 bad data or I/O; 2 usage; 3 the model cannot be fitted; 4 ``--strict`` and the
    claim is not reproduced; 130 interrupted.
    """
    given = sys.argv[1:] if arguments is None else arguments
    _configure_logging(given)
    _register()
    debug = "--debug" in given
    code = _guarded(lambda: app(given, standalone_mode=True), debug)
    sys.exit(code)


def _guarded(run: Callable[[], Any], debug: bool) -> int:
    try:
        run()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except S6K1Error as error:
        if debug:
            raise
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _fail("interrupted; finished files are whole, nothing else was left", 130)
    except BrokenPipeError:
        # The reader of a pipe (head, say) went away; Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return _fail("not enough memory; use fewer samples (--where) or a larger machine", 1)
    except OSError as error:
        if debug:
            raise
        name = f"{error.filename}: " if error.filename else ""
        return _fail(f"{name}{error.strerror or error}", 1)
    return 0


def _fail(message: str, code: int) -> int:
    line = message.replace("\n", " ")
    print(f"rnaseq-s6k1: error: {line}", file=sys.stderr)  # noqa: T201 - the error line
    return code
