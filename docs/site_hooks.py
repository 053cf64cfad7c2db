"""What mkdocs does with the pages: formulas become MathML, outputs.yml becomes tables."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import yaml
from latex2mathml.converter import convert

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
_OUTPUTS = Path(__file__).with_name("outputs.yml")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the tables of `outputs.yml` in the place of ``{{ outputs }}``."""
    if "{{ outputs }}" not in markdown:
        return markdown
    return markdown.replace("{{ outputs }}", render_outputs(read_outputs()))


def on_page_content(content: str, **_: Any) -> str:
    """Turn the formulas that arithmatex found into MathML, which needs no script."""
    return _FORMULA.sub(_to_mathml, content)


def _to_mathml(found: re.Match[str]) -> str:
    display = "inline" if found[2] == "(" else "block"
    return str(convert(html.unescape(found[3]).strip(), display=display))


def read_outputs() -> dict[str, Any]:
    """Read the descriptions of all output files: folder, then file, then column."""
    folders: dict[str, Any] = yaml.safe_load(_OUTPUTS.read_text(encoding="utf-8"))
    return folders


def render_outputs(folders: dict[str, Any]) -> str:
    """Write the descriptions as Markdown: a section for each folder, a table for each file."""
    parts: list[str] = []
    for folder, described in folders.items():
        parts.append(f"## `{folder}`\n\n{described['about']}")
        small = []
        for name, file in described["files"].items():
            if "columns" not in file:
                small.append((name, file["about"]))
                continue
            rows = list(file["columns"].items())
            parts.append(f"### `{name}` {{ #{_anchor(folder, name)} }}\n\n{file['about']}")
            parts.append(_table("column", rows))
        if small:
            parts.append(f"### Further files of `{folder}`\n\n" + _table("file", small))
    return "\n\n".join(parts)


def _anchor(folder: str, name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{folder} {name}".lower()).strip("-")


def _table(header: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"| {header} | |", "|---|---|"]
    lines += [f"| `{name}` | {' '.join(about.split())} |" for name, about in rows]
    return "\n".join(lines)
