from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnaseq_s6k1.cohort.barcodes import (
    match_samples,
    one_primary_per_patient,
    parse_barcode,
    sample_key,
)
from rnaseq_s6k1.errors import DataError, UsageError


def test_a_full_aliquot_barcode_is_taken_apart():
    code = parse_barcode("TCGA-A8-A08X-01A-11R-A00Z-07")
    assert code is not None
    assert (code.patient, code.site, code.sample_type, code.vial) == (
        "TCGA-A8-A08X",
        "A8",
        "01",
        "A",
    )
    assert (code.portion, code.analyte, code.plate, code.center) == ("11", "R", "A00Z", "07")


@pytest.mark.parametrize(
    ("name", "sample_type", "plate"),
    [
        ("TCGA-A8-A08X", "", ""),
        ("TCGA-A8-A08X-06", "06", ""),
        ("TCGA-A8-A08X-11B", "11", ""),
        ("TCGA.A8.A08X.01A.11R.A00Z.07", "01", "A00Z"),
        ("TCGA-A8-A08X-01A-11R-A00Z", "01", "A00Z"),
    ],
)
def test_shorter_barcodes_and_dots_are_read(name: str, sample_type: str, plate: str):
    code = parse_barcode(name)
    assert code is not None
    assert (code.patient, code.sample_type, code.plate) == ("TCGA-A8-A08X", sample_type, plate)


@pytest.mark.parametrize(
    "name", ["siNC_1", "TCGA-A8", "TCGA-A8-A08X-1", "TCGA-A8.A08X", "xTCGA-A8-A08X", "tcga-a8-a08x"]
)
def test_other_names_are_no_barcodes(name: str):
    assert parse_barcode(name) is None


def test_names_that_are_no_barcodes_pass_untouched():
    chosen = one_primary_per_patient(["P2_tumour", "P1_tumour"])
    assert chosen.kept == ("P2_tumour", "P1_tumour")
    assert chosen.dropped == {}
    assert chosen.patients["P1_tumour"] == "P1_tumour"
    assert "no TCGA barcodes" in chosen.sentence


def test_normals_and_metastases_are_left_out_with_the_reason():
    chosen = one_primary_per_patient(
        ["TCGA-A8-A08X-01A", "TCGA-A8-A08X-11A", "TCGA-A8-A08Y-06A", "TCGA-A8-A08Z"]
    )
    assert chosen.kept == ("TCGA-A8-A08X-01A", "TCGA-A8-A08Z")
    assert chosen.dropped["TCGA-A8-A08X-11A"] == "of type 11 (solid tissue normal), wanted 01"
    assert "metastatic" in chosen.dropped["TCGA-A8-A08Y-06A"]
    assert "2 of 4 samples used" in chosen.sentence
    assert "1 of type 11 (solid tissue normal)" in chosen.sentence


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        ("TCGA-A8-A08X-01A", "TCGA-A8-A08X"),
        ("TCGA-A8-A08X-01A-11R-A00Z-07", "TCGA-A8-A08X-01B-11R-A277-07"),
        ("TCGA-A8-A08X-01A-11H-A00Z-07", "TCGA-A8-A08X-01A-11R-A277-07"),
        ("TCGA-A8-A08X-01A-11R-A277-07", "TCGA-A8-A08X-01A-11T-A300-07"),
        ("TCGA-A8-A08X-01A-21R-A00Z-07", "TCGA-A8-A08X-01A-11R-A277-07"),
        ("TCGA-A8-A08X-01A-11R-A277-07", "TCGA-A8-A08X-01A-11R-A00Z-07"),
    ],
)
def test_the_rule_among_samples_of_one_patient(winner: str, loser: str):
    for names in ([winner, loser], [loser, winner]):
        chosen = one_primary_per_patient(names)
        assert chosen.kept == (winner,)
        assert chosen.dropped == {loser: f"second sample of a patient, {winner} is used"}


