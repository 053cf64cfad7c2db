# What is simulated, and what is asked of DESeq2.

levels_contrast <- function(factor, target, reference) {
  list(kind = "levels", factor = factor, target = target, reference = reference)
}
coefficient_contrast <- function(name) list(kind = "coefficient", name = name)
vector_contrast <- function(...) list(kind = "vector", weights = c(...))

ask <- function(contrast, alpha = 0.1, independent_filtering = TRUE, cooks_cutoff = TRUE,
                lfc_threshold = 0, alternative = "greaterAbs") {
  list(
    contrast = contrast, alpha = alpha, independent_filtering = independent_filtering,
    cooks_cutoff = cooks_cutoff, lfc_threshold = lfc_threshold, alternative = alternative
  )
}

# One question under each of the four alternatives.
ask_alternatives <- function(contrast, threshold) {
  kinds <- c("greaterAbs", "lessAbs", "greater", "less")
  asked <- lapply(kinds, function(kind) ask(contrast, lfc_threshold = threshold, alternative = kind))
  setNames(asked, paste0("threshold_", kinds))
}

groups <- function(...) {
  sizes <- c(...)
  data.frame(condition = factor(rep(names(sizes), sizes), levels = names(sizes)))
}

condition <- levels_contrast("condition", "treated", "control")
plain <- list(condition = ask(condition))

transformation <- function(name, blind, method = "full") {
  list(name = name, blind = blind, method = method)
}
both_transformations <- list(transformation("blind", TRUE), transformation("not_blind", FALSE))

two_groups <- function(n_control, n_treated, ...) {
  samples <- groups(control = n_control, treated = n_treated)
  list(samples = samples, counts = simulate(samples, "~ condition", ...))
}

two_by_two <- function() {
  expand.grid(
    replicate = 1:3,
    treatment = factor(c("none", "drug"), levels = c("none", "drug")),
    genotype = factor(c("intact", "mutant"), levels = c("intact", "mutant"))
  )[, c("genotype", "treatment")]
}

# Every gene has a zero in some sample, as in shallow sequencing.
sparse <- function() {
  built <- two_groups(5, 5, n_genes = 300, log_mean = log(12), log_sd = 1.5)
  for (i in seq_len(300)) built$counts[i, (i - 1) %% 10 + 1] <- 0L
  built
}

