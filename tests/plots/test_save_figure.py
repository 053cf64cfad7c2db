"""Figures on disk."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.plots.save import save_figure
from rnaseq_s6k1.plots.style import figure_of
from rnaseq_s6k1.plots.volcano import volcano


def test_the_same_bytes_twice(odd_results, contrast, tmp_path):
    for run in ("a", "b"):
        save_figure(volcano(odd_results, contrast=contrast, driver="a$b"), tmp_path / run / "v")
    for suffix in ("png", "svg"):
        first, second = ((tmp_path / run / f"v.{suffix}").read_bytes() for run in ("a", "b"))
        assert first == second


def test_saving_twice_gives_the_same_bytes(results, tmp_path):
    ax = volcano(results)
    first = [path.read_bytes() for path in save_figure(ax, tmp_path / "v")]
    second = [path.read_bytes() for path in save_figure(figure_of(ax), tmp_path / "v")]
    assert first == second


def test_png_has_300_dots_an_inch_and_no_version(results, tmp_path):
    (path,) = save_figure(volcano(results), tmp_path / "v", ("png",))
    with Image.open(path) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert "Software" not in image.info
        assert 1200 <= image.width <= 2200


def test_svg_is_sound_keeps_text_and_rasterises_points(odd_results, tmp_path):
    (path,) = save_figure(volcano(odd_results, driver="$x_{1}$ & <b>"), tmp_path / "v", ("svg",))
    root = ET.parse(path).getroot()
    space = "{http://www.w3.org/2000/svg}"
    words = {"".join(node.itertext()) for node in root.iter(f"{space}text")}
    assert "$x_{1}$ & <b>" in words
    assert len(list(root.iter(f"{space}image"))) >= 1
    text = path.read_text("utf-8")
    assert not re.search(r"<dc:date>|matplotlib v?\d", text, flags=re.IGNORECASE)
    # A vector mark for each gene would be far larger.
    assert text.count("<use") < len(odd_results)


def test_pdf_carries_no_date(results, tmp_path):
    (path,) = save_figure(volcano(results), tmp_path / "v", ("pdf",))
    assert b"CreationDate" not in path.read_bytes()


def test_an_interrupted_save_leaves_the_old_file(results, tmp_path, monkeypatch):
    ax = volcano(results)
    (path,) = save_figure(ax, tmp_path / "v", ("png",))
    old = path.read_bytes()

    def fail(target, **_kwargs):
        target.write_bytes(b"half of a fig")
        raise KeyboardInterrupt

    monkeypatch.setattr(figure_of(ax), "savefig", fail)
    with pytest.raises(KeyboardInterrupt):
        save_figure(ax, tmp_path / "v", ("png",))
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["v.png"]


def test_a_full_disk_is_said_in_one_line(results, tmp_path, monkeypatch):
    ax = volcano(results)

    def fail(_target, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figure_of(ax), "savefig", fail)
    with pytest.raises(DataError, match=r"cannot write .*v\.png: No space left on device; "):
        save_figure(ax, tmp_path / "v")


def test_unknown_formats_are_refused_before_anything_is_written(results, tmp_path):
    with pytest.raises(UsageError, match="not written as 'bmp'; choose among png, svg, pdf"):
        save_figure(volcano(results), tmp_path / "v", ("png", "bmp"))
    assert list(tmp_path.iterdir()) == []
