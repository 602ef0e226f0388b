"""Means of systems by a linear mixed model, where statsmodels is installed."""

import warnings
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats

OPTIMIZERS = ("lbfgs", "bfgs", "powell")  # the next one where one does not converge
SUFFIX = ".mixed_model"
"""After the name of a scale: its means by the model."""


class MixedMeans(NamedTuple):
    """The mean of each system, and the ends of its 95 % interval (Wald's), each of shape (systems,)."""

    mean: Floats
    low: Floats
    high: Floats


def mixed_means(ratings: Floats) -> MixedMeans | None:
    """Return the means of systems, with listeners and clips as crossed random effects, by restricted likelihood.

    Unlike means over all ratings, they do not lean to listeners or clips with more ratings. The intervals assume
    normal effects and take their variances for known, so with few clips they are narrower than those by resamples.
    None without statsmodels, where there is too little, or where the fit does not converge.

    Parameters
    ----------
    ratings : float64, shape (systems, listeners, clips)
        NaN where a listener did not rate a clip.

    References
    ----------
    Baayen, R. H., Davidson, D. J. and Bates, D. M. Mixed-effects modeling with crossed random effects for subjects and
    items. Journal of Memory and Language 59, 2008.
    """
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec
    except ImportError:
        return None
    known = np.isfinite(ratings)
    system, listener, clip = np.nonzero(known)
    if min(ratings.shape[1:]) < 2 or not known.any(axis=(1, 2)).all():
        return None
    effects = {"listener": _indicators(listener), "clip": _indicators(system * ratings.shape[2] + clip)}
    names = [[[f"{name}{row}" for row in range(effect.shape[1])]] for name, effect in effects.items()]
    spec = VCSpec(list(effects), names, [[effect] for effect in effects.values()])
    model = MixedLM(ratings[known], _indicators(system), groups=np.ones(len(system)), exog_vc=spec)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = model.fit(reml=True, method=list(OPTIMIZERS))
    except (np.linalg.LinAlgError, ValueError):
        return None
    low, high = np.asarray(fitted.conf_int(), np.float64)[: len(ratings)].T
    means = MixedMeans(np.asarray(fitted.fe_params, np.float64), low, high)
    return means if fitted.converged and np.isfinite(np.stack(means)).all() else None


def _indicators(groups: np.typing.NDArray[np.intp]) -> Floats:
    """Return a column for each group that occurs, 1 in its rows."""
    _, rows = np.unique(groups, return_inverse=True)
    return np.eye(rows.max() + 1)[rows]
