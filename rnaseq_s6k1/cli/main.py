"""The application: commands, the log on stderr, and one line for each error."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

from rnaseq_s6k1.cli.options import InterruptedByUserError, expand_options
from rnaseq_s6k1.errors import S6K1Error
from rnaseq_s6k1.provenance import COMMAND_LINE

__all__ = ["app", "main"]

_PROGRAM = "rnaseq-s6k1"
# A message may quote what it was given, and a whole matrix can stand on one line.
_LONGEST = 800

_COMMANDS = (
    "run",
    "de",
    "gsea",
    "ora",
    "score",
    "signature",
    "concord",
    "stratify",
    "correlate",
    "screen",
    "survival",
    "bridge",
    "report",
    "validate",
    "simulate",
    "demo",
)

# Commands with commands of their own.
_GROUPS = ("genesets", "cohort")

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
        # In full in the list of commands, where Typer would cut it short.
        summary = (function.__doc__ or "").splitlines()[0]
        app.command(name, help=function.__doc__, short_help=summary)(expand_options(function))
    for name in _GROUPS:
        app.add_typer(import_module(f"rnaseq_s6k1.cli.{name}").app, name=name)


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
        text = _one_line(record.getMessage())
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
    command_line = COMMAND_LINE.set((_PROGRAM, *given))
    try:
        code = _guarded(lambda: _run(given), debug="--debug" in given)
    finally:
        COMMAND_LINE.reset(command_line)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    if not app.registered_commands:
        _register()
    if not arguments:
        # Which stream and exit code Typer has for this depends on its version.
        with contextlib.redirect_stdout(sys.stderr):
            app(["--help"], prog_name=_PROGRAM, standalone_mode=False)
        return 2
    # Outside standalone mode Typer leaves its errors to us, so that they too are one line.
    code = app(arguments, prog_name=_PROGRAM, standalone_mode=False)
    # A closed pipe is noticed here, and not while the interpreter shuts down.
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _guarded(run: Callable[[], int], *, debug: bool) -> int:
    """Turn whatever ends a command into an exit code and one line on stderr."""
    try:
        return run()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except (KeyboardInterrupt, InterruptedByUserError, typer.Abort):
        return _fail("interrupted; every file that was written is complete", 130)
    except BrokenPipeError:
        # The reader of a pipe (head, say) went away; Python would complain at exit.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until exit
        return 1
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error, file=sys.stderr)  # noqa: T201 - the help, which is what was missing
            return 2
        if debug and not hasattr(error, "format_message"):
            traceback.print_exc()
        return _fail(*_explain(error, debug=debug))


def _explain(error: Exception, *, debug: bool) -> tuple[str, int]:
    """Say in one line what went wrong, and with which code to exit."""
    if isinstance(error, S6K1Error):
        return str(error), error.exit_code
    if hasattr(error, "format_message"):  # Typer's usage errors have no public base class
        return _usage_line(error), 2
    if isinstance(error, MemoryError):
        return "not enough memory; use fewer samples (--where) or a larger machine", 1
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror or error}", 1
    more = "" if debug else "; run it again with --debug for the traceback, and please report it"
    return f"unexpected {type(error).__name__}: {_one_line(str(error))}{more}", 1


def _usage_line(error: Any) -> str:
    """Shorten Typer's paragraph to its last sentence and where to look."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else _PROGRAM
    message = " ".join(error.format_message().split()).rstrip(".").replace("Value error, ", "")
    return f"{message[:1].lower()}{_one_line(message[1:])}; see `{path} --help`"


def _one_line(text: str) -> str:
    """Make one line of bounded length that a terminal prints as it is.

    Names come from files of others; escape sequences in them would be obeyed.
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return printable if len(text) <= _LONGEST else f"{printable[:_LONGEST]}..."


def _fail(message: str, code: int) -> int:
    print(f"{_PROGRAM}: error: {_one_line(message)}", file=sys.stderr)  # noqa: T201 - the error line
    return code
