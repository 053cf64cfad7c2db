"""One family of errors; each member knows the exit code the command line ends with.

A message is a single line that says what is wrong, where (file, line or column,
value), and how to mend it.
"""

from __future__ import annotations


class S6K1Error(Exception):
    """Base of every error this package raises on purpose."""

    exit_code: int = 1


class DataError(S6K1Error):
    """The input data, or a file operation on them, is at fault (exit code 1)."""

    exit_code = 1


class UsageError(S6K1Error):
    """An argument, option, formula or contrast is at fault (exit code 2)."""

    exit_code = 2


class ModelError(S6K1Error):
    """The data are sound but the model cannot be fitted to them (exit code 3)."""

    exit_code = 3


class ClaimNotReproducedError(S6K1Error):
    """``--strict`` was asked for and the claim was not reproduced (exit code 4)."""

    exit_code = 4
