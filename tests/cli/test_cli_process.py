"""What only a process of its own shows: Ctrl-C, closed pipes, terminals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-m", "rnaseq_s6k1"]

# A reader that never ends, in place of the real one: the signal comes while a command works.
WAITING = """
import signal
import time
# A test run in the background of a shell would hand down that interrupts are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
import rnaseq_s6k1.io.counts as counts
def wait(*arguments, **options):
    print("reading", flush=True)
    time.sleep(60)
counts.read_counts = wait
from rnaseq_s6k1.cli.main import main
main({arguments!r})
"""


@pytest.mark.parametrize("arguments", [["de", "x.tsv"], ["run", "x.tsv", "--quiet"]])
def test_interrupt_exits_130_with_one_line(tmp_path, arguments):
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING.format(arguments=arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "rnaseq-s6k1: error: interrupted; every file that was written is complete\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["genesets", "show", "KEGG_CELL_CYCLE", "-q"], ["--help"], ["de", "--help"]]
)
def test_a_closed_pipe_is_no_complaint(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(
            [*PROGRAM, *arguments], stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr == ""
    assert done.returncode == 1


def test_module_and_script_are_one_program(tmp_path):
    done = subprocess.run(
        [*PROGRAM, "de", "none.tsv"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == ("rnaseq-s6k1: error: none.tsv: no such file or folder; check the path\n")


class _Terminal:
    """A stream that says it is a terminal and keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(("level", "shown"), [("INFO", True), ("WARNING", False)])
def test_activity_shows_only_on_a_terminal_and_not_when_quiet(monkeypatch, level, shown):
    import logging
    import time

    from rnaseq_s6k1.cli import activity

    monkeypatch.setattr(activity, "_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(activity, "_TICK_SECONDS", 0.01)
    logger = logging.getLogger("rnaseq_s6k1")
    before = logger.level
    logger.setLevel(level)
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    try:
        with activity.activity("fitting"):
            time.sleep(0.3)
    finally:
        logger.setLevel(before)
    assert ("fitting" in terminal.text) is shown
    if shown:
        assert terminal.text.endswith("\r\x1b[K"), "the line is wiped in the end"


def test_activity_is_silent_elsewhere(monkeypatch, capsys):
    from rnaseq_s6k1.cli import activity

    monkeypatch.setattr(activity, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(activity, "_TICK_SECONDS", 0.001)
    with activity.activity("fitting"):
        pass
    assert capsys.readouterr().err == ""
