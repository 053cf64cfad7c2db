"""Real contrasts: the same drug in two lines agrees, turned round it reverses."""

from __future__ import annotations

import pytest

import rnaseq_s6k1 as s6k1

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]


@pytest.fixture(scope="module")
def estradiol(shared):
    folder = shared / "data" / "t47d_e2_gse89888"
    adata = s6k1.read_counts(folder / "counts.tsv.gz")
    adata = s6k1.attach_samples(
        adata, s6k1.read_sample_sheet(folder / "samples.tsv", adata.obs_names)
    )

    def contrast(mutation: str, target: str, reference: str):
        chosen = adata[(adata.obs["mutation"] == mutation).to_numpy()]
        return s6k1.run_de(chosen, "~ treatment", ("treatment", target, reference), shrink=False)

    return contrast


def test_estradiol_in_wild_type_and_mutant_cells(estradiol):
    wild, mutant = estradiol("WT", "veh", "E2"), estradiol("Y537S", "veh", "E2")
    agreeing = s6k1.run_concord(wild, mutant, rotations=99)
    assert agreeing.verdict == "agrees"
    assert agreeing.lines["estimate"][0] == pytest.approx(0.61, abs=0.02)
    turned = s6k1.run_concord(wild, estradiol("Y537S", "E2", "veh"), rotations=99)
    assert turned.verdict == "reverses"
    assert turned.lines["estimate"][0] == pytest.approx(-agreeing.lines["estimate"][0], abs=0.01)
