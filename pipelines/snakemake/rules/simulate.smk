# Counts for the example: siS6K1 against siNC, simulated.


rule simulate:
    output:
        counts="simulated/{scenario}/simulate/counts.tsv",
        samples="simulated/{scenario}/simulate/samples.tsv",
        truth="simulated/{scenario}/simulate/truth.tsv",
        parameters="simulated/{scenario}/simulate/parameters.json",
        record="simulated/{scenario}/simulate/run.json",
    wildcard_constraints:
        scenario="|".join(SCENARIOS),
    log:
        f"{LOGS}/simulated/{{scenario}}.log",
    benchmark:
        f"{BENCHMARKS}/simulated/{{scenario}}.tsv"
    params:
        out=out_folder,
        seed=SETTINGS["seed"],
        replicates=SETTINGS["simulate"]["replicates"],
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "rnaseq-s6k1 simulate --scenario {wildcards.scenario:q} --seed {params.seed:q}"
        " --replicates {params.replicates:q} --out {params.out:q} > {log:q} 2>&1"
