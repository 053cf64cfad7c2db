"""The RO-Crate: every file, input and parameter, and the judgement of its own checker."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from rnaseq_s6k1.report.ro_crate import write_crate


def entities(folder):
    content = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    found = {one["@id"]: one for one in content["@graph"]}
    assert len(found) == len(content["@graph"]), "every entity stands once"
    return found


def test_every_file_has_its_checksum(finished):
    found = entities(finished)
    files = {unquote(one["@id"]): one for one in found.values() if one["@type"] == "File"}
    on_disk = {p.relative_to(finished).as_posix() for p in finished.rglob("*") if p.is_file()}
    assert set(files) == on_disk - {"ro-crate-metadata.json"}
    for name, one in files.items():
        content = (finished / name).read_bytes()
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
        assert one["contentSize"] == str(len(content))
    parts = [part["@id"] for part in found["./"]["hasPart"]]
    assert sorted(map(unquote, parts)) == sorted(files)


def test_actions_have_command_inputs_parameters_and_outputs(finished):
    found = entities(finished)
    record = json.loads((finished / "de" / "run.json").read_text())
    action = found["#de"]
    assert action["description"] == " ".join(record["command"])
    assert action["startTime"] == record["started"]
    used = [found[one["@id"]] for one in action["object"]]
    given = {one["sha256"] for one in used if "sha256" in one}
    assert given == {entry["sha256"] for entry in record["inputs"]}
    values = {one["name"]: one["value"] for one in used if one["@type"] == "PropertyValue"}
    assert values["alpha"] == 0.05
    assert values["seed"] == 0
    made = {unquote(one["@id"]) for one in action["result"]}
    assert made == {f"de/{name}" for name in [*record["outputs"], "run.json"]}
    program = found[action["instrument"]["@id"]]
    assert program["softwareVersion"] == record["version"]


def test_every_reference_leads_to_an_entity(finished):
    found = entities(finished)

    def references(value):
        if isinstance(value, dict):
            yield from [value["@id"]] if set(value) == {"@id"} else []
            for one in value.values():
                yield from references(one)
        elif isinstance(value, list):
            for one in value:
                yield from references(one)

    outside = {"https://w3id.org/ro/crate/1.1"}
    wanted = {one for entity in found.values() for one in references(entity)}
    assert wanted - outside <= set(found)


def test_files_of_others_are_not_listed(copied):
    (copied / "private.txt").write_text("not of this run")
    (copied / "holiday").mkdir()
    (copied / "holiday" / "picture.png").write_bytes(b"x")
    write_crate(copied)
    assert not [name for name in entities(copied) if "private" in name or "holiday" in name]


@pytest.fixture(scope="module")
def checked(installed, tmp_path_factory):
    """The checker's answer to a directory, by the profile of runs, without a network."""
    checker = installed("rocrate-validator")
    cache = tmp_path_factory.mktemp("checker") / "cache"
    # The Python of the checker has its libraries; a script names it in its first line.
    python = checker.read_text().splitlines()[0].removeprefix("#!").strip() or sys.executable
    warm = Path(__file__).with_name("warm_validator.py")
    subprocess.run([python, str(warm), str(cache)], check=True, timeout=120)

    def check(folder):
        return subprocess.run(
            [
                *(str(checker), "-y", "validate", "--offline", "--cache-path", str(cache)),
                *("--no-paging", "--verbose", "--requirement-severity", "required"),
                *("--profile-identifier", "process-run-crate-0.5", str(folder)),
            ],
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip

    return check


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["finished", "hostile"])
def test_its_checker_finds_it_valid(checked, request, kind):
    done = checked(request.getfixturevalue(kind))
    assert done.returncode == 0, done.stdout
    assert "is a valid process-run-crate-0.5" in done.stdout


@pytest.mark.slow
def test_its_checker_would_find_a_fault(checked, copied):
    content = json.loads((copied / "ro-crate-metadata.json").read_text())
    for entity in content["@graph"]:
        entity.pop("instrument", None)
    (copied / "ro-crate-metadata.json").write_text(json.dumps(content))
    assert checked(copied).returncode != 0
