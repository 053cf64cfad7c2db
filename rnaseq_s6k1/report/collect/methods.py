"""A methods paragraph ready for a paper: what was done, by the records of the steps."""

from __future__ import annotations

from dataclasses import dataclass, field

from rnaseq_s6k1.cohort.expression import NORMALISATIONS
from rnaseq_s6k1.report.collect.comparison import ComparisonSection
from rnaseq_s6k1.report.collect.provenance import ProvenanceSection
from rnaseq_s6k1.report.collect.verdict import VerdictSection
from rnaseq_s6k1.report.run_directory import RunDirectory

__all__ = ["MethodsSection", "collect_methods"]

_REFERENCES = {
    "deseq2": "Love MI, Huber W, Anders S. Genome Biology 2014, 15:550.",
    "apeglm": "Zhu A, Ibrahim JG, Love MI. Bioinformatics 2019, 35:2084.",
    "pydeseq2": "Muzellec B, Teleńczuk M, Cabeli V, Andreux M. Bioinformatics 2023, 39:btad547.",
    "bh": "Benjamini Y, Hochberg Y. J R Stat Soc B 1995, 57:289.",
    "gsea": "Subramanian A et al. PNAS 2005, 102:15545.",
    "rotation": "Langsrud Ø. Statistics and Computing 2005, 15:53.",
    "romer": "Majewski IJ et al. Blood 2010, 116:731.",
    "holm": "Holm S. Scand J Stat 1979, 6:65.",
    "tost": "Schuirmann DJ. J Pharmacokinet Biopharm 1987, 15:657.",
    "tmm": "Robinson MD, Oshlack A. Genome Biology 2010, 11:R25.",
    "median_ratio": "Anders S, Huber W. Genome Biology 2010, 11:R106.",
    "hallmark": "Liberzon A et al. Cell Systems 2015, 1:417.",
    "kegg_cell_cycle": "Kanehisa M, Goto S. Nucleic Acids Res 2000, 28:27.",
    "go_bp": "Gene Ontology Consortium. Nucleic Acids Res 2021, 49:D325.",
}
_RANKED_BY = {
    "stat": "the Wald statistic",
    "signed_log10p": "-log10 p with the sign of the fold change",
    "lfc_shrunk": "the shrunken fold change",
}


@dataclass
class MethodsSection:
    """The paragraph.

    Attributes
    ----------
    sentences
        In order; numbers in brackets are those of `references`.
    references
        Citations, each once, in the order they are first cited.
    """

    sentences: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def cite(self, *names: str) -> str:
        """Return the numbers of references in brackets, adding those that are new."""
        numbers = []
        for name in names:
            text = _REFERENCES.get(name, name)
            if text not in self.references:
                self.references.append(text)
            numbers.append(self.references.index(text) + 1)
        return f"[{','.join(map(str, numbers))}]"


def collect_methods(
    run: RunDirectory,
    comparison: ComparisonSection,
    verdict: VerdictSection | None,
    provenance: ProvenanceSection,
) -> MethodsSection:
    """Put the records of the steps into sentences."""
    methods = MethodsSection()
    if "stratify" in run.steps and comparison.split_gene:
        _split(methods, run)
    _differential_expression(methods, run, comparison, provenance)
    if "gsea" in run.steps:
        _gene_sets(methods, run)
    if "ora" in run.steps:
        _over_representation(methods, run)
    if verdict is not None:
        _verdict(methods, verdict)
    return methods


def _split(methods: MethodsSection, run: RunDirectory) -> None:
    step = run.step("stratify")
    asked, found = step.arguments, step.results
    gene = asked.get("gene")
    if asked.get("by") == "cna":
        by = f"the copy number of {gene}"
    else:
        cut = f", cut {asked['cut']}" if asked.get("cut") else ""
        scale = str(asked.get("normalisation", "tmm"))
        cited = f" {methods.cite(scale)}" if scale in _REFERENCES else ""
        by = f"the expression of {gene}, log2 CPM ({NORMALISATIONS[scale]}){cited}{cut}"
    within = f" within {asked['within']}" if asked.get("within") else ""
    methods.sentences.append(
        f"Samples were split by {by}{within}, into {found.get('high')} high and "
        f"{found.get('low')} low."
    )


