"""How much each searched weight matters for the validation accuracy, by Optuna's evaluators."""
