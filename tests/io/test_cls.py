"""CLS files: classes and profiles of samples, and what may not be guessed of them."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.design.samples import read_sample_sheet
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.cls import is_cls, read_cls, write_cls

TEXT = "4 2 1\n# veh E2\nveh E2 E2 veh\n"
LABELS = ["veh", "E2", "E2", "veh"]

word = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8
).filter(lambda text: text.isprintable() and not text.startswith("#"))


def there_and_back(phenotypes):
    with tempfile.TemporaryDirectory() as folder:
        write_cls(phenotypes, Path(folder) / "x.cls.gz")
        return read_cls(Path(folder) / "x.cls.gz")


@given(st.lists(word, min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_classes_read_back(labels):
    back = there_and_back(pd.Series(labels))["condition"]
    assert back.tolist() == labels
    assert back.cat.categories.tolist() == list(dict.fromkeys(labels))


@given(
    st.dictionaries(
        word, st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=1, max_size=3,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_profiles_read_back(profiles):
    pd.testing.assert_frame_equal(there_and_back(pd.DataFrame(profiles)), pd.DataFrame(profiles))


def test_classes_keep_the_order_of_the_categories(tmp_path):
    groups = pd.Series(pd.Categorical(["b", "a", "b"], categories=["a", "b", "unused"]))
    write_cls(groups, tmp_path / "x.cls")
    assert (tmp_path / "x.cls").read_text() == "3 3 1\n# a b unused\nb a b\n"
    assert read_cls(tmp_path / "x.cls")["condition"].tolist() == ["b", "a", "b"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: gzip.compress(text.encode(), mtime=0),
        lambda text: text.replace(" ", "\t").encode(),
        lambda text: text.replace("# veh", "#veh").rstrip("\n").encode(),
        lambda text: text.replace("\n", " \n").encode() + b"\n\n",
    ],
    ids=["crlf", "bom", "gzip", "tabs", "no blank after #", "blanks and lines at the ends"],
)
def test_what_editors_do_is_harmless(tmp_path, change):
    path = tmp_path / "x.cls"
    path.write_bytes(change(TEXT))
    assert is_cls(path)
    assert read_cls(path)["condition"].tolist() == LABELS


@pytest.mark.shared_data
def test_the_desktop_programs_file(shared):
    path = shared / "data" / "gsea_reference" / "gsea_desktop_edb" / "C1OE.cls"
    assert read_cls(path)["condition"].tolist() == ["C1OE"] * 3 + ["Vector"] * 3


@pytest.mark.parametrize(
    ("labels", "meaning"),
    [
        ("0 1 1 0", LABELS),
        ("veh E2 E2 veh", LABELS),
        ("E2 veh veh E2", ["E2", "veh", "veh", "E2"]),
        ("x y y x", LABELS),
        ("7 3 3 7", LABELS),
        ("0 0 0 0", ["veh"] * 4),
    ],
)
def test_labels_are_names_or_stand_for_the_classes_in_their_order(write, labels, meaning):
    read = read_cls(write("x.cls", TEXT.replace("veh E2 E2 veh", labels)))
    assert read["condition"].tolist() == meaning


def test_numeric_profiles(write):
    text = "#numeric\n# dose\n0 1.5 -2e1 4\n#time after treatment\n1 2 3 4\n"
    read = read_cls(write("x.cls", text))
    assert read["dose"].tolist() == [0, 1.5, -20, 4]
    assert read["time after treatment"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a b c\n# a b\na b\n", "line 1 is 'a b c' where a CLS file has the numbers"),
        ("4 2 1\n# a b\n", "has three lines"),
        ("4 2 1\na b\na b a b\n", "of which line 2 does not start with #"),
        ("4 2 1\n# a b\na b a b\na\n", "this one has 4 lines"),
        ("4 3 1\n# a b\na b a b\n", "line 2 names 2 classes ('a', 'b') where line 1 says 3"),
        ("4 2 1\n# a a\na a a a\n", "line 2 names a class twice"),
        ("4 2 1\n# a b\na b a\n", "line 3 has 3 labels where line 1 says 4 samples"),
        ("4 2 1\n# a b\na b A a\n", "line 3: 'A' is no class among 'a', 'b'"),
        ("4 2 1\n# a b\nx y z x\n", "line 3: 'x', 'y', 'z' are no class among"),
        ("4 2 1\n# a b\n1 0 0 1\n", "start with '1', which is class 'b' by its number and 'a' by"),
        ("2 2 1\n# a \x1bb\na \x1bb\n", "the class '\\x1bb' holds a control character"),
        ("#numeric\n", "0 lines follow #numeric"),
        ("#numeric\n#a\n1 2\n#b\n", "3 lines follow #numeric"),
        ("#numeric\na\n1 2\n", "line 2 is 'a' where a profile's name stands after #"),
        ("#numeric\n#\n1 2\n", "line 2 is '#' where a profile's name"),
        ("#numeric\n#a\n1 2\n#a\n1 2\n", "line 4: the profile 'a' stands twice"),
        ("#numeric\n#a\n1 2\n#b\n1 2 3\n", "line 5 has 3 values and line 3 2"),
        ("#numeric\n#a\n1 =2\n", "line 3: '=2' is not a finite number"),
        ("#numeric\n#a\n1 nan\n", "line 3: 'nan' is not a finite number"),
        ("#numeric\n#a\n1 1_0\n", "line 3: '1_0' is not a finite number"),
        (" \n", "the file is blank"),
        ("", "the file is empty"),
    ],
)
def test_hostile_files_are_refused_with_the_place(write, text, says):
    path = write("x.cls", text)
    with pytest.raises(DataError) as refused:
        read_cls(path)
    message = str(refused.value)
    assert says in message
    assert message.startswith(str(path))
    assert message.isprintable()


@pytest.mark.parametrize(
    "phenotypes",
    [
        pd.Series([], dtype=object),
        pd.Series(["a", None]),
        pd.Series(["a b", "c"]),
        pd.Series(["", "c"]),
        pd.Series(["#a", "c"]),
        pd.Series(["a\x1b", "c"]),
        pd.Series([1.0, np.inf], name="x"),
        pd.Series([1.0, 2.0], name="#x"),
        pd.DataFrame({"a": ["x", "y"], "b": ["z", "z"]}),
    ],
)
def test_what_would_not_read_back_is_not_written(phenotypes, tmp_path):
    with pytest.raises(DataError):
        write_cls(phenotypes, tmp_path / "x.cls")
    assert not (tmp_path / "x.cls").exists()


def test_gseapy_reads_what_is_written(tmp_path):
    from gseapy.parser import gsea_cls_parser

    write_cls(pd.Series(LABELS), tmp_path / "x.cls")
    assert gsea_cls_parser(str(tmp_path / "x.cls")) == ("veh", "E2", LABELS)


@pytest.mark.parametrize("text", ["sample,group\na,x\n", "4 2 1\na b\n", "", "4\t2\t2\n#"])
def test_other_files_are_none(write, text):
    assert not is_cls(write("x.txt", text))


class TestAsSampleSheet:
    def test_labels_go_to_the_samples_in_the_matrix_order(self, write):
        path = write("anything.txt", TEXT)
        sheet = read_sample_sheet(path, ["s3", "s1", "s2", "s9"])
        assert sheet["condition"].to_dict() == dict(
            zip(["s3", "s1", "s2", "s9"], LABELS, strict=True)
        )
        assert sheet["condition"].dtype == object

    def test_profiles_become_columns(self, write):
        sheet = read_sample_sheet(write("x.cls", "#numeric\n#dose\n1 2\n"), ["a", "b"])
        assert sheet["dose"].to_dict() == {"a": 1.0, "b": 2.0}

    def test_another_number_of_samples_is_refused(self, write):
        with pytest.raises(DataError, match="has labels for 4 samples and the matrix has 3"):
            read_sample_sheet(write("x.cls", TEXT), ["a", "b", "c"])
