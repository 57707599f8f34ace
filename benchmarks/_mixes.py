"""Models of mixes (PPM) on MT-bench: which learner ranks fresh mixes, and what a proxy reward model does."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

WORDS = 4096  # hashed TF-IDF
KEPT = 48  # directions of it
MIXES = (50, 100, 200)


def learners() -> dict[str, Any]:
    """By name: from mixes, tags and their worth to a function that predicts other mixes."""
    from routing import hyper, proxy

    def least_squares(quadratic: bool) -> Any:
        def learn(mixes: Any, tags: Any, known: Any) -> Any:
            model = hyper.fit(hyper.counted(mixes, tags), known, quadratic)
            return lambda others: model.predict(hyper.counted(others, tags))

        return learn

    def boosting(mixes: Any, tags: Any, known: Any) -> Any:
        from sklearn.ensemble import GradientBoostingRegressor

        from routing.performance import _terms

        model = GradientBoostingRegressor(max_depth=2, n_estimators=150, learning_rate=0.05, random_state=0)
        model.fit(_terms(mixes, tags), known)
        return lambda others: model.predict(_terms(others, tags))

    return {
        "OLS linear": least_squares(False),
        "OLS quadratic": least_squares(True),
        "ridge": proxy.ridge,
        "boosting": boosting,
    }


def differences(lines: Sequence[dict[str, Any]], texts: dict[str, Any]) -> Any:
    """What sets response a apart from b, (n, features): words, projected, and statistics of the text."""
    from scipy.sparse import vstack
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    count = HashingVectorizer(n_features=WORDS, alternate_sign=False, norm=None)
    one = count.transform(line["response_a"] for line in lines)
    other = count.transform(line["response_b"] for line in lines)
    weigh = TfidfTransformer().fit(vstack([one, other]))
    apart = weigh.transform(one) - weigh.transform(other)
    words = TruncatedSVD(KEPT, random_state=0).fit_transform(apart)
    told = np.array([texts[line["id"]].each[0] - texts[line["id"]].each[1] for line in lines])
    return np.hstack([words / words.std(), told / told.std(axis=0)])


def compare(data: Any, apart: Any, seed: int, splits: int, sizes: Sequence[int] = MIXES) -> dict[str, Any]:
    """Spearman and R2 on the target's prompts and on unseen ones, with intervals over splits, and seconds."""
    from routing.learning import tags_of
    from routing.proxy import interval, transfer

    tags = tags_of(data.labelled.signals)
    groups = list(data.labelled.signals.groups)
    found: dict[str, Any] = {}
    for mixes in sizes:
        for name, learner in learners().items():
            spent = [0.0]

            def timed(*arguments: Any, learner: Any = learner, spent: Any = spent) -> Any:
                start = time.perf_counter()
                fitted = learner(*arguments)
                spent[0] += time.perf_counter() - start
                return fitted

            one = transfer(apart, data.people, data.judge, tags, groups, timed, mixes, splits, seed)
            found[f"{name}, {mixes} mixes"] = {
                "rho_same": _rounded(interval(one.same)),
                "rho_unseen": _rounded(interval(one.unseen)),
                "r2_same": round(float(np.median(one.r2_same)), 3),
                "r2_unseen": round(float(np.median(one.r2_unseen)), 3),
                "seconds_to_fit": round(spent[0] / splits, 4),
            }
    return found


def proxy_accuracy(data: Any, apart: Any, lengths: Any, replicates: int) -> dict[str, Any]:
    """Accuracy on people's majorities of held-out prompts by what it was trained on: value, low, high."""
    from routing.error_model import folds_of, splits
    from routing.evaluation import resampled
    from routing.proxy import train

    groups = list(data.labelled.signals.groups)
    weights = resampled(groups, replicates, 0)
    decided = data.people != 0.5
    found = {}
    for name, labels in {"judge": data.judge, "people": data.people, "longer wins": None}.items():
        score = np.array(lengths, dtype=float)
        if labels is not None:
            for known, asked in splits(folds_of(groups, 5, 0)):
                score[asked] = apart[asked] @ train(apart[known], labels[known])
        right = ((score > 0) == (data.people > 0.5)).astype(float)
        drawn = (weights * decided) @ right / (weights @ decided)
        low, high = np.percentile(drawn, [2.5, 97.5])
        found[name] = [round(100 * float(x), 1) for x in (right[decided].mean(), low, high)]
    return found


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(float(value), 3) for value in values]
