"""The card of the gene a cohort is split on."""

from __future__ import annotations

import pytest

from rnaseq_s6k1.errors import UsageError
from rnaseq_s6k1.mechanism.card import card_names, load_card
from rnaseq_s6k1.mechanism.split_card import split_card


@pytest.mark.parametrize(
    ("gene", "card"),
    [
        ("RPS6KB1", "s6k1-high"),
        ("S6K1", "s6k1-high"),
        ("ENSG00000108443.14", "s6k1-high"),
        (" YES1 ", "yes1-amplified"),
        ("ERBB2", "her2-resistance"),
    ],
)
def test_the_card_whose_driver_goes_up_is_found(gene, card):
    found = split_card(gene)
    assert found.name == card
    assert found.driver_direction == "up"


@pytest.mark.parametrize("gene", ["MYC", "NOSUCH", "", "\x1b[31m" + "x" * 400])
def test_without_one_the_message_names_those_there_are(gene):
    with pytest.raises(UsageError) as refused:
        split_card(gene)
    message = str(refused.value)
    assert "\n" not in message
    assert "\x1b" not in message
    assert len(message) < 400
    for name in card_names():
        assert (name in message) == (load_card(name).driver_direction == "up")
