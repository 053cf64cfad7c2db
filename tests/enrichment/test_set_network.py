"""Overlaps of gene sets, and where their network stands on the page."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.enrichment.set_network import set_network, set_overlaps
from rnaseq_s6k1.errors import DataError, UsageError

COLLECTIONS = st.dictionaries(
    st.text("abcXYZ_", min_size=1, max_size=6),
    st.frozensets(st.integers(0, 30).map(str), min_size=0, max_size=20),
    max_size=12,
)


def by_hand(members) -> dict[tuple[str, str], tuple[int, int, int, float]]:
    found = {}
    for a, b in itertools.combinations(sorted(members), 2):
        one, other = set(members[a]), set(members[b])
        if one & other:
            shared = len(one & other)
            found[a, b] = (len(one), len(other), shared, shared / len(one | other))
    return found


@given(COLLECTIONS)
def test_overlaps_are_those_counted_by_hand(members):
    table = set_overlaps(members)
    assert list(table.columns) == ["set_a", "set_b", "n_a", "n_b", "shared", "jaccard"]
    rows = {(r.set_a, r.set_b): (r.n_a, r.n_b, r.shared, r.jaccard) for r in table.itertuples()}
    assert rows == by_hand(members)
    assert list(rows) == sorted(rows)
    every = set_overlaps(members, every_pair=True)
    assert len(every) == len(members) * (len(members) - 1) // 2
    sharing = every[every["shared"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(sharing, table, check_dtype=False)
    assert (every.loc[every["shared"] == 0, "jaccard"] == 0).all()


def test_a_gene_given_twice_counts_once():
    table = set_overlaps({"a": ["x", "x", "y"], "b": ["x", "z"]})
    assert table.iloc[0].tolist() == ["a", "b", 2, 2, 1, 1 / 3]


@pytest.mark.parametrize(
    ("coefficient", "value"), [("jaccard", 1 / 3), ("overlap", 1.0), ("combined", 2 / 3)]
)
def test_coefficients_and_the_threshold_itself(coefficient, value):
    overlap = set_overlaps({"small": ["x", "y"], "large": list("xyzuvw")})
    network = set_network(["small", "large"], overlap, coefficient=coefficient, threshold=value)
    assert network.edges["similarity"].tolist() == pytest.approx([value])
    assert network.nodes["cluster"].tolist() == [0, 0]
    if value < 1:
        above = set_network(
            ["small", "large"], overlap, coefficient=coefficient, threshold=value + 1e-6
        )
        assert above.edges.empty
        assert above.nodes["cluster"].tolist() == [-1, -1]


def test_pairs_of_other_sets_and_pairs_the_other_way_round():
    overlap = set_overlaps({"a": "xy", "b": "xyz", "c": "xyzw"})
    turned = overlap.rename(
        columns={"set_a": "set_b", "set_b": "set_a", "n_a": "n_b", "n_b": "n_a"}
    )
    network = set_network(["b", "a"], turned)
    assert network.edges[["set_a", "set_b"]].to_numpy().tolist() == [["a", "b"]]
    both = set_network(["a", "b"], pd.concat([overlap, turned]))
    assert len(both.edges) == 1


@settings(max_examples=40, deadline=None)
@given(COLLECTIONS, st.randoms(use_true_random=False))
def test_places_do_not_depend_on_order(members, random):
    network = set_network(list(members), set_overlaps(members))
    names = list(members)
    random.shuffle(names)
    overlap = set_overlaps(members).sample(frac=1, random_state=1)
    again = set_network(names, overlap)
    pd.testing.assert_frame_equal(network.nodes, again.nodes)
    pd.testing.assert_frame_equal(network.edges, again.edges)
    assert set(network.nodes["set"]) == set(members)
    assert np.isfinite(network.nodes[["x", "y"]].to_numpy()).all()
    assert (network.nodes[["x", "y"]].to_numpy() >= 0).all()


@settings(max_examples=40, deadline=None)
@given(COLLECTIONS)
def test_nodes_and_clusters_stand_apart(members):
    nodes = set_network(list(members), set_overlaps(members)).nodes
    for (_, a), (_, b) in itertools.combinations(nodes.iterrows(), 2):
        apart = np.hypot(a["x"] - b["x"], a["y"] - b["y"])
        # Two neighbours are about 1 apart, clusters by twice their margin.
        assert apart > (0.6 if a["cluster"] == b["cluster"] >= 0 else 0.99)


def clique(name: str, n: int) -> dict[str, list[str]]:
    return {f"{name}{i}": [f"{name}_{j}" for j in range(10)] for i in range(n)}


def test_clusters_are_counted_from_the_largest_and_the_rest_stands_in_rows_below():
    members = clique("p", 3) | clique("q", 7) | {f"single{i}": [f"s{i}"] for i in range(11)}
    nodes = set_network(list(members), set_overlaps(members)).nodes.set_index("set")
    assert set(nodes.loc[[f"q{i}" for i in range(7)], "cluster"]) == {0}
    assert set(nodes.loc[[f"p{i}" for i in range(3)], "cluster"]) == {1}
    singles = nodes[nodes["cluster"] == -1]
    assert len(singles) == 11
    assert singles["y"].max() < nodes.loc[nodes["cluster"] >= 0, "y"].min()
    rows = singles.groupby("y")["x"].apply(lambda x: np.diff(np.sort(x)))
    assert all(np.allclose(gaps, 1.6) for gaps in rows)


@pytest.mark.parametrize("n", [2, 5, 20, 40])
def test_sets_of_the_same_genes_are_spread(n):
    members = clique("p", n)
    xy = set_network(list(members), set_overlaps(members)).nodes[["x", "y"]].to_numpy()
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=-1)[~np.eye(n, dtype=bool)]
    assert apart.min() > 0.75
    # In a disc and not along a line.
    assert np.ptp(xy, axis=0).max() < 1.6 * np.sqrt(n) + 1


def test_distances_on_the_page_follow_those_in_the_network():
    members = {f"s{i}": [f"g{j}" for j in range(6 * i, 6 * i + 10)] for i in range(8)}
    network = set_network(list(members), set_overlaps(members), threshold=0.2)
    assert len(network.edges) == 7
    xy = network.nodes.sort_values("set")[["x", "y"]].to_numpy()
    apart = np.linalg.norm(xy - xy[0], axis=1)
    assert (np.diff(apart) > 0.5).all()
    # A chain lies down.
    assert np.ptp(xy[:, 0]) > 5 * np.ptp(xy[:, 1])


def test_no_set_and_one_set():
    nothing = set_network([], set_overlaps({}))
    assert nothing.nodes.empty
    assert nothing.edges.empty
    one = set_network(["a"], set_overlaps({"a": ["x"]}))
    assert one.nodes["cluster"].tolist() == [-1]


def test_what_is_no_network_is_refused():
    overlap = set_overlaps({"a": "x", "b": "x"})
    with pytest.raises(UsageError, match="one of combined, jaccard, overlap, not 'dice'"):
        set_network(["a"], overlap, coefficient="dice")
    for threshold in (0.0, -1.0, 1.1, float("nan")):
        with pytest.raises(UsageError, match="must lie above 0"):
            set_network(["a"], overlap, threshold=threshold)
    with pytest.raises(DataError, match="needs the columns shared, which"):
        set_network(["a"], overlap.drop(columns="shared"))
