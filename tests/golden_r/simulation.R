# Counts of the reference scenarios: negative binomial, gene by gene, written for this
# project. Dispersions follow asymptote + extra / mean with log-normal scatter, means are
# log-normal, a share of the genes changes.

expected_means <- function(n_genes, log_mean = log(100), log_sd = 1.8, largest = 1e5) {
  pmin(exp(rnorm(n_genes, log_mean, log_sd)), largest)
}

dispersions <- function(means, asymptote = 0.05, extra = 2, scatter = 0.5) {
  (asymptote + extra / means) * exp(rnorm(length(means), 0, scatter))
}

# One column of log2 effects a column of the design matrix; the intercept gets none.
effects <- function(n_genes, design, share = 0.25, size = 1.2) {
  beta <- matrix(0, n_genes, ncol(design), dimnames = list(NULL, colnames(design)))
  for (name in setdiff(colnames(design), "(Intercept)")) {
    beta[, name] <- rnorm(n_genes, 0, size) * (runif(n_genes) < share)
  }
  beta
}

# Genes x samples. `depths` are the library sizes relative to one another.
draw_counts <- function(means, alpha, beta, design,
                        depths = exp(rnorm(nrow(design), 0, 0.25))) {
  mu <- means * 2^(beta %*% t(design))
  mu <- sweep(mu, 2, depths, "*")
  counts <- matrix(rnbinom(length(mu), mu = mu, size = 1 / alpha), nrow(mu))
  storage.mode(counts) <- "integer"
  counts
}

simulate <- function(samples, formula, n_genes = 400, ..., asymptote = 0.05, extra = 2,
                     scatter = 0.5, share = 0.25, size = 1.2) {
  design <- model.matrix(as.formula(formula), samples)
  means <- expected_means(n_genes, ...)
  alpha <- dispersions(means, asymptote, extra, scatter)
  draw_counts(means, alpha, effects(n_genes, design, share, size), design)
}

# Multiply single counts of `n` genes, one sample each.
plant_outliers <- function(counts, n, factors = c(20, 60, 200)) {
  genes <- sample(which(rowMeans(counts) > 20), n)
  for (i in seq_along(genes)) {
    sample_ <- sample(ncol(counts), 1)
    planted <- (counts[genes[i], sample_] + 5) * factors[(i - 1) %% length(factors) + 1]
    counts[genes[i], sample_] <- as.integer(min(planted, 2e9))
  }
  counts
}

# The first rows become the corner cases of low counts: no count at all, one single count,
# counts in one sample only, counts in one group only.
plant_low <- function(counts, group) {
  first <- group == group[1]
  counts[1:8, ] <- 0L
  for (i in 9:16) {
    counts[i, ] <- 0L
    counts[i, (i - 9) %% ncol(counts) + 1] <- 1L
  }
  for (i in 17:24) {
    counts[i, ] <- 0L
    counts[i, (i - 17) %% ncol(counts) + 1] <- as.integer(10^(1 + (i - 17) %% 4))
  }
  for (i in 25:40) counts[i, if (i %% 2) first else !first] <- 0L
  for (i in 41:80) counts[i, ] <- rpois(ncol(counts), 0.3)
  for (i in 81:110) counts[i, ] <- rpois(ncol(counts), 2)
  counts
}
