"""What the pages share: templates, and the styles and scripts that lie inside them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import jinja2

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.report.formats import breakable, cell, compact_json, interval, significant

__all__ = ["render"]


def render(
    template: str, content: Mapping[str, Any], *, styles: Sequence[str], scripts: Sequence[str]
) -> str:
    """Put content into HTML; every name in it is escaped.

    Parameters
    ----------
    template
        Its file.
    content
        What it shows.
    styles, scripts
        Style sheets and scripts by name; of the scripts each uses those before it. No other
        script runs on the page.
    """
    script = "\n".join(_asset(f"js/{name}.js") for name in scripts)
    text: str = (
        _environment()
        .get_template(template)
        .render(
            content,
            style="\n".join(_asset(f"css/{name}.css") for name in styles),
            script=script,
            script_sha256=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(
                "ascii"
            ),
        )
    )
    return text


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rnaseq_s6k1.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (breakable, cell, compact_json, interval, significant)
    environment.filters |= {one.__name__: one for one in filters}
    return environment


def _asset(name: str) -> str:
    """Read a style sheet or script of the package.

    Raises
    ------
    DataError
        If it could end its element early, which no file of the package does.
    """
    entry = resources.files("rnaseq_s6k1.report") / "templates" / name
    text = entry.read_text(encoding="utf-8").strip()
    if "</" in text:
        raise DataError(f"{name}: holds '</', which would end its element on the page")
    return text
