"""Checks against the schemas, in words that name the entry, what is allowed, and the mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

__all__ = ["SheetError", "check", "did_you_mean", "is_valid", "read_schema", "shown", "unknown"]

_SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"
_LONGEST = 80


class SheetError(ValueError):
    """The settings or a sheet cannot be used; the message is one line."""


def read_schema(name: str) -> dict[str, Any]:
    """Read one of the schemas beside the Snakefile."""
    text = (_SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8")
    schema: dict[str, Any] = yaml.safe_load(text)
    return schema


def check(entry: Mapping[str, Any], schema: Mapping[str, Any], place: str, kind: str) -> None:
    """Raise on the first of the schema's complaints.

    Parameters
    ----------
    entry
        The settings, or the fields of a row.
    schema
        What they must fit.
    place
        Where the entry is, for the message.
    kind
        What one of its names is called, as ``column`` or ``setting``.

    Raises
    ------
    SheetError
        If it does not fit.
    """
    errors = jsonschema.Draft202012Validator(schema).iter_errors(entry)
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        path = [str(part) for part in error.absolute_path]
        at = f"{place}: {'.'.join(path)}" if path else place
        raise SheetError(f"{at}: {_complaint(error, kind)}")


def is_valid(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether a value fits a schema."""
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


def shown(value: object) -> str:
    """Quote a value for a message, on one line and not for ever."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Guess which of the known names was meant, as ``(did you mean X?)``."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def unknown(kind: str, name: str, schema: Mapping[str, Any]) -> str:
    """Say that there is no such column or setting, and which there are."""
    known = list(schema["properties"])
    return f"unknown {kind} {shown(name)}{did_you_mean(name, known)}; there are {', '.join(known)}"


def _complaint(error: jsonschema.ValidationError, kind: str) -> str:
    # jsonschema types these as possibly unset, which they are only on errors of no schema.
    asked: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "additionalProperties":
            name = next(name for name in value if name not in schema.get("properties", {}))
            return unknown(kind, str(name), schema)
        case "required":
            return f"{next(name for name in asked if name not in value)} is missing; it is required"
        case "dependentRequired":
            name = next(name for name in asked if name in value)
            return f"{name}: means nothing without {', '.join(asked[name])}; give both or neither"
        case "enum":
            allowed = ", ".join(map(str, asked))
            guess = did_you_mean(str(value), map(str, asked))
            return (
                f"{shown(value)} is not among {allowed}{guess}; give one of these or leave it out"
            )
        case "pattern" | "not":
            return f"{shown(value)} does not fit; {schema['allowed']}"
        case "type":
            return f"{shown(value)} is not of the type {asked}; give a value of that type"
        case "maxLength":
            return f"is {len(value)} characters long; {asked} are the most"
        case _:
            return f"{shown(value)} is out of range ({error.validator} {asked})"
