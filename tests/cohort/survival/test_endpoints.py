from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rnaseq_s6k1.cohort.survival.endpoints import find_endpoints, read_endpoint
from rnaseq_s6k1.errors import DataError, UsageError


def _read(event, time, **columns):
    table = pd.DataFrame({"OS": event, "OS.time": time, **columns})
    table.index = [f"P{k}" for k in range(len(table))]
    return read_endpoint(table, find_endpoints(table, ["OS"])[0])


def test_known_layouts_are_found():
    table = pd.DataFrame(
        columns=[
            "OS",
            "OS.time",
            "PFI.time",
            "PFI",
            "DFS_STATUS",
            "DFS_MONTHS",
            "DSS",
            "rfs",
            "rfs_time",
        ]
    )
    found = {one.name: one for one in find_endpoints(table)}
    assert list(found) == ["OS", "DFS", "PFI", "RFS"]
    assert (found["OS"].event, found["OS"].time, found["OS"].unit) == ("OS", "OS.time", "days")
    assert not found["OS"].stated
    assert (found["DFS"].event, found["DFS"].unit, found["DFS"].stated) == (
        "DFS_STATUS",
        "months",
        True,
    )
    assert (found["RFS"].event, found["RFS"].time) == ("rfs", "rfs_time")
    assert {one.unit for one in find_endpoints(table, time_unit="weeks")} == {"weeks"}


def test_columns_can_be_named():
    table = pd.DataFrame(columns=["progressed", "follow-up (months)", "t"])
    one = find_endpoints(table, ["PFS=progressed:follow-up (months)"])[0]
    assert (one.name, one.event, one.unit) == ("PFS", "progressed", "months")
    for text, message in (
        ("PFS=progressed", "write NAME=EVENT:TIME"),
        ("PFS=progresed:t", "no column 'progresed' .did you mean 'progressed'"),
        ("OS", "needs a column of events and one of times"),
    ):
        with pytest.raises(UsageError, match=message):
            find_endpoints(table, [text])
    with pytest.raises(UsageError, match="has none of the endpoints OS, DSS"):
        find_endpoints(table)
    with pytest.raises(UsageError, match="--time-unit must be one of days"):
        find_endpoints(table, ["X=t:t"], time_unit="aeons")
    with pytest.raises(UsageError, match="'X' more than once"):
        find_endpoints(table, ["X=t:t", "X=t:t"])


@pytest.mark.parametrize(
    "values",
    [
        [1, 0, 1],
        [1.0, 0.0, 1.0],
        [True, False, True],
        ["1:DECEASED", "0:LIVING", "1:Recurred/Progressed"],
        ["Dead", "Alive", "deceased"],
        ["yes", "no", "1.0"],
    ],
)
def test_events_as_people_write_them(values):
    assert _read(values, [1.0, 2.0, 3.0]).event.tolist() == [True, False, True]


def test_who_is_left_out_is_named_and_counted():
    endpoint = _read(
        [1, 0, np.nan, 1, "[Not Available]", 1, None],
        [5, 0, 3, -2, 7, "#N/A", "NA"],
    )
    assert endpoint.time.to_dict() == {"P0": 5.0}
    reasons = endpoint.excluded.set_index("sample")["reason"].to_dict()
    assert reasons == {
        "P1": "time is 0",
        "P2": "no event status",
        "P3": "time is negative",
        "P4": "no event status",
        "P5": "no time",
        "P6": "no time and no event status",
    }
    assert endpoint.sentence.startswith(
        "OS: 1 sample, 1 event, times in days; 2 left out, no event"
    )


@pytest.mark.parametrize(
    ("event", "time", "message"),
    [
        ([1, 2], [3, 4], "sample 'P1' has '2' in column 'OS', which is neither an event nor none"),
        (["maybe", 0], [3, 4], "'maybe' in column 'OS'"),
        ([1, 0], [3, "=2+2"], "sample 'P1' has the time '=2\\+2' in column 'OS.time', which is no"),
        ([1, 0], [3, "1_0"], "has the time '1_0'"),
        ([1, 0], [3, np.inf], "which is no number"),
        ([1, 0], ["2 years", 4], "'2 years'"),
        ([1, 0], [0, -1], "none of 2 samples has both"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(event, time, message):
    with pytest.raises(DataError, match=message):
        _read(event, time)
