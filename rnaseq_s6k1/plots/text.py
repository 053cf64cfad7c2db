"""Other people's text, made safe and fit for a figure; tick labels of log axes; notes."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnaseq_s6k1.plots.style import COLOURS, prepare_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rnaseq_s6k1.design.contrast import Contrast

__all__ = [
    "add_note",
    "contrast_title",
    "display_text",
    "empty_axes",
    "empty_message",
    "format_p",
    "lfc_label",
    "plain_log_axis",
    "set_names",
    "wrapped",
]


def display_text(value: object, limit: int = 28) -> str:
    """Return one printable line of at most `limit` characters.

    Control and formatting characters, which would break an SVG or reorder a line, become
    ``?``; a long text keeps its two ends around an ellipsis, as names often differ there.
    """
    text = " ".join(str(value).split())
    text = "".join("?" if unicodedata.category(sign).startswith("C") else sign for sign in text)
    if len(text) <= limit:
        return text
    head = (limit - 1 + 1) // 2
    return f"{text[:head]}…{text[-(limit - 1 - head) :]}"


def wrapped(value: object, width: int, lines: int = 3) -> str:
    """Return printable text broken into at most `lines` lines of `width` characters.

    Lines break at spaces and behind underscores; what is too long loses its middle.
    """
    limit = width * lines
    while True:
        broken = _broken(display_text(value, limit), width)
        # Lines that break at words are not full, so less than the whole area may fit.
        if len(broken) <= lines:
            return "\n".join(broken)
        limit -= max(1, width // 8)


def _broken(text: str, width: int) -> list[str]:
    """Return lines of at most `width` characters; words longer than that are cut."""
    lines = [""]
    for word in re.split(r"(?<=[_ ])", text):
        rest = word
        if len(lines[-1]) + len(rest.rstrip()) > width and lines[-1]:
            lines.append("")
        while len(rest.rstrip()) > width:
            lines[-1] = rest[:width]
            lines.append("")
            rest = rest[width:]
        lines[-1] += rest
    return [line.rstrip() for line in lines if line.strip()]


def contrast_title(ax: Axes, contrast: Contrast | None, width: int = 60) -> None:
    """Write the direction of the contrast in words above `ax`."""
    if contrast is not None:
        ax.set_title(wrapped(contrast.sentence, width, lines=4), loc="left", fontsize=7)


def lfc_label(contrast: Contrast | None, what: str = "log2 fold change") -> str:
    """Return the label of a fold-change axis, with the two groups where they are known."""
    if contrast is None:
        return what
    if not contrast.factor:
        return f"{what}\nper unit of {display_text(contrast.target, 24)}"
    groups = f"({display_text(contrast.target, 18)} / {display_text(contrast.reference, 18)})"
    return f"{what}{' ' if len(what) + len(groups) <= 40 else chr(10)}{groups}"


def format_p(value: float, name: str) -> str:
    """Return e.g. ``FDR = 0.012``, ``FDR = 3.1e-08`` or ``FDR not available``."""
    if not np.isfinite(value):
        return f"{name} not available"
    if value == 0:
        return f"{name} < 1e-300"
    return f"{name} = {value:.2g}" if value >= 0.001 else f"{name} = {value:.1e}"


def _plain_number(value: float, _position: object = None) -> str:
    if value <= 0 or not np.isfinite(value):
        return ""
    return (
        f"{value:,g}"
        if 1e-3 <= value < 1e5
        else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    )


def plain_log_axis(ax: Axes, which: str) -> None:
    """Make the axis `which` (``x`` or ``y``) logarithmic, with plain numbers at its decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = ax.xaxis if which == "x" else ax.yaxis
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    axis.set_major_locator(LogLocator(base=10, numticks=8))
    axis.set_major_formatter(FuncFormatter(_plain_number))
    axis.set_minor_formatter(NullFormatter())


def set_names(ax: Axes, which: str, positions: Sequence[float], names: Sequence[str]) -> None:
    """Label ticks with names, which are never read as mathematics.

    Parameters
    ----------
    ax
        Where.
    which
        ``x`` or ``y``.
    positions, names
        Data coordinates and printable names, of equal length.
    """
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_ticks(list(positions), labels=list(names))
    for label in axis.get_ticklabels():
        label.set_parse_math(False)


def add_note(ax: Axes, lines: Sequence[str], width: int = 70) -> None:
    """Write small print below the label of the x axis."""
    if not lines:
        return
    text = "\n".join(textwrap.fill(" ".join(line.split()), width) for line in lines)
    ax.annotate(
        text,
        xy=(0.5, 0.0),
        xycoords=ax.xaxis.label,
        xytext=(0, -3),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=7,
        color=COLOURS["note"],
        annotation_clip=False,
    ).set_gid("note")


def empty_axes(ax: Axes | None, message: str) -> Axes:
    """Return `ax`, or a new small figure, that only says why there is nothing to see."""
    ax = prepare_axes(ax, 4.6, 2.0)
    ax.set_axis_off()
    empty_message(ax, message)
    return ax


def empty_message(ax: Axes, message: str) -> None:
    """Say in the middle of `ax` why there is nothing to see."""
    ax.text(
        0.5,
        0.5,
        textwrap.fill(message, 40),
        transform=ax.transAxes,
        ha="center",
        va="center",
        fontsize=8,
        color=COLOURS["note"],
        bbox={"boxstyle": "square,pad=0.4", "fc": "white", "ec": "none"},
    )
