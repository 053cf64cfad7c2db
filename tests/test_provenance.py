"""What a step was run on is recorded, and only when it ended well."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime
from pathlib import Path

import pytest

from rnaseq_s6k1 import __version__
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.provenance import (
    COMMAND_LINE,
    extend_record,
    package_versions,
    record_step,
    sha256,
)

logger = logging.getLogger("rnaseq_s6k1.some.room")


def recorded(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def test_the_fields_of_a_record(tmp_path):
    source = tmp_path / "counts.tsv"
    source.write_text("x")
    out = tmp_path / "de"
    arguments = {"counts": source, "lfc": 1.0, "gene_sets": [source, "hallmark"], "card": None}
    with record_step("de", out, arguments=arguments, inputs=[source], seed=0) as record:
        record.results["n_up"] = 3
        record.outputs.append(out / "figures" / "ma.png")
    content = recorded(out)
    assert set(content) == {
        "step", "version", "arguments", "inputs", "seed", "results", "outputs", "warnings",
        "packages", "started", "seconds", "command",
    }  # fmt: skip
    assert content["step"] == "de"
    assert content["command"] == [], "no command line ran"
    assert content["version"] == __version__
    assert content["seed"] == 0
    assert content["arguments"] == {
        "counts": str(source), "lfc": 1.0, "gene_sets": [str(source), "hallmark"], "card": None,
    }  # fmt: skip
    digest = hashlib.sha256(b"x").hexdigest()
    assert content["inputs"] == [{"path": str(source), "sha256": digest}]
    assert content["results"] == {"n_up": 3}
    assert content["outputs"] == ["figures/ma.png"]
    assert content["warnings"] == []
    assert content["seconds"] >= 0
    assert datetime.fromisoformat(content["started"]).tzinfo is not None
    assert set(content["packages"]) >= {"python", "numpy", "pandas", "pydeseq2", "gseapy"}


def test_warnings_of_the_package_are_collected_and_no_others(tmp_path):
    with record_step("de", tmp_path, arguments={}, inputs=[], seed=1):
        logger.warning("sample %s looks like an outlier", "s1")
        logger.info("a notice")
        logging.getLogger("somebody.else").warning("not ours")
    logger.warning("after the step")
    assert recorded(tmp_path)["warnings"] == ["sample s1 looks like an outlier"]


def test_nothing_is_recorded_after_an_error(tmp_path):
    before = list(logging.getLogger("rnaseq_s6k1").handlers)

    def fail():
        with record_step("de", tmp_path / "de", arguments={}, inputs=[], seed=0):
            raise DataError("bad data")

    with pytest.raises(DataError, match="bad data"):
        fail()
    assert not (tmp_path / "de").exists()
    assert logging.getLogger("rnaseq_s6k1").handlers == before


def test_an_absent_input_is_refused_before_the_work(tmp_path):
    entered = []

    def run():
        with record_step("de", tmp_path, arguments={}, inputs=[tmp_path / "no.tsv"], seed=0):
            entered.append(True)

    with pytest.raises(DataError, match=r"no\.tsv: cannot be read \(No such file"):
        run()
    assert not entered


def test_the_checksum_of_a_folder_covers_names_and_content(tmp_path):
    def folder(name: str, **files: str) -> Path:
        (tmp_path / name / "sub").mkdir(parents=True)
        for file, text in files.items():
            (tmp_path / name / file.replace("__", "/")).write_text(text)
        return tmp_path / name

    first = sha256(folder("a", x="1", sub__y="2"))
    assert sha256(folder("b", sub__y="2", x="1")) == first
    assert sha256(folder("c", x="1", sub__y="3")) != first
    assert sha256(folder("d", x="1", sub__z="2")) != first
    # Where one file ends and the next begins counts too.
    assert sha256(folder("e", x="1sub/y2")) != first
    assert sha256(folder("f", a="1b2")) != sha256(folder("g", a="1", b="2"))


def test_the_checksum_of_a_file_is_the_usual_one(tmp_path):
    (tmp_path / "x").write_bytes(b"\0" * 3_000_000)
    assert sha256(tmp_path / "x") == hashlib.sha256(b"\0" * 3_000_000).hexdigest()


def test_a_package_that_does_not_say_its_version(monkeypatch):
    from importlib import metadata

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    assert package_versions()["numpy"] == "unknown"


def test_a_record_is_extended_in_place(tmp_path):
    (tmp_path / "read.tsv").write_text("x")
    with record_step("stratify", tmp_path, arguments={"gene": "G"}, inputs=[], seed=3) as record:
        record.results["high"] = 2
    later = tmp_path / "amplicon.tsv"
    later.write_text("y")
    for _ in range(2):
        extend_record(
            tmp_path,
            outputs=[later],
            inputs=[tmp_path / "read.tsv"],
            arguments={"mb": 4},
            results={"n": 1},
        )
    content = json.loads((tmp_path / "run.json").read_text())
    assert content["outputs"] == ["amplicon.tsv"]
    assert content["arguments"] == {"gene": "G", "mb": 4}
    assert content["results"] == {"high": 2, "n": 1}
    assert [entry["path"] for entry in content["inputs"]] == [str(tmp_path / "read.tsv")]
    assert content["seed"] == 3


@pytest.mark.parametrize("text", [None, "{", "[]", '{"inputs": 1}'])
def test_what_is_no_record_is_not_extended(tmp_path, text):
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(DataError, match="is not the record of a step"):
        extend_record(tmp_path, outputs=[tmp_path / "x"])


def test_the_command_line_is_recorded(tmp_path):
    token = COMMAND_LINE.set(("rnaseq-s6k1", "run", "my counts.tsv"))
    try:
        with record_step("de", tmp_path / "de", arguments={}, inputs=[], seed=0):
            pass
    finally:
        COMMAND_LINE.reset(token)
    assert recorded(tmp_path / "de")["command"] == ["rnaseq-s6k1", "run", "my counts.tsv"]