scenarios <- list(
  single_factor = list(
    description = "4 v 4, one factor; thresholds of p-values, filtering and Cook's cut-off on and off",
    seed = 101, formula = "~ condition",
    build = function() two_groups(4, 4, log_mean = log(30), log_sd = 2),
    results = c(
      plain,
      list(
        alpha_05 = ask(condition, alpha = 0.05),
        no_filtering = ask(condition, independent_filtering = FALSE),
        no_cooks = ask(condition, cooks_cutoff = FALSE)
      ),
      ask_alternatives(condition, 0.5)
    ),
    transformations = both_transformations
  ),
  multi_factor = list(
    description = "three batches and two conditions, two samples in each cell",
    seed = 102, formula = "~ batch + condition",
    build = function() {
      samples <- expand.grid(
        replicate = 1:2, batch = factor(c("a", "b", "c")),
        condition = factor(c("control", "treated"))
      )[, c("batch", "condition")]
      list(samples = samples, counts = simulate(samples, "~ batch + condition"))
    },
    results = c(
      plain,
      list(batch = ask(levels_contrast("batch", "c", "a")), threshold = ask(condition, lfc_threshold = 1))
    ),
    transformations = list(transformation("not_blind", FALSE))
  ),
  interaction = list(
    description = "2 x 2, three samples in each cell; main effect, interaction, effect in the mutant",
    seed = 103, formula = "~ genotype + treatment + genotype:treatment",
    build = function() {
      samples <- two_by_two()
      list(samples = samples, counts = simulate(samples, "~ genotype * treatment"))
    },
    results = list(
      interaction = ask(coefficient_contrast("genotypemutant.treatmentdrug")),
      treatment_in_intact = ask(levels_contrast("treatment", "drug", "none")),
      treatment_in_mutant = ask(vector_contrast(0, 0, 1, 1))
    )
  ),
  continuous = list(
    description = "a group and a continuous covariate, with outliers: continuous designs have no replicates",
    seed = 104, formula = "~ dose + condition",
    build = function() {
      samples <- data.frame(dose = round(rnorm(12), 3), groups(control = 6, treated = 6))
      counts <- simulate(samples, "~ dose + condition", size = 0.8)
      list(samples = samples, counts = plant_outliers(counts, 15))
    },
    results = c(plain, list(dose = ask(coefficient_contrast("dose"))))
  ),
  continuous_wide = list(
    description = "one covariate far from zero (ages), genes absent in one sex",
    seed = 105, formula = "~ age + sex",
    build = function() {
      samples <- data.frame(
        age = round(runif(14, 25, 85)), sex = factor(rep(c("f", "m"), 7))
      )
      scaled <- transform(samples, age = (age - 55) / 20)
      counts <- simulate(scaled, "~ age + sex", n_genes = 300, size = 0.8)
      counts[1:20, samples$sex == "m"] <- 0L
      list(samples = samples, counts = counts)
    },
    results = list(
      age = ask(coefficient_contrast("age")), sex = ask(levels_contrast("sex", "m", "f"))
    )
  ),
  many_levels = list(
    description = "five levels, three samples each; contrasts of any two levels and of averages",
    seed = 106, formula = "~ condition",
    build = function() {
      samples <- groups(a = 3, b = 3, c = 3, d = 3, e = 3)
      counts <- simulate(samples, "~ condition", n_genes = 300)
      # No counts in the two levels compared: R reports no change for these.
      counts[1:10, samples$condition %in% c("c", "d")] <- 0L
      counts[11:20, samples$condition == "d"] <- 0L
      list(samples = samples, counts = counts)
    },
    results = c(
      list(
        b_over_a = ask(levels_contrast("condition", "b", "a")),
        d_over_c = ask(levels_contrast("condition", "d", "c")),
        averages = ask(vector_contrast(0, -0.5, -0.5, 0.5, 0.5))
      ),
      ask_alternatives(levels_contrast("condition", "d", "c"), 0.75),
      list(averages_threshold = ask(vector_contrast(0, -0.5, -0.5, 0.5, 0.5), lfc_threshold = 0.5))
    )
  ),
  two_by_two_samples = list(
    description = "2 v 2: two residual degrees of freedom, the prior variance is simulated",
    seed = 107, formula = "~ condition",
    build = function() two_groups(2, 2, scatter = 1.3, extra = 1),
    results = plain
  ),
  outliers_3v3 = list(
    description = "3 v 3 with planted outliers: flagged, never replaced",
    seed = 108, formula = "~ condition",
    build = function() {
      built <- two_groups(3, 3)
      built$counts <- plant_outliers(built$counts, 25)
      built
    },
    results = plain
  ),
  outliers_8v8 = list(
    description = "8 v 8 with planted outliers: counts are replaced and genes refitted",
    seed = 109, formula = "~ condition",
    build = function() {
      built <- two_groups(8, 8)
      built$counts <- plant_outliers(built$counts, 30)
      # A gene whose only count is an outlier: nothing is left after its replacement.
      built$counts[1:2, ] <- 0L
      built$counts[1, 3] <- 500L
      built$counts[2, 12] <- 4000L
      built
    },
    results = c(plain, list(no_cooks = ask(condition, cooks_cutoff = FALSE)))
  ),
  outliers_two_factors = list(
    description = "batch and condition, four samples a cell, outliers: flagged whatever the larger counts, not replaced",
    seed = 110, formula = "~ batch + condition",
    build = function() {
      samples <- expand.grid(
        replicate = 1:4, batch = factor(c("a", "b")), condition = factor(c("control", "treated"))
      )[, c("batch", "condition")]
      counts <- simulate(samples, "~ batch + condition", n_genes = 300)
      list(samples = samples, counts = plant_outliers(counts, 8))
    },
    results = plain
  ),
  outliers_uneven = list(
    description = "4 v 9 with outliers: only the larger group has samples enough for replacement; they spoil the parametric trend",
    seed = 111, formula = "~ condition",
    build = function() {
      built <- two_groups(4, 9, n_genes = 300)
      built$counts <- plant_outliers(built$counts, 30)
      built
    },
    results = plain
  ),
  low_counts = list(
    description = "5 v 5; genes without counts, with one, with counts in one sample or one group only",
    seed = 112, formula = "~ condition",
    build = function() {
      built <- two_groups(5, 5, log_mean = log(60))
      built$counts <- plant_low(built$counts, built$samples$condition)
      built
    },
    results = plain,
    transformations = list(transformation("blind", TRUE))
  ),
  unbalanced = list(
    description = "3 v 9",
    seed = 113, formula = "~ condition",
    build = function() two_groups(3, 9, n_genes = 300),
    results = plain
  ),
  high_dispersion = list(
    description = "4 v 4, dispersions of 1 and more",
    seed = 114, formula = "~ condition",
    build = function() two_groups(4, 4, asymptote = 1.2, extra = 8),
    results = plain
  ),
  low_dispersion = list(
    description = "3 v 3, nearly Poisson: many estimates stay at the lower bound",
    seed = 115, formula = "~ condition",
    build = function() two_groups(3, 3, asymptote = 0.002, extra = 0.3, size = 0.5),
    results = plain
  ),
  large_counts = list(
    description = "4 v 4, counts up to several millions",
    seed = 116, formula = "~ condition",
    build = function() {
      two_groups(4, 4, n_genes = 300, log_mean = log(1e5), log_sd = 1.5, largest = 3e6)
    },
    results = plain
  ),
  normalization_factors = list(
    description = "3 v 3, a matrix of factors, as from transcript lengths",
    seed = 117, formula = "~ condition",
    build = function() {
      samples <- groups(control = 3, treated = 3)
      factors <- matrix(exp(rnorm(300 * 6, 0, 0.3)), 300)
      factors <- round(factors / exp(rowMeans(log(factors))), 4)
      design <- model.matrix(~condition, samples)
      means <- expected_means(300)
      counts <- draw_counts(
        means * factors, dispersions(means), effects(300, design), design,
        depths = rep(1, 6)
      )
      list(samples = samples, counts = counts, normalization_factors = factors)
    },
    options = list(size_factors = "matrix"), results = plain
  ),
  given_size_factors = list(
    description = "3 v 3, size factors given by the user",
    seed = 118, formula = "~ condition",
    build = function() {
      samples <- groups(control = 3, treated = 3)
      depths <- c(0.5, 1.25, 0.8, 1.1, 2, 0.95)
      design <- model.matrix(~condition, samples)
      means <- expected_means(300)
      counts <- draw_counts(means, dispersions(means), effects(300, design), design, depths)
      list(samples = samples, counts = counts, size_factors = depths)
    },
    options = list(size_factors = "given"), results = plain,
    transformations = list(transformation("blind", TRUE))
  ),
  poscounts = list(
    description = "5 v 5, every gene has a zero; size factors of type poscounts",
    seed = 119, formula = "~ condition", build = sparse,
    options = list(size_factors = "poscounts"), results = plain
  ),
  iterate = list(
    description = "5 v 5, every gene has a zero; size factors of type iterate",
    seed = 119, formula = "~ condition", build = sparse,
    options = list(size_factors = "iterate"), results = plain
  ),
  lrt_two_groups = list(
    description = "likelihood-ratio test against ~ 1, 4 v 4",
    seed = 120, formula = "~ condition",
    build = function() two_groups(4, 4, n_genes = 300),
    options = list(test = "LRT", reduced = "~ 1"), results = plain
  ),
  lrt_levels = list(
    description = "likelihood-ratio test of a factor of three levels in two batches",
    seed = 121, formula = "~ batch + condition",
    build = function() {
      samples <- data.frame(batch = factor(rep(c("x", "y"), 6)), groups(a = 4, b = 4, c = 4))
      list(samples = samples, counts = simulate(samples, "~ batch + condition", n_genes = 300))
    },
    options = list(test = "LRT", reduced = "~ batch"),
    results = list(
      b_over_a = ask(levels_contrast("condition", "b", "a")),
      c_over_b = ask(levels_contrast("condition", "c", "b"))
    )
  ),
  lrt_interaction = list(
    description = "likelihood-ratio test of an interaction",
    seed = 122, formula = "~ genotype + treatment + genotype:treatment",
    build = function() {
      samples <- two_by_two()
      list(samples = samples, counts = simulate(samples, "~ genotype * treatment", n_genes = 300))
    },
    options = list(test = "LRT", reduced = "~ genotype + treatment"),
    results = list(interaction = ask(coefficient_contrast("genotypemutant.treatmentdrug")))
  ),
  lrt_outliers = list(
    description = "likelihood-ratio test after replacement of outliers, 8 v 8",
    seed = 123, formula = "~ condition",
    build = function() {
      built <- two_groups(8, 8, n_genes = 250)
      built$counts <- plant_outliers(built$counts, 8)
      built
    },
    options = list(test = "LRT", reduced = "~ 1"), results = plain
  ),
  fit_local = list(
    description = "4 v 4, local regression of the dispersion trend asked for",
    seed = 124, formula = "~ condition",
    build = function() two_groups(4, 4),
    options = list(fit_type = "local"), results = plain,
    transformations = list(transformation("not_blind", FALSE))
  ),
  fit_mean = list(
    description = "4 v 4, a constant trend asked for",
    seed = 125, formula = "~ condition",
    build = function() two_groups(4, 4, n_genes = 300, extra = 0),
    options = list(fit_type = "mean"), results = plain,
    transformations = list(transformation("not_blind", FALSE))
  ),
  fit_fallback = list(
    description = "4 v 4, dispersions grow with the mean: the parametric trend fails and R takes a local one",
    seed = 126, formula = "~ condition",
    build = function() {
      samples <- groups(control = 4, treated = 4)
      design <- model.matrix(~condition, samples)
      means <- expected_means(400)
      alpha <- 0.01 * (means / 50)^0.6 * exp(rnorm(400, 0, 0.4))
      list(samples = samples, counts = draw_counts(means, alpha, effects(400, design), design))
    },
    results = plain
  ),
  residual_df_1 = list(
    description = "two pairs: one residual degree of freedom",
    seed = 127, formula = "~ pair + condition",
    build = function() {
      samples <- data.frame(
        pair = factor(rep(c("a", "b"), 2)), condition = factor(rep(c("control", "treated"), each = 2))
      )
      list(samples = samples, counts = simulate(samples, "~ pair + condition", scatter = 1.3, extra = 1))
    },
    results = plain
  ),
  residual_df_3 = list(
    description = "four pairs: three residual degrees of freedom",
    seed = 128, formula = "~ pair + condition",
    build = function() {
      samples <- data.frame(
        pair = factor(rep(letters[1:4], 2)), condition = factor(rep(c("control", "treated"), each = 4))
      )
      list(samples = samples, counts = simulate(samples, "~ pair + condition", scatter = 1.3, extra = 1))
    },
    results = plain
  ),
  vst_subset = list(
    description = "3 v 3, 1,400 genes: vst() fits its trend to 1,000 of them",
    seed = 129, formula = "~ condition",
    build = function() two_groups(3, 3, n_genes = 1400),
    results = list(),
    transformations = list(
      transformation("subset_blind", TRUE, "subset"),
      transformation("subset_not_blind", FALSE, "subset")
    )
  )
)
