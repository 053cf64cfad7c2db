"""What mkdocs does with the pages: formulas become MathML, outputs.yml becomes tables."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import yaml
from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
# Browsers set the operators that latex2mathml writes, as to spaces, otherwise than TeX does:
# names of functions (with an opening bracket after them, if there is one), bars, which close as
# well as open, the minus of a negative number, the slash of a fraction, plus or minus, and the
# tilde of a distribution.
_FUNCTION = re.compile(
    r'<(mi|mo)(?: movablelimits="true")?>([A-Za-z]{2,})</\1>(?=(<mo[^>]*>(?:&#x00028;|\[))?)'
)
_BAR = re.compile(r"<mo[^>]*>(&#x0007C;|&#x02016;)</mo>")
_NEGATIVE = re.compile(
    r"((?:<mrow>|<mo[^>]*>(?:=|&#x0003D;|&#x0003C;|&#x0003E;|&#x02264;|&#x02265;|&#x0002C;|"
    r"&#x00028;|\[)</mo>))<mo>&#x02212;</mo>"
)
_ALWAYS = {
    "<mi>&#x0007E;</mi>": "<mo>&#x0223C;</mo>",
    "<mo>&#x0002F;</mo>": '<mo lspace="0" rspace="0">&#x0002F;</mo>',
    "<mi>&#x000B1;</mi>": "<mo>&#x000B1;</mo>",
}
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
    latex = html.unescape(found[3]).strip()
    if found[2] == "(":
        return to_mathml(latex, display="inline")
    # The box scrolls by itself where the formula is wider than the page, by keyboard too.
    formula = to_mathml(latex, display="block")
    return f'<div class="formula" tabindex="0" role="group" aria-label="formula">{formula}</div>'


def to_mathml(latex: str, *, display: str) -> str:
    """Convert a formula, and see to it that nothing of its LaTeX is left over.

    Raises
    ------
    PluginError
        If a command is unknown to the converter, which writes such out as they are, or a column
        mark stands in an environment that it does not know; the build stops there.
    """
    mathml = str(convert(latex, display=display))
    try:
        texts = list(ET.fromstring(mathml).itertext())
    except ET.ParseError as error:
        raise PluginError(f"the formula {latex} does not become MathML: {error}") from error
    left = [text for text in texts if "\\" in text]
    if left:
        raise PluginError(f"the formula {latex} has {left[0]}, which latex2mathml does not know")
    for written, better in _ALWAYS.items():
        mathml = mathml.replace(written, better)
    mathml = _FUNCTION.sub(_function, mathml)
    mathml = _BAR.sub(r'<mo lspace="0" rspace="0" stretchy="false">\1</mo>', mathml)
    return _NEGATIVE.sub(r'\1<mo form="prefix" lspace="0" rspace="0">&#x02212;</mo>', mathml)


def _function(found: re.Match[str]) -> str:
    after = "0" if found[3] else "0.1667em"
    return f'<mo lspace="0.1667em" rspace="{after}" movablelimits="false">{found[2]}</mo>'


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
