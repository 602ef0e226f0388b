"""Generative adversarial networks [1]: a generator, and a discriminator that tells what it makes from what is real.

Each task has a network of its own; objectives, penalties and reconstruction losses are in
:mod:`maestrokit.models.adversarial.objectives`.

References
----------
.. [1] I. Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014.
"""

TASKS = ("improvise", "latent", "style", "critic")
NETWORKS = {
    "improvise": "adversarial.improvise",
    "latent": "adversarial.latent",
    "style": "adversarial.style",
    "critic": "adversarial.critic",
}
