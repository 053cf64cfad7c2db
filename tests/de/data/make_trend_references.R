# Makes the references beside it, of the dispersion trends and the transformations that rest on
# them: Rscript make_trend_references.R, in this folder. R 4.2.2, DESeq2 1.38.3.
suppressMessages(library(DESeq2))
source("trend_sets.R")

write_tsv <- function(table, name) {
  for (column in names(table)) {
    if (is.double(table[[column]])) table[[column]] <- sprintf("%.15g", table[[column]])
  }
  out <- gzfile(paste0(name, ".tsv.gz"), "w")
  write.table(table, out, sep = "\t", quote = FALSE, row.names = FALSE)
  close(out)
}

# A data set of which only the means and gene-wise dispersions matter.
with_estimates <- function(set) {
  samples <- DataFrame(group = factor(c(1, 1, 2, 2)))
  counts <- matrix(1:4, nrow(set), 4, byrow = TRUE)
  dds <- DESeqDataSetFromMatrix(counts, samples, ~group)
  sizeFactors(dds) <- rep(1, 4)
  mcols(dds)$baseMean <- set$mean
  mcols(dds)$baseVar <- 1
  mcols(dds)$allZero <- FALSE
  mcols(dds)$dispGeneEst <- set$dispersion
  dds
}
fit <- function(set, type) {
  suppressWarnings(suppressMessages(estimateDispersionsFit(with_estimates(set), fitType = type)))
}

# Which trend R settles on. The seeds differ in how many rounds the parametric fit takes, and in
# whether the generalised linear model converges in each.
seeds <- c(1, 3, 2, 4, 19, 443, 20, 2251, 680, 3849, 1090, 2750, 899, 1944, 585, 102, 3830)
choices <- do.call(rbind, lapply(seeds, function(seed) {
  set <- trend_set(seed)
  dds <- fit(set, "parametric")
  chosen <- attr(dispersionFunction(dds), "fitType")
  data.frame(seed, set, chosen, fitted = mcols(dds)$dispFit)
}))
write_tsv(choices, "trend_choices")

# Local and mean trends, with dispersions about the two least that enter, 1e-6 and 1e-7.
set.seed(11)
means <- exp(rnorm(300, 4, 2))
set <- data.frame(
  mean = means,
  dispersion = (0.02 + 1.5 / means + 0.1 * exp(-(log(means) - 6)^2)) * exp(rnorm(300, 0, 0.6))
)
set$dispersion[1:8] <- c(1e-8, 5e-8, 2e-7, 5e-7, 9e-7, 1.1e-6, 2e-6, 1e-5)
local <- fit(set, "local")
set$local <- mcols(local)$dispFit
set$mean_trend <- mcols(fit(set, "mean"))$dispFit
write_tsv(set, "trend_local")
beyond <- 10^seq(-4, 8, by = 0.25)
write_tsv(data.frame(mean = beyond, local = dispersionFunction(local)(beyond)), "trend_local_beyond")

# Transformations of 3 against 3 samples.
set.seed(12)
n <- 400
mu <- exp(rnorm(n, 4.5, 1.5))
depth <- c(0.7, 1.1, 1.3, 0.9, 1.2, 0.8)
effect <- exp(rnorm(n, 0, 0.7) * (runif(n) < 0.3))
expected <- outer(mu, depth) * cbind(1, 1, 1, effect, effect, effect)
counts <- matrix(rnbinom(6 * n, mu = expected, size = 1 / (0.05 + 2 / mu)), n)
counts[1:3, ] <- 0L
colnames(counts) <- paste0("s", 1:6)
rownames(counts) <- sprintf("g%03d", seq_len(n))
samples <- data.frame(group = factor(rep(c("a", "b"), each = 3)), row.names = colnames(counts))
storage.mode(counts) <- "integer"
scaled <- DESeqDataSetFromMatrix(counts, samples, ~group)
dds <- estimateSizeFactors(scaled)
factors <- matrix(exp(rnorm(6 * n, 0, 0.2)), n, dimnames = dimnames(counts))
factors <- factors / exp(rowMeans(log(factors)))
normalizationFactors(scaled) <- factors

full <- function(dds, blind, type) {
  varianceStabilizingTransformation(dds, blind = blind, fitType = type)
}
transformed <- suppressMessages(list(
  full_blind_parametric = full(dds, TRUE, "parametric"),
  full_design_parametric = full(dds, FALSE, "parametric"),
  full_blind_local = full(dds, TRUE, "local"),
  full_design_local = full(dds, FALSE, "local"),
  full_design_mean = full(dds, FALSE, "mean"),
  subset_blind_parametric = vst(dds, TRUE, nsub = 150),
  subset_design_parametric = vst(dds, FALSE, nsub = 150),
  subset_blind_local = vst(dds, TRUE, nsub = 150, fitType = "local"),
  factors_design_parametric = full(scaled, FALSE, "parametric"),
  factors_design_local = full(scaled, FALSE, "local")
))
long <- function(values) data.frame(gene = rownames(values), values)
write_tsv(long(counts), "vst_counts")
write_tsv(long(factors), "vst_factors")
write_tsv(
  do.call(rbind, lapply(names(transformed), function(name) {
    data.frame(kind = name, long(round(assay(transformed[[name]]), 10)))
  })),
  "vst_transformed"
)
