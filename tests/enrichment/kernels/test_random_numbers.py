"""Named streams: published numbers, uniform draws, and independence of order."""

from __future__ import annotations

import numpy as np
from scipy.stats import chisquare, kstest

from rnaseq_s6k1.enrichment.kernels.random_numbers import (
    _next,
    below,
    name_streams,
    open_stream,
    uniform,
    uniforms,
)


def test_splitmix64_gives_its_published_numbers():
    stream = np.array([1234567], dtype=np.uint64)
    assert [int(_next(stream)) for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_a_stream_is_its_seed_and_number():
    first = [uniform(open_stream(seed, np.uint64(number))) for seed in (0, 1) for number in (0, 1)]
    again = [uniform(open_stream(seed, np.uint64(number))) for seed in (0, 1) for number in (0, 1)]
    assert first == again
    assert len(set(first)) == 4


def test_many_draws_are_the_single_ones():
    one, many = open_stream(3, np.uint64(4)), open_stream(3, np.uint64(4))
    values = np.empty(100)
    uniforms(many, values)
    assert values.tolist() == [uniform(one) for _ in range(100)]
    assert one[0] == many[0]
    uniforms(one, values)
    assert kstest(values, "uniform").pvalue > 1e-4


def test_draws_are_uniform():
    stream = open_stream(0, np.uint64(7))
    values = np.empty(50_000)
    uniforms(stream, values)
    assert (values >= 0).all()
    assert (values < 1).all()
    assert kstest(values, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 0.02
    for bound in (1, 3, 7):
        drawn = [below(stream, bound) for _ in range(3000 * bound)]
        counts = np.bincount(drawn, minlength=bound)
        assert len(counts) == bound
        assert bound == 1 or chisquare(counts).pvalue > 1e-3


def test_first_numbers_of_neighbouring_streams_are_unrelated():
    first = np.array([uniform(open_stream(0, np.uint64(i))) for i in range(20_000)])
    assert kstest(first, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.03


def test_a_set_is_named_by_its_own_positions():
    sets = [[1, 2, 3], [1, 2, 4], [3, 2, 1], [1, 2, 3], [0], [0, 1]]
    flat = np.concatenate(sets).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in sets])])
    names = name_streams(flat, offsets)
    assert names[0] == names[3]
    assert len(set(names.tolist())) == 5
    alone = name_streams(np.array([1, 2, 4]), np.array([0, 3]))
    assert alone[0] == names[1]
