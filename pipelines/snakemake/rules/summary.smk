# One line a comparison.


rule verdicts:
    input:
        verdicts=expand(
            f"{RESULTS}/{{comparison}}/signature/verdict.json", comparison=COMPARISONS
        ),
        degs=expand(f"{RESULTS}/{{comparison}}/de/degs.tsv", comparison=COMPARISONS),
    output:
        report(
            f"{RESULTS}/verdicts.tsv",
            caption="../report/verdicts.rst",
            category="1. Verdict",
            labels={"comparison": "all", "what": "table verdicts.tsv"},
        ),
    log:
        f"{LOGS}/verdicts.log",
    benchmark:
        f"{BENCHMARKS}/verdicts.tsv"
    params:
        folder=lambda wildcards, output: str(Path(output[0]).parent),
        names=list(COMPARISONS),
    conda:
        "../envs/rnaseq-s6k1.yaml"
    script:
        "../scripts/verdicts.py"
