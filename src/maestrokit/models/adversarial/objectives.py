"""What adversarial training is made of: objectives of two players, penalties, reconstruction losses, and what shows a
generator that has collapsed.

A discriminator D returns a log-odds that its input is real. With x real and G(z) generated, r = D(x) and g = D(G(z)):

================  ==========================================  ==================
objective         loss of the discriminator                   of the generator
================  ==========================================  ==================
minimax           -log s(r) - log(1 - s(g))                   log(1 - s(g)) [1]
non_saturating    -log s(r) - log(1 - s(g))                   -log s(g) [1]
relativistic      -log s(r - g)                               -log s(g - r) [2]
hinge             max(0, 1 - r) + max(0, 1 + g)               -g [3]
================  ==========================================  ==================

s is the logistic function, and all are means over a batch. The relativistic loss compares each real example with one
that is generated, so that both players always have a gradient; with penalties on the gradients at both (R1 and R2) it
converges locally, and needs no further tricks [4].

References
----------
.. [1] I. Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014 (minimax, and the loss that does not saturate).
.. [2] A. Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019 (the paired form).
.. [3] J. H. Lim, J. C. Ye, "Geometric GAN", 2017.
.. [4] Y. Huang et al., "The GAN is dead; long live the GAN! A Modern Baseline GAN", NeurIPS 2024 (R3GAN).
.. [5] L. Mescheder et al., "Which Training Methods for GANs do actually Converge?", ICML 2018 (R1 and R2).
.. [6] D. Dowson, B. Landau, "The Frechet distance between multivariate normal distributions", Journal of Multivariate
   Analysis 12, 1982.
"""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (as everywhere)

OBJECTIVES = ("relativistic", "non_saturating", "minimax", "hinge")
RECONSTRUCTIONS = ("bce", "mse", "cross_entropy")
COLLAPSED = 0.1  # of the distance between real examples: nearer ones are nearly the same


def discriminator_loss(objective: str, real: Tensor, generated: Tensor) -> Tensor:
    """Return what a discriminator minimises, from its log-odds of real and of generated examples.

    Shape
    -----
    real, generated : any, the same of both; the relativistic loss compares the elements in pairs
    result : ()
    """
    if objective == "relativistic":
        return F.softplus(generated - real).mean()
    if objective == "hinge":
        return (F.relu(1 - real) + F.relu(1 + generated)).mean()
    return (F.softplus(-real) + F.softplus(generated)).mean()


def generator_loss(objective: str, real: Tensor, generated: Tensor) -> Tensor:
    """Return what a generator minimises; see :func:`discriminator_loss`."""
    if objective == "relativistic":
        return F.softplus(real - generated).mean()
    if objective == "hinge":
        return -generated.mean()
    if objective == "minimax":
        return -F.softplus(generated).mean()
    return F.softplus(-generated).mean()


def gradient_penalty(log_odds: Tensor, examples: Tensor) -> Tensor:
    """Return the mean squared norm of the gradient of a discriminator at examples [5].

    At real ones it is R1, at generated ones R2. It is zero-centred: the discriminator is to be flat, and where it is,
    the generator has reached the data. It counts half, times a weight.

    Parameters
    ----------
    log_odds : Tensor, shape (batch, ..)
        Made from `examples`, whose gradients are required.
    examples : Tensor, shape (batch, ..)
    """
    (gradient,) = torch.autograd.grad(log_odds.sum(), examples, create_graph=True)
    return gradient.float().square().flatten(1).sum(dim=1).mean()


def reconstruction_loss(kind: str, log_odds: Tensor, target: Tensor) -> Tensor:
    """Return how far binary cells are from what they should be: summed over the last axis, averaged over the others.

    Parameters
    ----------
    kind : {'bce', 'mse', 'cross_entropy'}
        ``bce`` is the cross-entropy of each cell by itself, ``mse`` the squared error of its probability,
        ``cross_entropy`` that of which cells of the last axis are set, as one choice among these and none: a softmax
        over the log-odds and 0, with equal shares of the target for all that are set.
    log_odds : Tensor, shape (.., cells)
    target : Tensor, shape (.., cells)
        0 or 1.
    """
    log_odds = log_odds.float()
    if kind == "mse":
        return (log_odds.sigmoid() - target).square().sum(dim=-1).mean()
    if kind == "cross_entropy":
        nothing = log_odds.new_zeros(*log_odds.shape[:-1], 1)
        shares = torch.cat((target, (target.sum(dim=-1, keepdim=True) == 0).float()), dim=-1)
        shares = shares / shares.sum(dim=-1, keepdim=True)
        return -(shares * torch.cat((log_odds, nothing), dim=-1).log_softmax(dim=-1)).sum(dim=-1).mean()
    return F.binary_cross_entropy_with_logits(log_odds, target, reduction="none").sum(dim=-1).mean()


def accuracies(real: Tensor, generated: Tensor) -> tuple[float, float]:
    """Return the shares of real and of generated examples that log-odds are right about.

    The threshold is midway between the two means, since only differences count in the relativistic loss.

    >>> accuracies(torch.tensor([3.0, 4.0, 5.0, 0.0]), torch.tensor([1.0, 0.0, 0.0, 0.0]))
    (0.75, 1.0)
    """
    threshold = (real.mean() + generated.mean()) / 2
    return (real > threshold).float().mean().item(), (generated < threshold).float().mean().item()


def pairwise_distance(examples: Tensor) -> float:
    """Return the mean distance between two examples of a set, (examples, ..); near 0 where all are alike."""
    return F.pdist(examples.flatten(1).float()).mean().item()


def nearest_distance(examples: Tensor, others: Tensor) -> float:
    """Return the mean distance of examples to the nearest of others, both (.., the same shape); 0 for copies."""
    return torch.cdist(examples.flatten(1).float(), others.flatten(1).float()).amin(dim=1).mean().item()


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Return |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two sets of vectors, taken as normal distributions [6].

    A generator that makes one thing has no covariance, so it cannot come near.

    Shape
    -----
    first, second : (vectors, values), two vectors or more of each
    """
    first, second = first.double(), second.double()
    covariances = first.T.cov(), second.T.cov()
    values, vectors = torch.linalg.eigh(covariances[0])
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ covariances[1] @ root).clamp(min=0).sqrt().sum()
    trace = sum(covariance.trace() for covariance in covariances) - 2 * cross
    return max(float((first.mean(dim=0) - second.mean(dim=0)).square().sum() + trace), 0.0)


def collapse_note(spread: float) -> str:
    """Return a sentence where generated examples differ too little; empty otherwise.

    Parameters
    ----------
    spread : float
        Mean distance between two generated examples, over that between two real ones.

    >>> collapse_note(0.04)
    'the generator has collapsed: what it makes differs 0.04 times as much as what is real'
    """
    if spread >= COLLAPSED:
        return ""
    return f"the generator has collapsed: what it makes differs {spread:.2f} times as much as what is real"
