"""The settings of the workflow: checked, and filled in with the schema's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sheets.checks import SheetError, check, is_valid, read_schema, shown

__all__ = ["check_collections", "check_config"]


def check_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check the settings and fill in the schema's defaults.

    Raises
    ------
    SheetError
        If a setting is unknown, missing, or has a value that it cannot have.
    """
    schema = read_schema("config")
    check(config, schema, "config", "setting")
    name = schema["$defs"]["name"]
    for collection in config.get("collections", {}):
        if not is_valid(collection, name):
            raise SheetError(
                f"config: collections: {shown(collection)} does not fit; {name['allowed']}"
            )
    return _with_defaults(config, schema)


def check_collections(collections: Mapping[str, str]) -> None:
    """Refuse collections that are given by a path which leads nowhere.

    A bare name is left to the command line, which knows the collections that come with it and
    those that were fetched.

    Raises
    ------
    SheetError
        If there is no such file.
    """
    for name, source in collections.items():
        is_path = "/" in source or source.removesuffix(".gz").endswith((".gmt", ".gmx"))
        if is_path and not Path(source).is_file():
            raise SheetError(
                f"config: collections: {name}: there is no file {shown(source)}; give the path of "
                "a GMT or GMX file, from the working directory, or a name that `rnaseq-s6k1 "
                "genesets list` shows"
            )


def _with_defaults(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(config)
    for name, rules in schema["properties"].items():
        if "default" in rules:
            filled.setdefault(name, rules["default"])
        if "properties" in rules:
            filled[name] = _with_defaults(filled[name], rules)
    return filled
