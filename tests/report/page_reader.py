"""Reads a page as a browser's parser would see it, for the tests."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any


class Page(HTMLParser):
    """The elements of a page in order, its headings, data blocks and text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: dict[str, Any] = {}
        self.headings: list[str] = []
        self.text: list[str] = []
        self._glued = False
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        # A place where a name may break is no end of it.
        self._glued = tag == "wbr"
        if tag not in ("meta", "link", "img", "input", "wbr", "br"):
            self._open.append((tag, attributes))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag, attributes = self._open[-1] if self._open else ("", {})
        if tag == "script":
            if attributes.get("type") == "application/json":
                self.data[str(attributes["id"]).removeprefix("data-")] = json.loads(data)
        elif tag != "style":
            if tag == "h2":
                self.headings.append(data)
            if self._glued and self.text:
                self.text[-1] += data
            else:
                self.text.append(data)
        self._glued = False

    @property
    def words(self) -> str:
        """All text, with single spaces."""
        return " ".join(" ".join(self.text).split())
