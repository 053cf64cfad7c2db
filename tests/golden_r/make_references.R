# Makes the reference outputs of this folder: simulates counts, runs DESeq2 as a black box,
# writes one folder a scenario. See README.md.
#
#   Rscript make_references.R [SCENARIO ...]

suppressPackageStartupMessages({
  library(DESeq2)
  library(jsonlite)
})

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "simulation.R"))
source(file.path(here, "scenarios.R"))

# The shortest of 15, 16 and 17 significant digits that reads back as the same number.
digits <- function(x) {
  text <- sprintf("%.17g", x)
  for (n in c(16, 15)) {
    shorter <- sprintf(paste0("%.", n, "g"), x)
    same <- !is.na(x) & suppressWarnings(as.numeric(shorter)) == x
    text[same] <- shorter[same]
  }
  text[is.na(x)] <- "NA"
  text
}

# zlib writes no time into the header, so the bytes are the same at every run.
write_tsv <- function(table, path) {
  table <- as.data.frame(table, check.names = FALSE)
  for (name in names(table)) {
    column <- table[[name]]
    if (is.double(column)) table[[name]] <- digits(column)
    if (is.logical(column)) {
      table[[name]] <- ifelse(is.na(column), "NA", ifelse(column, "True", "False"))
    }
  }
  connection <- if (endsWith(path, ".gz")) gzfile(path, "wb", compression = 9) else file(path, "wb")
  on.exit(close(connection))
  write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE, na = "NA", eol = "\n")
}

write_json_file <- function(object, path) {
  text <- toJSON(object, auto_unbox = TRUE, pretty = 2, digits = NA, null = "null", na = "null")
  writeLines(text, path, sep = "\n")
}

by_gene <- function(matrix_) {
  data.frame(gene_id = rownames(matrix_), as.data.frame(matrix_), check.names = FALSE)
}

# What DESeq2 says at every run; anything else is recorded.
routine <- c(
  "estimating size factors", "estimating dispersions", "gene-wise dispersion estimates",
  "mean-dispersion relationship", "final dispersion estimates", "fitting model and testing"
)

fit_scenario <- function(dds, options) {
  factors <- options$size_factors
  if (factors == "given") sizeFactors(dds) <- options$given_size_factors
  if (factors == "matrix") normalizationFactors(dds) <- options$normalization_factors
  arguments <- list(dds, fitType = options$fit_type, test = options$test, quiet = FALSE)
  if (factors %in% c("poscounts", "iterate")) arguments$sfType <- factors
  if (options$test == "LRT") arguments$reduced <- as.formula(options$reduced)
  do.call(DESeq, arguments)
}

one_result <- function(dds, asked) {
  arguments <- list(
    dds,
    alpha = asked$alpha, independentFiltering = asked$independent_filtering,
    lfcThreshold = asked$lfc_threshold, altHypothesis = asked$alternative
  )
  if (!asked$cooks_cutoff) arguments$cooksCutoff <- FALSE
  contrast <- asked$contrast
  if (contrast$kind == "levels") {
    arguments$contrast <- c(contrast$factor, contrast$target, contrast$reference)
  } else if (contrast$kind == "coefficient") {
    arguments$name <- contrast$name
  } else {
    arguments$contrast <- unlist(contrast$weights)
  }
  do.call(results, arguments)
}

# The weights of the model's coefficients, whichever way the contrast was asked for.
weights_of <- function(contrast, names, design, samples) {
  if (contrast$kind == "vector") return(unlist(contrast$weights))
  if (contrast$kind == "coefficient") return(as.numeric(names == contrast$name))
  level <- function(level) as.numeric(names == paste0(contrast$factor, "_", level, "_vs_", levels(samples[[contrast$factor]])[1]))
  level(contrast$target) - level(contrast$reference)
}

gene_columns <- c(
  "baseMean", "allZero", "dispGeneEst", "dispFit", "dispMAP", "dispersion", "dispOutlier",
  "betaConv", "fullBetaConv", "reducedBetaConv", "betaIter", "maxCooks", "replace"
)

write_transformations <- function(dds, scenario, folder) {
  for (kind in scenario$transformations) {
    blind <- kind$blind
    transformed <- if (kind$method == "subset") {
      vst(dds, blind = blind, nsub = 1000)
    } else {
      varianceStabilizingTransformation(dds, blind = blind, fitType = scenario$options$fit_type)
    }
    write_tsv(by_gene(assay(transformed)), file.path(folder, paste0("transformed_", kind$name, ".tsv.gz")))
  }
}

