"""Patients whose survival R has seen, and a textbook's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def patients() -> pd.DataFrame:
    """140 simulated patients, of `make_survival_references.R`."""
    return pd.read_csv(DATA / "survival_patients.tsv", sep="\t", index_col=0)


@pytest.fixture(scope="session")
def leukaemia() -> pd.DataFrame:
    """Remission in weeks under 6-MP and placebo: Freireich et al., Blood 1963, 21:699."""
    treated = "6,6,6,6+,7,9+,10,10+,11+,13,16,17+,19+,20+,22,23,25+,32+,32+,34+,35+"
    placebo = "1,1,2,2,3,4,4,5,5,8,8,8,8,11,11,12,12,15,17,22,23"
    every = f"{treated},{placebo}".split(",")
    return pd.DataFrame(
        {
            "time": [float(one.rstrip("+")) for one in every],
            "event": [not one.endswith("+") for one in every],
            "placebo": np.repeat([0.0, 1.0], 21),
        },
        index=[f"L{k:02d}" for k in range(42)],
    )
