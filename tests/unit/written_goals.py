"""Goals as the content of files, made without what is tested."""

import io

import numpy as np


def hydra(*layers, top=""):
    """A goal file in the form of the paper's code: a gamma for each layer, as its lines."""
    parts = [f"  hidden_layer{number}:\n    gamma:{gamma}\n" for number, gamma in enumerate(layers, start=1)]
    return "# @package _global_\nexp_params:\n  goal_type: some\n\nlayer_params:\n" + "\n".join(parts) + top


def listed(gamma, indent=6):
    return "".join(f"\n{' ' * indent}- {weight!r}    # {{1}}{{2}}{{3}}0" for weight in gamma)


def npy(array, **options):
    content = io.BytesIO()
    np.save(content, np.asarray(array), **options)
    return content.getvalue()
