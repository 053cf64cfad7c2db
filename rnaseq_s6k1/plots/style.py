"""One place for colours, fonts and sizes of all figures.

The colours are those of Okabe and Ito ("Color universal design", 2008), which stay apart
under the common colour-vision deficiencies; groups differ in marker shape as well.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import matplotlib as mpl

from rnaseq_s6k1.process_wide import caught_warnings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "DIVERGING",
    "DOUBLE_COLUMN",
    "GROUP_COLOURS",
    "GROUP_MARKERS",
    "SEQUENTIAL",
    "SINGLE_COLUMN",
    "figure_of",
    "figure_style",
    "new_figure",
    "prepare_axes",
    "styled",
]

COLOURS: Final[dict[str, str]] = {
    "up": "#D55E00",
    "down": "#0072B2",
    "none": "#B4B4B4",
    "highlight": "#000000",
    "driver": "#CC79A7",
    "trend": "#D55E00",
    "final": "#0072B2",
    "outlier": "#E69F00",
    "note": "#4D4D4D",
    "line": "#666666",
}
"""What each colour means, the same in every figure."""

GROUP_COLOURS: Final[tuple[str, ...]] = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#000000",
)
GROUP_MARKERS: Final[tuple[str, ...]] = ("o", "s", "^", "D", "v", "P", "X", "*")
"""Colours and shapes of sample groups; the shape shifts when the colours start again."""

DIVERGING: Final = "vlag"  # seaborn's blue to red, of even lightness and safe for the colour-blind
SEQUENTIAL: Final = "viridis"

SINGLE_COLUMN: Final = 3.5
DOUBLE_COLUMN: Final = 7.1
"""Widths of one and two columns of a journal page, in inches."""

_RC: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    # One family only: it comes with matplotlib, so every machine measures text alike.
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "figure.titlesize": 9,
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.formatter.use_mathtext": False,
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": True,
    "legend.frameon": False,
    "legend.handletextpad": 0.4,
    "legend.borderaxespad": 0.2,
    # Names of genes, samples and groups are other people's text: a dollar sign is a dollar sign.
    "text.parse_math": False,
    "text.usetex": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "rnaseq-s6k1",
    "path.simplify": True,
}

# Settings of matplotlib belong to the process, and so does its font cache: threads take turns.
_LOCK = threading.RLock()

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw and save inside this block: the settings hold within it and are put back after.

    One thread at a time is inside, since matplotlib's settings belong to the whole process.
    """
    with _LOCK, caught_warnings("default"), mpl.rc_context():
        # A user's own matplotlibrc must not change what a figure of ours looks like.
        defaults = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
        # The keys are typed as literals, which a dict built here cannot be.
        settings: Any = {**defaults, **_RC}
        mpl.rcParams.update(settings)
        # Scripts that the font lacks show as boxes in PNG and properly in SVG.
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from")
        yield


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function inside `figure_style`."""

    @wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with figure_style():
            return draw(*args, **kwargs)

    return wrapper


def new_figure(width: float, height: float) -> Figure:
    """Make a figure that pyplot does not know of, so that it goes when its last user goes.

    Parameters
    ----------
    width, height
        Inches.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def prepare_axes(ax: Axes | None, width: float, height: float) -> Axes:
    """Give `ax` our tick sizes, or make a new figure of `width` x `height` inches with one Axes."""
    if ax is None:
        ax = new_figure(width, height).add_subplot()
    # Ticks are made when they are first drawn, which may be outside `figure_style`.
    ax.tick_params(which="both", labelsize=7, width=0.7)
    ax.tick_params(which="major", length=3)
    ax.tick_params(which="minor", length=1.5)
    return ax


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure that `ax` is part of, also from within a subfigure."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("these Axes were removed from their figure")
    return figure
