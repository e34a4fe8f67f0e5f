"""Partial information decomposition on the dense joint p(s, y): slow, plain, and written from the papers alone.

Nothing here comes from the code under test: antichains are found by trying every set of collections, unions of events
by looking at every pair of cells, atoms by recursion down the lattice, and gradients by automatic differentiation.

Sources: Williams & Beer 2010; Makkeh, Gutknecht & Wibral, Phys. Rev. E 103, 032149 (2021); Gutknecht, Wibral & Makkeh,
Proc. R. Soc. A 477 (2021).
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import combinations, product
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
Collection = frozenset[int]
Antichain = frozenset[Collection]

# The published order of the atoms, from the authors' goal vectors.
TRIVARIATE_ORDER = (
    *("{F}{C}{L}", "{F}{C}", "{F}{L}", "{C}{L}", "{F}{CL}", "{C}{FL}", "{L}{FC}", "{F}", "{C}", "{L}"),
    *("{FC}{FL}{CL}", "{FC}{FL}", "{FC}{CL}", "{FL}{CL}", "{FC}", "{FL}", "{CL}", "{FCL}"),
)
BIVARIATE_ORDER = ("{1}", "{2}", "{1}{2}", "{12}")


def named(name: str) -> Antichain:
    """Antichain of source numbers: {F}{CL} and {1}{23} are both {{0}, {1, 2}}."""
    number = {"F": 0, "C": 1, "L": 2, "1": 0, "2": 1, "3": 2, "4": 3}
    return frozenset(frozenset(number[letter] for letter in part) for part in re.findall(r"{(\w+)}", name))


def subsets(items: Iterable[T]) -> list[frozenset[T]]:
    """All non-empty subsets."""
    listed = list(items)
    return [frozenset(chosen) for size in range(1, len(listed) + 1) for chosen in combinations(listed, size)]


@cache
def antichains(n_sources: int) -> list[Antichain]:
    """Every non-empty set of collections in which none contains another."""
    candidates = subsets(subsets(range(n_sources)))
    return [candidate for candidate in candidates if not any(a < b for a in candidate for b in candidate)]


def below(alpha: Antichain, beta: Antichain) -> bool:
    """α ≼ β: for every b in β there is an a in α with a ⊆ b."""
    return all(any(a.issubset(b) for a in alpha) for b in beta)


@cache
def all_below(alpha: Antichain, n_sources: int) -> list[Antichain]:
    """Every β ≼ α but α itself."""
    return [beta for beta in antichains(n_sources) if beta != alpha and below(beta, alpha)]


def cells(n_bins: int, n_sources: int) -> Tensor:
    """Every s, (n_bins ** sources, source)."""
    return torch.tensor(list(product(range(n_bins), repeat=n_sources)))


def joint(bins: Tensor, theta: Tensor, n_bins: int) -> Tensor:
    """p(s, y) of one neuron, (n_bins ** sources, 2), from bins (source, sample) and θ (sample,)."""
    in_cell = (cells(n_bins, len(bins))[:, None] == bins.T).all(dim=-1).to(theta)
    return torch.stack([in_cell @ (1 - theta), in_cell @ theta], dim=1) / len(theta)


@cache
def agreement(n_bins: int, n_sources: int, collection: Collection) -> Tensor:
    """Whether two cells are alike in a collection's sources, (cell, cell)."""
    s_a = cells(n_bins, n_sources)[:, sorted(collection)]
    return (s_a[:, None] == s_a).all(dim=-1)


def redundancy(p: Tensor, alpha: Antichain, n_sources: int) -> Tensor:
    """I∩(α; Y) = Σ p(s,y) log2 [ P(y, ∪_a {S_a = s_a}) / ( P(∪_a {S_a = s_a}) p(y) ) ]."""
    n_bins = round(len(p) ** (1 / n_sources))
    in_union = torch.zeros(len(p), len(p), dtype=torch.bool)
    for collection in alpha:
        in_union |= agreement(n_bins, n_sources, collection)
    joint_union = in_union.to(p) @ p
    p_union = joint_union.sum(dim=1, keepdim=True)
    p_y = p.sum(dim=0, keepdim=True).expand_as(p)
    some = p > 0
    ratio = joint_union[some] / (p_union.expand_as(p)[some] * p_y[some])
    return (p[some] * torch.log2(ratio)).sum()


def atoms(p: Tensor, n_sources: int) -> dict[Antichain, Tensor]:
    """Π(α) = I∩(α) − Σ_{β ≺ α} Π(β), by recursion."""
    found: dict[Antichain, Tensor] = {}

    def atom(alpha: Antichain) -> Tensor:
        if alpha not in found:
            lower = [atom(beta) for beta in all_below(alpha, n_sources)]
            found[alpha] = redundancy(p, alpha, n_sources) - sum(lower)
        return found[alpha]

    return {alpha: atom(alpha) for alpha in antichains(n_sources)}


def entropy(p: Tensor) -> Tensor:
    """−Σ p log2 p of any probabilities."""
    positive = p[p > 0]
    return -(positive * torch.log2(positive)).sum()


def mutual_information(p: Tensor) -> Tensor:
    """I(Y; all sources) = H(S) + H(Y) − H(S, Y)."""
    return entropy(p.sum(dim=1)) + entropy(p.sum(dim=0)) - entropy(p.flatten())


def terms(bins: Tensor, theta: Tensor, order: Iterable[str], n_bins: int) -> Tensor:
    """Atoms in an order of names, then H_res = H(Y) − I(Y; all sources), of one neuron."""
    p = joint(bins, theta, n_bins)
    by_antichain = atoms(p, len(bins))
    residual = entropy(p.sum(dim=0)) - mutual_information(p)
    return torch.stack([*(by_antichain[named(name)] for name in order), residual])


def goal_and_gradient(
    bins: Tensor, theta: Tensor, gamma: Tensor, order: Iterable[str], n_bins: int
) -> tuple[Tensor, Tensor]:
    """G = γ·terms of one neuron and ∂G/∂θ, (sample,), in float64."""
    variable = theta.detach().to(torch.float64).clone().requires_grad_()
    goal = gamma.to(torch.float64) @ terms(bins, variable, order, n_bins)
    (gradient,) = torch.autograd.grad(goal, variable)
    return goal.detach(), gradient


def relabelled(bins: Tensor) -> Tensor:
    """The same symbols numbered 0, 1, 2, … in each source, so that the dense joint stays small."""
    return torch.stack([torch.unique(source, return_inverse=True)[1] for source in bins])


def weights_in_order(weights: Mapping[str, float], order: Iterable[str]) -> Tensor:
    """γ from named weights, the residual entropy under H_res; what is not named is 0."""
    return torch.tensor([weights.get(name, 0.0) for name in [*order, "H_res"]], dtype=torch.float64)
