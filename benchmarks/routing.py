#!/usr/bin/env python3
"""What routing gains on real human labels: the policy `combined` beside random, disagreement and HyPER.

Protocol: ordered annotator pairs on MT-bench with GPT-4 as the judge and Llama-2 as the second one, with
people's ties and without; LLMBar with gold answers in a person's place. Policies that learn are scored on
groups they have not seen (10 folds, five seeds; two folds beside HyPER). Intervals are a bootstrap over
groups: conditional on the scores, and with everything learned again (`refit`). Figures are percentage points
of label accuracy; a policy's gain is over asking the same share at random, or over the policy named.

The baselines are checked first against figures published with the protocol. `--quick` takes one seed and few
replicates; its intervals are rough and only the baselines and means are goals of it. The part `every` shows
whatever is registered in `routing/policies/`, a researcher's own file included.
"""

import sys
import time
from typing import Any

import numpy as np
from _benchmark import arguments, finish, goal, machine, set_up, texts_of
from _mixes import MIXES, compare, differences, proxy_accuracy
from _votes import Data, described, lines_of, read

KNOWN = {  # comparisons; human, GPT-4; disagreement and oracle at 10, 25, 50 %
    "with ties": (960, [67.13, 66.92], [67.56, 68.51, 68.38], [76.92, 78.95, 78.95]),
    "without ties": (699, [82.77, 80.80], [81.69, 83.04, 83.14], None),
}
STEPS = ("policies", "shuffled", "refit", "hyper", "every")
PARTS = (*(f"{name}: {step}" for name in KNOWN for step in STEPS), "mixes", "LLMBar")


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be repeated")
    options = parser.parse_args()
    mtbench, llmbar = texts_of("mtbench.jsonl.gz"), texts_of("llmbar.jsonl.gz")
    set_up()
    bench = Bench(quick=options.quick)
    wanted = options.part or PARTS
    if set(wanted) - {"LLMBar"}:
        bench.mtbench(lines_of(mtbench), wanted)
    if "LLMBar" in wanted:
        bench.llmbar(lines_of(llmbar))
    result = {"machine": machine(), "results": bench.results, "goals": bench.goals}
    return finish(result, options.json, *bench.lines)


