"""The search itself: a study's spec as an Optuna study, its sampler and its trials."""
