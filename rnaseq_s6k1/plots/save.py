"""Figures on disk: whole or not at all, and the same bytes each time."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.atomic import atomic_path
from rnaseq_s6k1.plots.style import figure_of, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "save_figure"]

logger = logging.getLogger(__name__)

# Neither dates nor versions: equal input gives equal bytes.
_METADATA: Final[dict[str, dict[str, Any]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
}
FORMATS: Final = tuple(_METADATA)
_DPI = 300


def save_figure(
    figure: Figure | Axes, stem: Path | str, formats: Sequence[str] = ("png", "svg")
) -> list[Path]:
    """Write a figure next to each other in several formats.

    PNG has 300 dots an inch. In SVG text stays text, and clouds of points are embedded as
    images of the same resolution, which keeps a plot of 40,000 genes small.

    Parameters
    ----------
    figure
        The figure, or any Axes of it.
    stem
        Path without the format's suffix, e.g. ``out/de/figures/volcano``. Folders are made.
    formats
        Any of ``png``, ``svg`` and ``pdf``.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of `formats`.

    Raises
    ------
    UsageError
        If a format is not known.
    DataError
        If a file cannot be written.
    """
    from matplotlib.axes import Axes

    for name in formats:
        if name not in _METADATA:
            raise UsageError(
                f"figures are not written as {name!r}; choose among {', '.join(FORMATS)}"
            )
    whole = figure_of(figure) if isinstance(figure, Axes) else figure
    paths = []
    with figure_style(), _laid_out(whole):
        for name in formats:
            path = Path(f"{stem}.{name}")
            try:
                with atomic_path(path) as temporary:
                    whole.savefig(temporary, format=name, dpi=_DPI, metadata=_METADATA[name])
            except OSError as error:
                raise DataError(
                    f"cannot write {path}: {error.strerror or error}; "
                    "free space or choose another folder with --out"
                ) from error
            paths.append(path)
    logger.debug("wrote %s", ", ".join(str(path) for path in paths))
    return paths


@contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """Lay a figure out once; within the block its panels stay where they are.

    Each format would otherwise measure all texts twice before it draws them, which takes
    longer than the drawing. The layout is that of the resolution of the PNG.
    """
    engine, dpi = figure.get_layout_engine(), figure.dpi
    if engine is None:
        yield
        return
    figure.dpi = _DPI
    try:
        figure.draw_without_rendering()
        figure.set_layout_engine(None)
        yield
    finally:
        figure.set_layout_engine(engine)
        figure.dpi = dpi
