"""Gene sets that hypothesis draws, for the tests of every format."""

from __future__ import annotations

from hypothesis import strategies as st

from rnaseq_s6k1.io.gmt import GeneSet

_names = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters=","),
    min_size=1,
    max_size=12,
).filter(str.isprintable)
gene_sets = st.lists(
    st.builds(
        GeneSet,
        _names,
        _names,
        st.lists(_names, min_size=1, max_size=8, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.name,
)
