from __future__ import annotations

import pytest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.journal import Journal, StaleJournalError


def test_entries_are_there_when_it_is_opened_again(tmp_path):
    path = tmp_path / "deep" / "j.jsonl"
    with Journal(path, "a") as journal:
        assert journal.entries == []
        journal.append({"x": 0.1 + 0.2})
        journal.append({"x": None, "name": "\n\u2028"})
    with Journal(path, "a") as journal:
        assert journal.entries == [{"x": 0.1 + 0.2}, {"x": None, "name": "\n\u2028"}]
        journal.discard()
    assert not path.exists()


def test_half_a_line_is_cut_off(tmp_path):
    path = tmp_path / "j.jsonl"
    with Journal(path, "a") as journal:
        journal.append({"x": 1})
    whole = path.read_bytes()
    for cut in (whole + b'{"x": 2', whole + b"\x00\xff"):
        path.write_bytes(cut)
        with Journal(path, "a") as journal:
            assert journal.entries == [{"x": 1}]
        assert path.read_bytes() == whole
    path.write_bytes(whole[:5])  # killed while the first line was written
    with Journal(path, "a") as journal:
        assert journal.entries == []


def test_another_checksum_is_refused(tmp_path):
    path = tmp_path / "j.jsonl"
    Journal(path, "a").close()
    with pytest.raises(StaleJournalError, match="other inputs or arguments"):
        Journal(path, "b")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="cannot be opened"):
        Journal(tmp_path / "folder", "a")