def test_wanted_types_come_in_their_order():
    names = ["TCGA-A8-A08X-01A", "TCGA-A8-A08X-06A", "TCGA-A8-A08Y-01A"]
    chosen = one_primary_per_patient(names, sample_types=("06", "01"))
    assert chosen.kept == ("TCGA-A8-A08X-06A", "TCGA-A8-A08Y-01A")


def test_an_unknown_type_is_refused():
    with pytest.raises(UsageError, match="unknown TCGA sample type 'tumour'; choose from 01, 02"):
        one_primary_per_patient(["a"], sample_types=("tumour",))


def test_no_sample_left_is_refused():
    with pytest.raises(DataError, match="none of 1 sample is of type 01/03/09 by its TCGA barcode"):
        one_primary_per_patient(["TCGA-A8-A08X-11A"])


def test_repeated_names_are_refused():
    with pytest.raises(DataError, match="sample names occur twice: 'a'"):
        one_primary_per_patient(["a", "a"])


_ALIQUOTS = st.builds(
    "TCGA-A8-{}-{}{}-{}{}-{}-07".format,
    st.sampled_from(["A08X", "A08Y"]),
    st.sampled_from(["01", "06", "11"]),
    st.sampled_from("AB"),
    st.sampled_from(["11", "21"]),
    st.sampled_from("HRT"),
    st.sampled_from(["A00Z", "A277"]),
)


@given(st.lists(_ALIQUOTS, min_size=1, unique=True), st.randoms(use_true_random=False))
def test_the_choice_ignores_the_order_of_samples(names: list[str], random):
    names = [*names, "TCGA-A8-ZZZZ-01A"]
    shuffled = list(names)
    random.shuffle(shuffled)
    chosen, again = one_primary_per_patient(names), one_primary_per_patient(shuffled)
    assert set(chosen.kept) == set(again.kept)
    assert chosen.dropped == again.dropped
    patients = [chosen.patients[name] for name in chosen.kept]
    assert len(set(patients)) == len(patients)
    assert set(chosen.kept) | set(chosen.dropped) == set(names)


def test_replicates_are_named():
    names = [
        "TCGA-A8-A08X-01A-11R-A277-07",
        "TCGA-A8-A08X-01A-11R-A00Z-07",
        "TCGA-A8-A08Y-01A-11R-A00Z-07",
        "TCGA-A8-A08Y-11A-11R-A00Z-07",
    ]
    chosen = one_primary_per_patient(names)
    assert chosen.replicates == {"TCGA-A8-A08X": (names[0], names[1])}
    assert "1 second sample of a patient" in chosen.sentence


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("TCGA-A8-A08X-01A-11R-A00Z-07", "TCGA-A8-A08X-01"),
        ("TCGA.A8.A08X.11", "TCGA-A8-A08X-11"),
        ("TCGA-A8-A08X", "TCGA-A8-A08X"),
        ("siNC_1", "siNC_1"),
    ],
)
def test_the_key_is_patient_and_type(name: str, key: str):
    assert sample_key(name) == key


def test_an_aliquot_of_rna_finds_one_of_dna():
    match = match_samples(
        ["TCGA-A8-A08X-01A-11R-A00Z-07", "TCGA.A8.A08Y.01", "TCGA-A8-A08Z-01A", "mine"],
        ["mine", "TCGA-A8-A08X-11A-11D-A011-01", "TCGA-A8-A08X-01A-11D-A011-01", "TCGA-A8-A08Y-01"],
    )
    assert match.found == {
        "TCGA-A8-A08X-01A-11R-A00Z-07": "TCGA-A8-A08X-01A-11D-A011-01",
        "TCGA.A8.A08Y.01": "TCGA-A8-A08Y-01",
        "mine": "mine",
    }
    assert match.missing == ("TCGA-A8-A08Z-01A",)
    assert match.sentence == "3 of 4 samples found; missing 'TCGA-A8-A08Z-01A'"