make <- function(scenario, name) {
  set.seed(scenario$seed)
  built <- scenario$build()
  samples <- built$samples
  rownames(samples) <- sprintf("s%02d", seq_len(nrow(samples)))
  counts <- built$counts
  dimnames(counts) <- list(sprintf("g%04d", seq_len(nrow(counts))), rownames(samples))
  scenario$options <- modifyList(
    list(fit_type = "parametric", size_factors = "ratio", test = "Wald"), c(list(), scenario$options)
  )
  options <- scenario$options
  options$given_size_factors <- built$size_factors
  options$normalization_factors <- built$normalization_factors
  if (!is.null(options$normalization_factors)) dimnames(options$normalization_factors) <- dimnames(counts)

  said <- character()
  note <- function(condition) {
    text <- trimws(gsub("\\s+", " ", conditionMessage(condition)))
    if (!text %in% c(routine, said)) said <<- c(said, text)
  }
  collected <- withCallingHandlers(
    {
      dds <- DESeqDataSetFromMatrix(counts, samples, as.formula(scenario$formula))
      dds <- fit_scenario(dds, options)
      list(dds = dds, tables = lapply(scenario$results, one_result, dds = dds))
    },
    message = function(m) { note(m); invokeRestart("muffleMessage") },
    warning = function(w) { note(w); invokeRestart("muffleWarning") }
  )
  dds <- collected$dds

  folder <- file.path(here, "references", name)
  unlink(folder, recursive = TRUE)
  dir.create(folder, recursive = TRUE)
  write_tsv(by_gene(counts), file.path(folder, "counts.tsv.gz"))
  write_tsv(data.frame(sample = rownames(samples), samples), file.path(folder, "samples.tsv"))
  design <- attr(dds, "modelMatrix")
  if (is.null(design)) design <- model.matrix(design(dds), as.data.frame(colData(dds)))
  write_tsv(data.frame(sample = rownames(samples), design, check.names = FALSE), file.path(folder, "design_matrix.tsv"))
  if (!is.null(options$normalization_factors)) {
    write_tsv(by_gene(options$normalization_factors), file.path(folder, "normalization_factors.tsv.gz"))
  } else {
    write_tsv(data.frame(sample = rownames(samples), size_factor = unname(sizeFactors(dds))), file.path(folder, "size_factors.tsv"))
  }
  kept <- intersect(gene_columns, names(mcols(dds)))
  write_tsv(data.frame(gene_id = rownames(dds), as.data.frame(mcols(dds)[, kept])), file.path(folder, "genes.tsv.gz"))
  write_transformations(dds, scenario, folder)

  asked <- list()
  thresholds <- list()
  for (label in names(scenario$results)) {
    table <- collected$tables[[label]]
    write_tsv(data.frame(gene_id = rownames(table), as.data.frame(table)[, -1]), file.path(folder, paste0("results_", label, ".tsv.gz")))
    entry <- scenario$results[[label]]
    entry$contrast$weights <- I(weights_of(entry$contrast, resultsNames(dds), design, samples))
    asked[[label]] <- entry
    found <- metadata(table)$filterThreshold
    thresholds[[label]] <- if (is.null(found)) NULL else unname(found)
  }
  factor_levels <- lapply(Filter(is.factor, samples), function(column) I(levels(column)))
  write_json_file(
    list(
      description = scenario$description, formula = scenario$formula,
      levels = if (length(factor_levels)) factor_levels else setNames(list(), character()),
      coefficients = I(resultsNames(dds)),
      options = scenario$options, results = asked,
      transformations = scenario$transformations
    ),
    file.path(folder, "design.json")
  )
  function_ <- dispersionFunction(dds)
  coefficients <- attr(function_, "coefficients")
  write_json_file(
    list(
      fit_type = attr(function_, "fitType"),
      dispersion_coefficients = if (is.null(coefficients)) NULL else as.list(coefficients),
      mean_dispersion = attr(function_, "mean"),
      prior_variance = attr(function_, "dispPriorVar"),
      residual_variance = attr(function_, "varLogDispEsts"),
      residual_degrees_of_freedom = nrow(design) - ncol(design),
      filter_thresholds = if (length(thresholds)) thresholds else setNames(list(), character()),
      genes = nrow(dds), all_zero = sum(mcols(dds)$allZero),
      replaced = sum(mcols(dds)$replace, na.rm = TRUE),
      # DESeq2 hands rows that reach 100 iterations to a general optimiser.
      given_to_optimiser = sum(mcols(dds)$betaIter >= 100, na.rm = TRUE),
      not_converged = sum(!mcols(dds)[[if (options$test == "LRT") "fullBetaConv" else "betaConv"]], na.rm = TRUE),
      messages = I(said), seed = scenario$seed,
      versions = list(R = as.character(getRversion()), DESeq2 = as.character(packageVersion("DESeq2")))
    ),
    file.path(folder, "meta.json")
  )
  cat(sprintf("%-24s %s\n", name, paste(said, collapse = " | ")))
}

asked_for <- commandArgs(trailingOnly = TRUE)
for (name in if (length(asked_for)) asked_for else names(scenarios)) make(scenarios[[name]], name)
