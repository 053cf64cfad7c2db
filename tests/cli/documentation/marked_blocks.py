"""Code blocks of a page and the marks that say how the tests run them.

A mark is an HTML comment on the line before the block:

- ``<!-- run by the tests -->``: the block is run, in the order of the page;
- ``<!-- run by the tests, exit code N -->``: each of its commands must end with that code;
- ``<!-- run by the tests on real data -->``: the block is run where the reference data are;
- ``<!-- printed by the above -->``: every line of the block is printed by the blocks before it;
- ``<!-- file NAME -->``: the block is written to that file before any block is run;
- ``<!-- not run: REASON -->``: the block is not run.

``<!-- data FOLDER as NAME -->`` anywhere on a page gives its blocks on real data that folder of the
reference data, under that name.
"""

from __future__ import annotations

import contextlib
import io
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
_DATA = re.compile(r"^<!-- data (\w+) as (\w+) -->$", re.MULTILINE)
RUN, PRINTED = "run by the tests", "printed by the above"
REFUSED, REAL = f"{RUN}, exit code ", f"{RUN} on real data"


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

    @property
    def exit_code(self) -> int | None:
        """How its commands must end; None where it is not run."""
        if self.mark.startswith(REFUSED):
            return int(self.mark.removeprefix(REFUSED))
        return 0 if self.mark in (RUN, REAL) else None


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


def page_data(page: str) -> dict[str, str]:
    """Give the folders of the reference data that a page needs, by its names for them."""
    return {name: folder for folder, name in _DATA.findall(page)}


def commands(block: Block) -> list[list[str]]:
    """Split a block of shell into the words of each command."""
    joined = block.text.replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in joined.splitlines() if line.strip()]


def run_blocks(
    page: str, name: str, folder: Path, cli: Callable[..., Outcome], *, real: bool = False
) -> PageRun:
    """Run the marked blocks of a page in the current folder, and compare what they print.

    Of those on real data and the others one kind is run, with `real` the former.
    """
    blocks = find_blocks(page)
    for block in blocks:
        if block.file:
            write_block(block, folder)
    done = PageRun()
    chosen = False
    for block in blocks:
        if block.exit_code is not None:
            chosen = (block.mark == REAL) == real
        if not chosen:
            continue
        if block.mark == PRINTED:
            for line in block.text.splitlines():
                assert line.strip() in done.printed, f"{name}: not printed: {line}"
        elif block.exit_code is not None and block.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.text, name, "exec"), done.names)
            done.printed += _lines(out.getvalue())
        elif block.exit_code is not None:
            for program, *arguments in commands(block):
                assert program == "rnaseq-s6k1", f"{name}: {program}"
                outcome = cli(*arguments)
                assert outcome.code == block.exit_code, (name, arguments, outcome.err)
                done.printed += _lines(outcome.out + outcome.err.replace("rnaseq-s6k1: ", ""))
    return done


def write_block(block: Block, folder: Path) -> None:
    """Write the file that a block is the content of, in this folder."""
    path = folder / str(block.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]