def test_a_patient_stands_for_the_primary_tumour_only():
    match = match_samples(["TCGA-A8-A08X-01", "TCGA-A8-A08Y-11"], ["TCGA-A8-A08X", "TCGA-A8-A08Y"])
    assert match.found == {"TCGA-A8-A08X-01": "TCGA-A8-A08X"}
    assert match.by_patient == ("TCGA-A8-A08X-01",)
    match = match_samples(["TCGA-A8-A08X"], ["TCGA-A8-A08X-11", "TCGA-A8-A08X-06"])
    assert match.missing == ("TCGA-A8-A08X",)
    match = match_samples(
        ["TCGA-A8-A08X"], ["TCGA-A8-A08X-11", "TCGA-A8-A08X-06"], sample_types=("01", "06")
    )
    assert match.found == {"TCGA-A8-A08X": "TCGA-A8-A08X-06"}


def test_types_are_never_mixed():
    match = match_samples(["TCGA-A8-A08X-01A"], ["TCGA-A8-A08X-11A", "TCGA-A8-A08X-06A"])
    assert match.missing == ("TCGA-A8-A08X-01A",)


def test_among_several_rows_the_rule_decides_and_the_others_are_named():
    rows = ["TCGA-A8-A08X-01B", "TCGA-A8-A08X-01A-21D-A277-01", "TCGA-A8-A08X-01A-11D-A011-01"]
    for offered in (rows, rows[::-1]):
        match = match_samples(["TCGA-A8-A08X-01A-11R-A00Z-07"], offered)
        assert match.found == {"TCGA-A8-A08X-01A-11R-A00Z-07": rows[1]}
        assert match.replicates == {"TCGA-A8-A08X-01A-11R-A00Z-07": (rows[2], rows[0])}
    assert "several rows fit" in match.sentence


def test_repeated_rows_are_refused():
    with pytest.raises(DataError, match="sample names occur twice: 'b'"):
        match_samples(["a"], ["b", "b"])


@given(
    st.lists(_ALIQUOTS, min_size=1, unique=True),
    st.lists(_ALIQUOTS, min_size=1, unique=True),
    st.randoms(use_true_random=False),
)
def test_a_match_is_of_one_patient_and_type_whatever_the_order(wanted, offered, random):
    match = match_samples(wanted, offered)
    assert {*match.found, *match.missing} == set(wanted)
    assert all(sample_key(name) == sample_key(row) for name, row in match.found.items())
    keys = {sample_key(name) for name in offered}
    assert all(sample_key(name) not in keys for name in match.missing)
    shuffled = list(offered)
    random.shuffle(shuffled)
    assert match_samples(wanted, shuffled) == match


def test_leukaemias_have_their_primaries_in_blood():
    """TCGA-LAML's tumours are of type 03; a source site with solid tumours has none such."""
    laml = ["TCGA-AB-2803-03A-01T-0734-13", "TCGA-AB-2805-03A-01T-0735-13"]
    chosen = one_primary_per_patient([*laml, "TCGA-AB-2803-11A-01D-0739-09"])
    assert chosen.kept == tuple(laml)
    reason = chosen.dropped["TCGA-AB-2803-11A-01D-0739-09"]
    assert reason == "of type 11 (solid tissue normal), wanted 01/03/09"
    # A matrix of several projects keeps the primaries of each.
    mixed = [*laml, "TCGA-A8-A08X-01A", "TCGA-A8-A09Z-03A"]
    chosen = one_primary_per_patient(mixed)
    assert chosen.kept == (*laml, "TCGA-A8-A08X-01A")
    assert chosen.dropped["TCGA-A8-A09Z-03A"].endswith("wanted 01")
    # Asked for by its code, a type is taken everywhere.
    assert len(one_primary_per_patient(mixed, sample_types=["03"]).kept) == 3


def test_a_patient_of_a_leukaemia_is_found_by_the_patient():
    found = match_samples(["TCGA-AB-2803-03A-01T-0734-13"], ["TCGA-AB-2803"])
    assert found.found == {"TCGA-AB-2803-03A-01T-0734-13": "TCGA-AB-2803"}
    solid = match_samples(["TCGA-A8-A09Z-03A", "TCGA-A8-A08X-01A"], ["TCGA-A8-A09Z"])
    assert solid.missing == ("TCGA-A8-A09Z-03A", "TCGA-A8-A08X-01A")
