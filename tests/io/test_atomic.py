"""Files appear whole or not at all."""

from __future__ import annotations

import gzip
import os
import signal
import stat
import subprocess
import sys
import tempfile

import pytest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.atomic import atomic_path, write_bytes, write_text


def test_an_error_inside_the_block_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text("old")

    def fail():
        with atomic_path(path) as temporary:
            temporary.write_text("half of the ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.tsv"]


def test_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text("old")
    script = (
        "import sys, time\n"
        "from rnaseq_s6k1.io.atomic import atomic_path\n"
        "with atomic_path(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half of the ne')\n"
        "    print('written', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert path.read_text() == "old"
    # What is left behind is hidden, and no later step takes it for a result.
    assert all(entry.name.startswith(".") for entry in tmp_path.iterdir() if entry != path)


def test_a_file_is_replaced_and_folders_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "table.tsv"
    write_text(path, "one\n")
    write_text(path, "zwei é\n")
    assert path.read_bytes() == "zwei é\n".encode()
    assert [entry.name for entry in path.parent.iterdir()] == ["table.tsv"]


def test_gzip_gives_the_same_bytes_whatever_the_name(tmp_path):
    write_text(tmp_path / "a.tsv.gz", "x\t1\n" * 1000)
    write_text(tmp_path / "other.tsv.gz", "x\t1\n" * 1000)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.tsv.gz", "other.tsv.gz"))
    assert first == second
    assert first[4:8] == b"\0\0\0\0"  # the header's time
    assert gzip.decompress(first) == b"x\t1\n" * 1000


def test_bytes_are_written_as_they_are(tmp_path):
    write_bytes(tmp_path / "x.bin", b"\r\n\0\xff")
    assert (tmp_path / "x.bin").read_bytes() == b"\r\n\0\xff"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_text(tmp_path / "x.tsv", "x")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x.tsv").stat().st_mode) == mode


def test_the_temporary_name_keeps_the_suffixes(tmp_path):
    with atomic_path(tmp_path / "counts.tsv.gz") as temporary:
        assert temporary.name.endswith(".tsv.gz")
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match=r"cannot write .*file/t\.tsv: .*; choose another folder"):
        write_text(tmp_path / "file" / "t.tsv", "x")


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(DataError, match=r"t\.tsv: Permission denied; choose another folder"):
        write_text(tmp_path / "t.tsv", "x")


def test_a_full_disk_is_said_and_the_old_file_stays(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("old")

    def fill():
        with atomic_path(path):
            raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"t\.tsv: No space left on device; choose another"):
        fill()
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.tsv"]


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "t.tsv").mkdir()
    with pytest.raises(DataError, match=r"cannot write .*t\.tsv"):
        write_text(tmp_path / "t.tsv", "x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.tsv"]


def test_a_long_name_is_no_obstacle(tmp_path):
    write_text(tmp_path / ("n" * 240 + ".tsv"), "x")
    assert len(list(tmp_path.iterdir())) == 1