def _differential_expression(
    methods: MethodsSection,
    run: RunDirectory,
    comparison: ComparisonSection,
    provenance: ProvenanceSection,
) -> None:
    asked = run.step("de").arguments
    engine = str(asked.get("engine", "fast"))
    version = f"rnaseq-s6k1 {provenance.version}"
    if engine == "pydeseq2":
        packages = provenance.packages
        version += f", engine PyDESeq2 {packages.get('pydeseq2', '')} {methods.cite('pydeseq2')}"
    groups = f"design {comparison.design}"
    if comparison.factor:
        groups = (
            f"{comparison.target} (n = {comparison.n_target}) over {comparison.reference} "
            f"(n = {comparison.n_reference}), {groups}"
        )
    methods.sentences.append(
        f"Differential expression ({groups}) was tested with the negative-binomial model of DESeq2 "
        f"{methods.cite('deseq2')} as implemented in {version}"
        + (
            f", fold changes were shrunken with apeGLM {methods.cite('apeglm')},"
            if asked.get("shrink")
            else ""
        )
        + f" and p-values adjusted by Benjamini and Hochberg {methods.cite('bh')} after "
        f"independent filtering (level {asked.get('filter_alpha', 0.1)})."
    )
    rule = comparison.rule.partition(" (--")[0]
    methods.sentences.append(f"Genes were called at {rule}; {comparison.direction}.")


def _gene_sets(methods: MethodsSection, run: RunDirectory) -> None:
    step = run.step("gsea")
    asked = step.arguments
    names = [str(name) for name in asked.get("gene_sets", [])]
    # A collection from a file has a path for a name, which is nobody's business in a paper.
    named = [
        f"{name} {methods.cite(name)}"
        if name in _REFERENCES
        else name.replace("\\", "/").rpartition("/")[2]
        for name in names
    ]
    ranked = _RANKED_BY.get(str(asked.get("rank_by")), "a ranked list")
    sentence = (
        f"Gene sets ({', '.join(named)}; {asked.get('min_size')} to {asked.get('max_size')} genes) "
        f"were tested on all genes ranked by {ranked}"
    )
    tests = []
    if asked.get("test") != "rotation":
        tests.append(f"by preranked gene-set enrichment {methods.cite('gsea')}")
    if asked.get("test") in ("both", "rotation", "phenotype"):
        tests.append(
            f"by a rotation test of the mean rank {methods.cite('rotation', 'romer')} "
            f"(at most {int(asked.get('rotations') or 0):,} rotations), which keeps the "
            "correlation among genes"
        )
    methods.sentences.append(
        f"{sentence} {' and '.join(tests)}; {step.results.get('family', 'FDR')}; seed "
        f"{step.content.get('seed')}."
    )


def _over_representation(methods: MethodsSection, run: RunDirectory) -> None:
    found = run.step("ora").results
    methods.sentences.append(
        "Over-representation among the called genes was tested with the hypergeometric "
        f"distribution against the {int(found.get('universe', 0)):,} genes that could be called."
    )


def _verdict(methods: MethodsSection, verdict: VerdictSection) -> None:
    claim = verdict.claim
    source = f"{claim.get('citation')}, doi {claim.get('doi')}." if claim else verdict.card
    sentence = (
        f"The claim of {methods.cite(source)} was judged line by line (card {verdict.card}); "
        f"p-values were adjusted by Holm {methods.cite('holm')} over the lines of a kind"
    )
    if any(one.line.get("expected") == "unchanged" for one in verdict.lines):
        sentence += f", and absence of change was tested by equivalence {methods.cite('tost')}"
    methods.sentences.append(sentence + ".")