class Bench:
    """Figures as they come out; `results` by treatment of ties, then by comparison of policies."""

    def __init__(self, quick: bool) -> None:
        self.quick = quick
        self.seeds = range(1 if quick else 5)
        self.replicates = 300 if quick else 2000
        self.results: dict[str, Any] = {}
        self.goals: list[dict[str, Any]] = []
        self.lines: list[str] = []

    def mtbench(self, lines: list[dict[str, Any]], wanted: Any) -> None:
        texts = described(lines)
        for name in KNOWN:
            data = read(lines, texts, "gpt-4", "llama-2-70b-instruct-v2", name == "without ties", gold=False)
            for step in STEPS:
                if f"{name}: {step}" in wanted:
                    getattr(self, f"_{step}")(name, data)
            if name == "with ties" and "mixes" in wanted:
                self._mixes(data, texts)

    def _mixes(self, data: Data, texts: dict[str, Any]) -> None:
        """Models of mixes: rank fresh ones on the prompts of their target and on others."""
        apart = differences(data.lines, texts)
        sizes = (100,) if self.quick else MIXES
        found = compare(data, apart, 0, 3 if self.quick else 8, sizes)
        self.results["mixes"] = found
        for name, one in found.items():
            self.lines.append(
                f"{name:28} rho same {_three(one['rho_same'])} unseen {_three(one['rho_unseen'])}"
                f"  R2 {one['r2_same']:.2f} / {one['r2_unseen']:.2f}  {one['seconds_to_fit']:.3f} s"
            )
        least = min(
            found[f"ridge, {size} mixes"]["rho_same"][0]
            - found[f"OLS quadratic, {size} mixes"]["rho_same"][0]
            for size in sizes
        )
        self.goals.append(goal("ridge_minus_quadratic_rho", round(least, 3), 0.0, "at_least", "rho"))
        lengths = [texts[line["id"]].each[0][0] - texts[line["id"]].each[1][0] for line in data.lines]
        accuracy = proxy_accuracy(data, apart, lengths, self.replicates)
        self.results["proxy reward model, accuracy by what it learned from"] = accuracy
        self.lines += [f"proxy reward model from {name:12} {_three(one)}" for name, one in accuracy.items()]

    def _known(self, name: str, data: Data) -> None:
        from routing.evaluation import SHARES, gains

        cases, (number, ends, disagreement, oracle) = data.cases, KNOWN[name]
        base = 100 * cases.judge.mean()
        found = [100 * cases.human.mean(), base]
        wanted = [*ends, *disagreement]
        found += list(base + 100 * gains(data.labelled.signals.differing, cases.gain))
        if oracle:
            wanted += oracle
            found += list(base + 100 * gains(cases.gain, cases.gain, SHARES))
        apart = max(abs(one - other) for one, other in zip(found, wanted, strict=True))
        apart = max(apart, abs(len(cases) - number))
        self.results[f"{name}: baselines"] = [round(one, 2) for one in found]
        self.goals.append(goal(f"baselines_apart {name}", round(apart, 3), 0.05, "at_most", "points"))

    def _policies(self, name: str, data: Data) -> None:
        self._known(name, data)
        labelled, cases = data.labelled, data.cases
        disagreement = [labelled.signals.differing] * len(self.seeds)
        combined = [self._scores("combined", labelled, seed, folds=10) for seed in self.seeds]
        over_random = self._tell(f"{name}: combined over random", combined, cases)
        over_disagreement = self._tell(f"{name}: combined over disagreement", combined, cases, disagreement)
        self._aim(f"vs_random_mean {name}", over_random[-1].value, 1.8)
        self._aim(f"vs_disagreement_mean {name}", over_disagreement[-1].value, 0.7)
        least = 0.0 if name == "without ties" else -1.0
        self._aim(f"vs_disagreement_low {name}", over_disagreement[-1].low, least)
        if not self.quick:
            self._aim(f"vs_random_25_low {name}", over_random[1].low)
            self._aim(f"vs_random_50_low {name}", over_random[2].low)

    def _shuffled(self, name: str, data: Data) -> None:
        """Gain over disagreement where people's labels are dealt out anew: what a leak would show as."""
        from routing.evaluation import advantage
        from routing.policy import Labelled

        found = []
        for seed in self.seeds:
            order = np.random.default_rng(seed).permutation(len(data.cases))
            known = data.labelled
            mixed = Labelled(known.signals, known.wrong[order], known.human_wrong[order])
            score = self._scores("combined", mixed, seed, folds=10)
            found.append(advantage(score, data.cases, over=known.signals.differing).mean())
        value = round(float(np.mean(found)), 2)
        self.results[f"{name}: combined over disagreement, labels shuffled"] = value
        self.goals.append(goal(f"shuffled_vs_disagreement {name}", value, 0.0, "at_most", "points"))

    def _hyper(self, name: str, data: Data) -> None:
        """Two folds, because a mix model has to pick its share out of many comparisons at once."""
        if self.quick:
            return
        combined = [self._scores("combined", data.labelled, seed, folds=2) for seed in self.seeds]
        for kind, quadratic, judge_tags in (("quadratic", True, False), ("linear, judge tags", False, True)):
            estimates = []
            for share in (0.10, 0.25, 0.50):
                scores = [self._mix(data, seed, share, quadratic, judge_tags) for seed in self.seeds]
                title = f"{name}: combined over hyper ({kind}) at {share:.0%}"
                estimates.append(self._tell(title, combined, data.cases, scores, (share,))[0])
                if quadratic:
                    self._aim(f"vs_hyper_quadratic_{share:.0%}_low {name}", estimates[-1].low)
            if judge_tags:
                mean = float(np.mean([one.value for one in estimates]))
                self._aim(f"vs_hyper_linear_with_judge_tags_mean {name}", mean)

    def llmbar(self, lines: list[dict[str, Any]]) -> None:
        """Gold answers play the person: an upper bound, and a judge that is right where it differs."""
        data = read(lines, described(lines), "GPT-4/Vanilla", "ChatGPT/Vanilla", without_ties=True, gold=True)
        scores = [self._scores("combined", data.labelled, seed, folds=10) for seed in self.seeds]
        disagreement = [data.labelled.signals.differing] * len(scores)
        found = self._tell("LLMBar: combined over disagreement", scores, data.cases, disagreement)
        self._tell("LLMBar: combined over random", scores, data.cases)
        self._tell("LLMBar: disagreement over random", disagreement, data.cases)
        self._aim("llmbar_vs_disagreement_25", found[1].value, 6.0)

    def _every(self, name: str, data: Data) -> None:
        """Every policy that leaves a choice, whoever wrote it, over people by lot; one fold seed, no goal."""
        from routing.policies import POLICIES

        for policy in POLICIES.values():
            if policy.share is None:
                scores = [self._scores(policy.name, data.labelled, 0, folds=10)]
                self._tell(f"{name}: {policy.name} over people by lot", scores, data.cases)

    def _scores(self, policy: str, labelled: Any, seed: int, folds: int) -> Any:
        """A policy's scores of every comparison, by what was learned without its group."""
        from routing.combining import part
        from routing.error_model import folds_of, splits
        from routing.policies import POLICIES
        from routing.policy import Problem

        scores = np.empty(len(labelled))
        for train, test in splits(folds_of(labelled.signals.groups, folds, seed)):
            rows = np.flatnonzero(test)
            problem = Problem(labelled.signals.at(rows), part(labelled, np.flatnonzero(train)))
            scores[rows] = POLICIES[policy].score(problem, seed).values
        return scores

    def _mix(self, data: Data, seed: int, share: float, quadratic: bool, judge_tags: bool) -> Any:
        """The mix that HyPER picks: 1 for people, of half of the groups what the other half teaches."""
        from routing import hyper
        from routing.error_model import folds_of, splits
        from routing.policies.hyper import tags_of

        signals, gain = data.labelled.signals, data.cases.gain
        tags = tags_of(signals)
        if judge_tags:
            tags = np.hstack([tags, np.nan_to_num(signals.judging) > 0.5])
        scores = np.zeros(len(gain))
        for train, test in splits(folds_of(signals.groups, 2, seed)):

            def measured(mixes: Any, known: Any = gain[train]) -> Any:
                return mixes @ known / len(known)

            ppm = hyper.learn(tags[train], measured, seed, quadratic)
            scores[test] = hyper.best_of(ppm, tags[test], round(share * int(test.sum())), seed)
        return scores

    def _refit(self, name: str, data: Data) -> None:
        """The error model learned again in every replicate (the part that `combined` chose on all data)."""
        from routing.error_model import fit, fit_at, folds_of, splits
        from routing.evaluation import advantage, refitted
        from routing.learning import categories_of, inputs

        if self.quick:
            return
        labelled = data.labelled
        rows, groups = inputs(labelled.signals, categories_of(labelled)), labelled.signals.groups
        strength = fit(rows, labelled.wrong, groups).strength

        def again(times: Any, seed: int = 0) -> tuple[Any, None]:
            score = np.zeros(len(times))
            for train, test in splits(folds_of(groups, 10, seed)):
                drawn = np.repeat(np.flatnonzero(train), times[train])
                model = fit_at(rows.at(drawn), labelled.wrong[drawn], strength)
                score[test] = model.probability(rows.at(test))
            return score, None

        once = np.ones(len(rows), dtype=np.int64)
        seen = np.mean([advantage(again(once, seed)[0], data.cases) for seed in self.seeds], axis=0)
        estimates = refitted(again, seen, data.cases, replicates=self.replicates)
        self._keep(f"{name}: error model over random, refit", estimates)
        self._aim(f"vs_random_refit_low {name}", estimates[-1].low)

    def _aim(self, name: str, value: float, wanted: float = 0.0) -> None:
        self.goals.append(goal(name, round(value, 2), wanted, "at_least", "points"))

    def _tell(self, title: str, scores: Any, cases: Any, over: Any = None, shares: Any = None) -> list[Any]:
        from routing.evaluation import SHARES, intervals

        estimates = intervals(scores, cases, shares or SHARES, over, self.replicates)
        self._keep(title, estimates)
        return estimates

    def _keep(self, title: str, estimates: list[Any]) -> None:
        figures = [(round(one.value, 2), round(one.low, 2), round(one.high, 2)) for one in estimates]
        self.results[title] = figures
        self.lines.append(
            f"{title:62}" + "  ".join(f"{v:+.1f} [{low:+.1f}, {high:+.1f}]" for v, low, high in figures)
        )
        print(f"{time.strftime('%H:%M:%S')} {self.lines[-1]}", file=sys.stderr)


def _three(values: Any) -> str:
    value, low, high = values
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    sys.exit(main())
