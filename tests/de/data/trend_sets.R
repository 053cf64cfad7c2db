# Sets of means and gene-wise dispersions, one a seed, that the trend tests are about.
trend_set <- function(seed, n_genes = 40) {
  set.seed(seed)
  mean <- exp(rnorm(n_genes, sample(c(1, 3, 6), 1), sample(c(0.5, 1.5, 2.5), 1)))
  curve <- switch(sample(4, 1),
    0.05 + 2 / mean,
    3 / mean^1.3,
    0.01 + 0.5 * exp(-(log(mean) - 3)^2),
    0.01 * mean^0.3
  )
  scatter <- sample(c(0.3, 1, 2), 1)
  data.frame(mean, dispersion = pmin(pmax(curve * exp(rnorm(n_genes, 0, scatter)), 1e-8), 10))
}
