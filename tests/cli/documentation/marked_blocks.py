"""Code blocks of a page and the marks that say how the tests run them.

A mark is an HTML comment on the line before the block:

- ``<!-- run by the tests -->``: the block is run, in the order of the page;
- ``<!-- printed by the above -->``: every line of the block is printed by the blocks before it;
- ``<!-- file NAME -->``: the block is written to that file before any block is run;
- ``<!-- not run: REASON -->``: the block is not run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from planted_experiment import Outcome

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^>]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
RUN, PRINTED = "run by the tests", "printed by the above"


@dataclass(frozen=True)
class Block:
    """A fenced block, its language, and the mark before it (empty without one)."""

    mark: str
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The file that the block is the content of."""
        return self.mark.removeprefix("file ") if self.mark.startswith("file ") else None


@dataclass
class PageRun:
    """What the blocks of a page printed, and the names its Python left."""

    printed: list[str] = field(default_factory=list)
    names: dict[str, object] = field(default_factory=dict)


def find_blocks(page: str) -> list[Block]:
    """List the fenced blocks of a page in Markdown, in order."""
    return [
        Block(found["mark"] or "", found["language"], found["text"])
        for found in _BLOCK.finditer(page)
    ]


def commands(block: Block) -> list[list[str]]:
    """Split a block of shell into the words of each command."""
    joined = block.text.replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in joined.splitlines() if line.strip()]


def run_blocks(page: str, name: str, folder: Path, cli: Callable[..., Outcome]) -> PageRun:
    """Run the marked blocks of a page in the current folder, and compare what they print."""
    blocks = find_blocks(page)
    for block in blocks:
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
    done = PageRun()
    for block in blocks:
        if block.mark == PRINTED:
            for line in block.text.splitlines():
                assert line.strip() in done.printed, f"{name}: not printed: {line}"
        elif block.mark == RUN and block.language == "python":
            exec(compile(block.text, name, "exec"), done.names)
        elif block.mark == RUN:
            for program, *arguments in commands(block):
                assert program == "rnaseq-s6k1", f"{name}: {program}"
                outcome = cli(*arguments)
                assert outcome.code == 0, (name, arguments, outcome.err)
                text = outcome.out + outcome.err.replace("rnaseq-s6k1: ", "")
                done.printed += [line.strip() for line in text.splitlines()]
    return done
