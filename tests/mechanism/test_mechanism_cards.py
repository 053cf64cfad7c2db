"""Cards: the shipped ones hold what they say, and bad ones are refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rnaseq_s6k1.enrichment.collections import read_gene_sets
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.genes.table import load_gene_table
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.mechanism.card import Card, DerivedSet, card_names, load_card

SHIPPED = ("her2-resistance", "s6k1-high", "s6k1-knockdown", "yes1-amplified")


def a_card(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "name": "mine",
        "title": "A claim",
        "driver": {"gene": "RPS6KB1", "direction": "down"},
        "perturbation": "knock-down over control",
        "source": {"citation": "Nobody 2020", "doi": "10.1000/x"},
        "expectations": [
            {
                "target": "HALLMARK_E2F_TARGETS",
                "kind": "gene_set",
                "expected": "down",
                "role": "core",
                "source": "Fig. 1",
            },
            {"target": "MYC", "kind": "gene", "expected": "unchanged", "source": "Fig. 2"},
        ],
    }
    return content | changes


def written(folder: Path, content: Any) -> Path:
    path = folder / "mine.yaml"
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, content: Any) -> str:
    with pytest.raises(DataError) as caught:
        load_card(written(folder, content))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


def test_four_cards_are_shipped() -> None:
    assert tuple(card_names()) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_card_loads_and_all_its_sets_resolve(name: str) -> None:
    card = load_card(name)
    assert card.name == name
    sets = card.resolve_sets(read_gene_sets(card.collections))
    assert list(sets) == list(card.set_targets)
    # Sets below 15 genes are not tested by default, and would leave their line to chance.
    assert min(len(gene_set.genes) for gene_set in sets.values()) >= 15


@pytest.mark.parametrize("name", SHIPPED)
def test_genes_of_shipped_cards_are_current_symbols(name: str) -> None:
    card = load_card(name)
    symbols = set(load_gene_table().frame["symbol"])
    genes = {e.target for e in card.expectations if e.kind == "gene"} | {card.driver_gene}
    assert genes <= symbols


@pytest.mark.parametrize("name", ["s6k1-knockdown", "s6k1-high"])
def test_core_of_the_s6k1_cards(name: str) -> None:
    assert [e.target for e in load_card(name).core] == [
        "HALLMARK_E2F_TARGETS",
        "HALLMARK_G2M_CHECKPOINT",
        "HALLMARK_MYC_TARGETS_V1",
        "HALLMARK_MYC_TARGETS_V2",
        "KEGG_CELL_CYCLE",
    ]


def test_myc_targets_proper_lacks_the_51_shared_genes() -> None:
    card = load_card("s6k1-knockdown")
    sets = card.resolve_sets(read_gene_sets(card.collections))
    assert len(sets["HALLMARK_MYC_TARGETS_V1"].genes) == 200
    assert len(sets["MYC_TARGETS_V1_PROPER"].genes) == 200 - 51
    for other in ("HALLMARK_E2F_TARGETS", "HALLMARK_G2M_CHECKPOINT", "KEGG_CELL_CYCLE"):
        assert not set(sets["MYC_TARGETS_V1_PROPER"].genes) & set(sets[other].genes)


def test_knockdown_card_is_the_table_of_the_paper() -> None:
    card = load_card("s6k1-knockdown")
    lines = {(e.target, e.kind): e.expected for e in card.expectations}
    assert lines[("MYC", "gene")] == "unchanged"
    assert lines[("CCNE1", "gene")] == "down"
    assert {e.expected for e in card.core} == {"down"}
    assert (card.driver_gene, card.driver_direction) == ("RPS6KB1", "down")
    assert card.doi == "10.1186/s12943-022-01642-5"


def test_defaults_and_overrides_of_a_card(tmp_path: Path) -> None:
    card = load_card(written(tmp_path, a_card()))
    assert (card.alpha, card.within) == (0.05, 0.58)
    assert card.collections == ("hallmark", "kegg_cell_cycle")
    assert [e.role for e in card.expectations] == ["core", "detail"]
    content = a_card(within=0.3, alpha=0.01)
    content["expectations"][1]["within"] = 1.0
    changed = load_card(written(tmp_path, content))
    assert (changed.alpha, changed.within) == (0.01, 0.3)
    assert [e.within for e in changed.expectations] == [0.3, 1.0]


def test_bom_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + yaml.safe_dump(a_card()).encode())
    assert load_card(path).name == "mine"


def test_unknown_name_lists_the_cards() -> None:
    with pytest.raises(UsageError, match="neither a card of this package") as caught:
        load_card("s6k1-knockdwon")
    assert all(name in str(caught.value) for name in SHIPPED)


def test_overlong_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="nor a file") as caught:
        load_card("x" * 5000)
    assert len(str(caught.value)) < 400


def test_unknown_entry_is_named_with_the_allowed_ones(tmp_path: Path) -> None:
    message = refusal(tmp_path, a_card(expectation=[]))
    assert "the card has an unknown entry 'expectation'; allowed: name, title, driver" in message


def test_unknown_entry_of_a_line_is_placed(tmp_path: Path) -> None:
    content = a_card()
    content["expectations"][1]["margin"] = 1
    message = refusal(tmp_path, content)
    assert "mine.yaml: expectations[1] has an unknown entry 'margin'; allowed: target" in message


def test_unknown_entries_that_are_no_text(tmp_path: Path) -> None:
    message = refusal(tmp_path, a_card() | {1: "x", "also": "y"})
    assert "unknown entry" in message


def test_wrong_kind_lists_the_allowed(tmp_path: Path) -> None:
    content = a_card()
    content["expectations"][1]["kind"] = "protein"
    assert (
        "expectations[1].kind is 'protein'; allowed: gene, gene_set, over_representation, artefact"
    ) in refusal(tmp_path, content)


def test_wrong_direction_lists_the_allowed(tmp_path: Path) -> None:
    content = a_card(driver={"gene": "MYC", "direction": "sideways"})
    assert "driver.direction is 'sideways'; allowed: up, down" in refusal(tmp_path, content)


def test_missing_field_is_named(tmp_path: Path) -> None:
    content = a_card()
    del content["driver"]["gene"]
    assert "driver lacks gene; needed: gene, direction" in refusal(tmp_path, content)
    del content["driver"]
    assert "the card lacks driver; needed: name, title, driver" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"kind": "gene_set", "expected": "unchanged"}, "kind is 'gene_set'; allowed: gene"),
        (
            {"kind": "over_representation", "expected": "unchanged"},
            "kind is 'over_representation'; allowed: gene",
        ),
        (
            {"kind": "gene", "expected": "up", "role": "core"},
            "kind is 'gene'; allowed: gene_set",
        ),
        ({"kind": "artefact", "expected": "up"}, "expected is 'up'; allowed: not up"),
        (
            {"kind": "gene_set", "expected": "not up"},
            "expected is 'not up'; allowed: up, down, unchanged",
        ),
    ],
)
def test_kinds_and_directions_that_do_not_go_together(
    tmp_path: Path, line: dict[str, str], told: str
) -> None:
    content = a_card()
    content["expectations"].append({"target": "HALLMARK_HYPOXIA", "source": "Fig. 3"} | line)
    message = refusal(tmp_path, content)
    assert message.endswith(f"expectations[2].{told}")


def test_an_artefact_cannot_be_core(tmp_path: Path) -> None:
    content = a_card()
    content["expectations"][0] |= {"kind": "artefact", "expected": "not up"}
    assert "expectations[0].kind is 'artefact'; allowed: gene_set" in refusal(tmp_path, content)


def test_the_same_line_twice(tmp_path: Path) -> None:
    content = a_card()
    content["expectations"].append(dict(content["expectations"][1], source="Fig. 9"))
    assert "the line MYC gene unchanged stands twice" in refusal(tmp_path, content)


def test_a_card_needs_a_core_line(tmp_path: Path) -> None:
    content = a_card()
    del content["expectations"][0]["role"]
    assert "no line has the role core" in refusal(tmp_path, content)


def test_no_lines_at_all(tmp_path: Path) -> None:
    assert "expectations is '[]', which does not fit" in refusal(tmp_path, a_card(expectations=[]))


@pytest.mark.parametrize("entry", ["alpha", "within"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0])
def test_levels_and_margins_must_be_sensible(tmp_path: Path, entry: str, value: float) -> None:
    assert f"{entry} is" in refusal(tmp_path, a_card(**{entry: value}))


def test_not_yaml_names_the_line(tmp_path: Path) -> None:
    message = refusal(tmp_path, "name: mine\ntitle: [unclosed\ndriver: x\n")
    assert "mine.yaml, line 3: not valid YAML" in message


def test_an_entry_that_stands_twice(tmp_path: Path) -> None:
    text = yaml.safe_dump(a_card()) + "title: another\n"
    assert "the entry title stands twice" in refusal(tmp_path, text)


def test_not_a_mapping(tmp_path: Path) -> None:
    assert "the card is 'just words'" in refusal(tmp_path, "just words")
    assert "the card is 'None'" in refusal(tmp_path, "")


def test_alias_bomb_is_refused(tmp_path: Path) -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    message = refusal(tmp_path, "\n".join(["a0: &a0 [lol]", *levels]))
    assert "line 2: not valid YAML: aliases are not allowed in a card" in message


def test_python_objects_are_refused(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    text = f"name: !!python/object/apply:os.system ['touch {marker}']\n"
    assert "python/object/apply:os.system" in refusal(tmp_path, text)
    assert not marker.exists()
    assert "line 1" in refusal(tmp_path, "!!python/object:rnaseq_s6k1.errors.DataError {}\n")


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    assert "nested too deeply" in refusal(tmp_path, "[" * 50_000 + "]" * 50_000)


def test_overlong_file_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, yaml.safe_dump(a_card()) + "#" * 200_000)
    assert "over 200,000 bytes, which no card needs" in message


def test_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(DataError, match=r"latin\.yaml: not UTF-8 text \(byte 9\)"):
        load_card(path)


def test_long_hostile_values_are_clipped(tmp_path: Path) -> None:
    content = a_card(name="x\n" * 5000)
    assert "name is" in refusal(tmp_path, content)
    assert "unknown entry" in refusal(tmp_path, a_card() | {"y" * 9000: 1})


def test_unknown_set_names_the_collections(made_sets: dict[str, dict[str, GeneSet]]) -> None:
    card = load_card("yes1-amplified")
    with pytest.raises(DataError, match=r"card yes1-amplified: the gene set GOBP_\S+ is in none"):
        card.resolve_sets(made_sets)


def test_empty_derived_set_is_refused(
    made_sets: dict[str, dict[str, GeneSet]], make_card: Any, line: Any
) -> None:
    card: Card = make_card(
        line("NOTHING", "gene_set", "down", "core"),
        derived_sets={"NOTHING": DerivedSet("SET_A", ("SET_A", "SET_B"))},
    )
    with pytest.raises(DataError, match="the derived set NOTHING is empty"):
        card.resolve_sets(made_sets)
