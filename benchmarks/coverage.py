"""Coverage of every 95 % interval that is printed, and errors of the first kind of every p value, by simulation.

    python benchmarks/coverage.py

In each world the truth is known: it is that of a large population, or a parameter. Coverage is the share of
repetitions whose interval contains it, among those with an interval. The command fails if the upper Monte Carlo bound
of a coverage is below 93 % (of shares and of their paired differences: that of the mean over many true shares), or the
lower bound of an error of the first kind above 6 %. It prints the tables of docs/intervals.md.

The worlds of Evidence Sensitivity have five options. A finding changes the log-probabilities by a normal amount, and
the image by a part of it:

- small, large: the standard deviation of the change is 0.3 or 2; the image has half of it, with noise;
- heavy-tailed: the standard deviation is log-normal over cases; the image has half of it, with noise;
- equal mean gain: the image has a part of the change that is normal over cases, with mean 1: no gap on average;
- disagreeing baselines: the beliefs without the evidence differ between the views; the image has 0.7 of the change.

Models that have to be fitted take long: of the association within readers, an eighth of the repetitions are made.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import stats
from scipy.special import softmax

from medsyn_inspect.analysis.frames.association import gee
from medsyn_inspect.analysis.frames.reader_pairs import mean_difference, ratio_difference
from medsyn_inspect.analysis.stats.agreement import panel_agreement
from medsyn_inspect.analysis.stats.calibration import calibration
from medsyn_inspect.analysis.stats.divergence import jensen_shannon, permutation_p
from medsyn_inspect.analysis.stats.fieller import fieller
from medsyn_inspect.analysis.stats.matched import Arms, effects
from medsyn_inspect.analysis.stats.means import FEWEST, mean_interval, mean_p
from medsyn_inspect.analysis.stats.proportions import independent_difference, paired_difference
from medsyn_inspect.analysis.stats.ranks import kendall, pairings_p

Floats = NDArray[np.float64]
Ends = tuple[float, float]
NONE: Ends = (math.nan, math.nan)

CASES = (5, 12, 24, 100, 452)
OPTIONS = 5
POPULATION = 200_000
LEAST, MOST = 0.93, 0.06
ALPHA = 0.05
CHANCE = 0.01
"""Each Monte Carlo bound holds with this error in one direction."""

WORLDS = ("small", "large", "heavy-tailed", "equal mean gain", "disagreeing baselines")
RATES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
SCORES = {
    "mostly 5": (0.02, 0.03, 0.05, 0.1, 0.1, 0.7),
    "mostly 0": (0.8, 0.05, 0.05, 0.04, 0.03, 0.03),
    "either": (0.45, 0.05, 0.0, 0.0, 0.05, 0.45),
}
"""Distributions of scores from 0 to 5."""


@dataclass(frozen=True)
class Result:
    """The repetitions of one quantity in one world with one number of cases."""

    quantity: str
    world: str
    cases: int
    hits: int
    """Intervals that contain the truth, or p values below `ALPHA`."""
    valid: int
    """Repetitions with an interval or a p value."""
    all: int

    @property
    def share(self) -> float:
        """Coverage, or share of rejections."""
        return self.hits / self.valid if self.valid else math.nan

    @property
    def printed(self) -> bool:
        """Whether most repetitions have an interval or a p value; otherwise it is as good as never printed."""
        return self.valid >= self.all / 2


def covered(quantity: str, world: str, truth: float, ends: list[Ends], n: int) -> Result:
    """Count the intervals that contain the truth."""
    known = [(lower, upper) for lower, upper in ends if not math.isnan(lower)]
    hits = sum(lower <= truth + 1e-12 and truth - 1e-12 <= upper for lower, upper in known)
    return Result(quantity, world, n, hits, len(known), len(ends))


def rejected(test: str, world: str, p: list[float], n: int) -> Result:
    """Count the p values up to `ALPHA`."""
    known = [value for value in p if not math.isnan(value)]
    return Result(test, world, n, sum(value <= ALPHA for value in known), len(known), len(p))


def evidence(world: str, rng: Generator, size: int, gain: float = 1.0) -> dict[str, Floats]:
    """The measures of each case for one evidence type; `gain` multiplies the effect of images."""
    baseline = rng.normal(0, 1.5, (size, OPTIONS))
    moved, noise = rng.normal(0, 1, (2, size, OPTIONS))
    by_finding = {"small": 0.3, "large": 2.0}.get(world, 1.0) * moved
    if world == "heavy-tailed":
        by_finding = np.exp(rng.normal(-1, 1.2, (size, 1))) * moved
    part: float | Floats = 0.5
    if world == "equal mean gain":
        part, noise = rng.normal(1, 0.5, (size, 1)), 0 * noise
    by_image = part * by_finding + {"small": 0.1, "large": 0.5, "heavy-tailed": 0.1}.get(world, 0.0) * noise
    other = baseline
    if world == "disagreeing baselines":
        by_image, other = 0.7 * by_finding + 0.2 * noise, rng.normal(0, 1.5, (size, OPTIONS))
    image = Arms(softmax(other + gain * by_image, axis=1), softmax(other, axis=1))
    finding = Arms(softmax(baseline + by_finding, axis=1), softmax(baseline, axis=1))
    found = effects(image, finding)
    published = jensen_shannon(finding.full, finding.withheld) - jensen_shannon(image.full, image.withheld)
    matched = found.matched_finding - found.matched_image
    return {"deficit": published, "matched": matched, "both": found.both, "finding": found.finding}


def of_sensitivity(repetitions: int, sizes: tuple[int, ...]) -> Iterator[Result]:
    """Deficits, share below the line, R, and the difference of R between two readers."""
    for world in WORLDS:
        rng = np.random.default_rng([1, WORLDS.index(world)])
        population = evidence(world, rng, POPULATION)
        second = evidence(world, rng, POPULATION, 0.8)
        ratio = population["both"].sum() / population["finding"].sum()
        other = second["both"].sum() / second["finding"].sum()
        below = float((population["deficit"] > 0).mean())
        for n in sizes:
            drawn = {name: rows.reshape(-1, n) for name, rows in evidence(world, rng, repetitions * n).items()}
            again = {name: rows.reshape(-1, n) for name, rows in evidence(world, rng, repetitions * n, 0.8).items()}
            for name, words in (("deficit", "mean deficit"), ("matched", "matched deficit")):
                ends = [mean_interval(rows) for rows in drawn[name]]
                yield covered(words, world, float(population[name].mean()), ends, n)
            ends = [fieller(x, y) or NONE for x, y in zip(drawn["both"], drawn["finding"], strict=True)]
            yield covered("uptake ratio R", world, float(ratio), ends, n)
            ends = [exact(int((rows > 0).sum()), n) for rows in drawn["deficit"]]
            yield covered("share below the line", world, below, ends, n)
            sums = np.stack([drawn["both"], drawn["finding"], again["both"], again["finding"]], axis=2)
            ends = [ratio_difference(rows)[0][1:] for rows in sums]
            yield covered("difference of R", world, float(ratio - other), ends, n)


def of_shares(repetitions: int, sizes: tuple[int, ...]) -> Iterator[Result]:
    """Rates, and differences of rates of the same and of different cases."""
    rng = np.random.default_rng(2)
    for n in sizes:
        found = [
            covered(
                "", f"{share:g}", share, [wilson(int(count), n) for count in rng.binomial(n, share, repetitions)], n
            )
            for share in SHARES
        ]
        yield from _mean_and_worst("share (Wilson)", found, n)
        for one, other in ((0.95, 0.75), (0.5, 0.5), (0.6, 0.8)):
            pairs = zip(rng.binomial(n, one, repetitions), rng.binomial(n, other, repetitions), strict=True)
            ends = [independent_difference((a / n, *wilson(int(a), n)), (b / n, *wilson(int(b), n))) for a, b in pairs]
            yield covered("difference of two groups", f"{one:g} and {other:g}", one - other, ends, n)
        yield from _paired(rng, max(50, repetitions // 10), n)


def _paired(rng: Generator, repetitions: int, n: int) -> Iterator[Result]:
    """Paired differences: the mean over many true rates, and the worst of them."""
    found = []
    for lost, gained, agreeing in itertools.product(RATES, RATES, (0.2, 0.5, 0.9)):
        rates = [agreeing * (1 - lost - gained), lost, gained, (1 - agreeing) * (1 - lost - gained)]
        ends = [paired(*map(int, counts)) for counts in rng.multinomial(n, rates, repetitions)]
        found.append(covered("", f"{lost:g} lost, {gained:g} gained", gained - lost, ends, n))
    yield from _mean_and_worst("paired difference, gap", found, n)


def _mean_and_worst(quantity: str, found: list[Result], n: int) -> Iterator[Result]:
    """The mean coverage over many true rates, and the worst of them."""
    hits, valid = sum(one.hits for one in found), sum(one.valid for one in found)
    yield Result(quantity, f"mean of {len(found)} worlds", n, hits, valid, valid)
    worst = min(found, key=lambda one: one.share)
    yield Result(f"{quantity}, worst", worst.world, n, worst.hits, worst.valid, worst.all)


def of_scores(repetitions: int, sizes: tuple[int, ...]) -> Iterator[Result]:
    """Mean scores, their paired differences, and the agreement of two judges."""
    rng = np.random.default_rng(3)
    for n in sizes:
        for world, chances in SCORES.items():
            scores = rng.choice(6, (repetitions, n), p=chances)
            yield covered("mean score", world, float(np.arange(6) @ chances), [mean_interval(x) for x in scores], n)
            other = rng.choice(6, (repetitions, n), p=SCORES["either"])
            truth = float(np.arange(6) @ np.subtract(chances, SCORES["either"]))
            ends = [mean_difference(rows)[0][1:] for rows in (scores - other).astype(float)]
            yield covered("difference of scores", world, truth, ends, n)
        for world, noise in (("judges alike", 0.4), ("judges apart", 1.0)):
            truths = panel_agreement(_judged(rng, POPULATION, noise), np.arange(POPULATION) // 1000, 4)["value"]
            found = [
                panel_agreement(_judged(rng, n, noise), np.arange(n), 4)[["value_lower", "value_upper"]].to_numpy()
                for _ in range(repetitions)
            ]
            for place, name in enumerate(("alpha", "kappa")):
                ends = [(rows[place, 0], rows[place, 1]) for rows in found]
                yield covered(f"{name} of judges", world, truths[place], ends, n)


def _judged(rng: Generator, n: int, noise: float) -> NDArray[np.int64]:
    """The scores of two judges: the same score, with noise."""
    true = rng.choice(6, n, p=(0.1, 0.05, 0.1, 0.15, 0.2, 0.4))
    return np.clip(np.round(true[:, None] + rng.normal(0, noise, (n, 2))), 0, 5).astype(np.int64)


def of_beliefs(repetitions: int, sizes: tuple[int, ...]) -> Iterator[Result]:
    """Entropy and its movement after a stage, and position bias over all cyclic orders of the options."""
    rng = np.random.default_rng(5)
    bias = np.array([0.6, 0.2, 0.0, 0.0, -0.2])
    shifts = (np.arange(OPTIONS)[:, None] + np.arange(OPTIONS)) % OPTIONS

    def drawn(size: int, strength: float) -> dict[str, Floats]:
        logits = rng.normal(0, 1.5, (size, OPTIONS))
        before = softmax(logits - np.exp(rng.normal(-1, 1.2, (size, 1))) * rng.normal(0, 1, logits.shape), axis=1)
        after = softmax(logits, axis=1)
        # Shape (cases, orders, positions).
        shown = softmax(logits[:, shifts] + strength * np.exp(rng.normal(0, 0.5, (size, 1, 1))) * bias, axis=2)
        own = np.stack([shown[:, shift, np.argsort(shifts[shift])] for shift in range(OPTIONS)], axis=1)
        return {
            "entropy after a stage": stats.entropy(after, base=2, axis=1),
            "movement at a stage": jensen_shannon(before, after),
            "probability of a position": shown[:, :, 0].mean(axis=1),
            "effect of the order": jensen_shannon(own[:, 0], np.exp(np.log(own).mean(axis=1))),
        }

    for world, strength in (("weak position bias", 0.3), ("strong position bias", 2.0)):
        truths = {name: float(values.mean()) for name, values in drawn(POPULATION, strength).items()}
        for n in sizes:
            for name, values in drawn(repetitions * n, strength).items():
                ends = [mean_interval(rows) for rows in values.reshape(-1, n)]
                yield covered(name, world, truths[name], ends, n)


def of_association(repetitions: int, sizes: tuple[int, ...]) -> Iterator[Result]:
    """Log odds of a right answer per bit of the gap, within readers, over three evidence types a case."""
    for place, (world, effect, spread) in enumerate(
        (("no effect", 0.0, 0.5), ("strong effect", -20.0, 0.5), ("heavy-tailed gap", -5.0, 1.2))
    ):
        rng = np.random.default_rng([6, place])
        population = _answers_and_gaps(rng, POPULATION // 4, effect, spread)
        truths = [_logit(population, adjusted) for adjusted in ADJUSTED]
        for n in sizes:
            samples = [_answers_and_gaps(rng, n, effect, spread) for _ in range(repetitions // 8)]
            for adjusted, truth in zip(ADJUSTED, truths, strict=True):
                found = [gee(rows, adjusted, 0.95) for rows in samples]
                ends = [(float(str(row["lower"])), float(str(row["upper"]))) for row in found]
                name = f"association{', adjusted' if adjusted else ''}"
                yield covered(name, world, truth, ends, n)


ADJUSTED: tuple[tuple[str, ...], ...] = ((), ("confidence", "S_finding"))


def _answers_and_gaps(rng: Generator, n: int, effect: float, spread: float) -> pd.DataFrame:
    """The observations of two readers that are right by confidence and gap, three evidence types a case."""
    frames = []
    for reader in "ab":
        confidence = softmax(rng.normal(0, 1.5, (n, OPTIONS)), axis=1).max(axis=1)
        finding = (1 - confidence[:, None]) * np.exp(rng.normal(-3, spread, (n, 3)))
        gap = finding * rng.uniform(0, 1, (n, 3))
        odds = 3 * (confidence - 0.6) + effect * gap.mean(axis=1)
        right = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(float)
        frames.append(
            pd.DataFrame(
                {
                    "reader": reader,
                    "case_id": np.repeat(np.arange(n), 3),
                    "correct": np.repeat(right, 3),
                    "confidence": np.repeat(confidence, 3),
                    "S_finding": finding.ravel(),
                    "gap": gap.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _logit(rows: pd.DataFrame, adjusted: tuple[str, ...]) -> float:
    """The coefficient of the gap in a logit model of the population."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    design = pd.concat([rows[["gap", *adjusted]], pd.get_dummies(rows["reader"], dtype=float)], axis=1)
    return float(GLM(rows["correct"].to_numpy(), design.to_numpy(), family=Binomial()).fit().params[0])


def of_tests(repetitions: int, sizes: tuple[int, ...]) -> Iterator[Result]:
    """P values where nothing is to be found."""
    rng = np.random.default_rng(4)
    for n in sizes:
        changed = rng.binomial(n, 0.2, repetitions)
        signs = [stats.binomtest(int(rng.binomial(k, 0.5)), int(k)).pvalue if k else math.nan for k in changed]
        yield rejected("McNemar, sign test", "a fifth of the cases changes", signs, n)
        equal = evidence("small", rng, repetitions * n)["deficit"].reshape(-1, n)
        equal = equal * rng.choice([-1, 1], equal.shape)
        yield rejected("Wilcoxon", "no difference", [stats.wilcoxon(rows).pvalue for rows in equal], n)
        for world, chances in SCORES.items():
            differences = np.diff(rng.choice(6, (2, repetitions, n), p=chances).astype(float), axis=0)[0]
            yield rejected("mean of scores", world, [mean_difference(rows)[1] for rows in differences], n)
        yield from _of_means(rng, repetitions, n)
        if n <= RANKED:
            # One value for each of n readers.
            pairs = rng.random((repetitions // 4, 2, n))
            p = [pairings_p(*pair, kendall, 999, seed)[1] for seed, pair in enumerate(pairs)]
            yield rejected("rank correlation of n readers", "no association", p, n)
        for world in WORLDS if n >= 24 else ():
            one, two = (evidence(world, rng, repetitions * n) for _ in range(2))
            sums = np.stack([one["both"], one["finding"], two["both"], two["finding"]], axis=1).reshape(-1, n, 4)
            yield rejected("difference of R (jackknife)", world, [ratio_difference(rows)[1] for rows in sums], n)
        if n >= 20:
            sure = rng.uniform(0.2, 1, (repetitions, n))
            right = rng.random(sure.shape) < sure
            p = [calibration(*rows, seed=seed).p for seed, rows in enumerate(zip(sure, right, strict=True))]
            yield rejected("ECE", "a calibrated reader", p, n)
    belief = rng.dirichlet([0.5] * OPTIONS, 10 * repetitions)
    p = permutation_p(rng.multinomial(20, belief), rng.multinomial(20, belief), 500)
    # Each case has its own p value: the number of cases does not matter.
    yield rejected("permutation of answers", "20 answers in each arm", p.tolist(), sizes[-1])


RANKED = 24
"""The largest number of readers in the simulation of rank correlations."""


def _of_means(rng: Generator, repetitions: int, n: int) -> Iterator[Result]:
    """The matched deficit: with few cases, of exchangeable views; with more, of a deficit that is 0 on average."""
    for world in WORLDS:
        rows = evidence(world, rng, repetitions * n)["matched"].reshape(-1, n)
        if n < FEWEST:
            rows = rows[: repetitions // 4] * rng.choice([-1, 1], (repetitions // 4, n))
        else:
            rows = rows - evidence(world, rng, POPULATION)["matched"].mean()
        yield rejected("matched deficit", world, [mean_p(x) for x in rows], n)


@cache
def paired(both: int, lost: int, gained: int, neither: int) -> Ends:
    """The interval of a paired difference."""
    return paired_difference(both, lost, gained, neither)


@cache
def exact(count: int, n: int) -> Ends:
    """The exact interval of a share."""
    found = stats.binomtest(count, n).proportion_ci(method="exact")
    return float(found.low), float(found.high)


@cache
def wilson(count: int, n: int) -> Ends:
    """The interval of a share."""
    found = stats.binomtest(count, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def bound(result: Result, *, upper: bool) -> float:
    """Exact one-sided Monte Carlo bound of the share."""
    hits, missed = result.hits, result.valid - result.hits
    if upper:
        return float(stats.beta.ppf(1 - CHANCE, hits + 1, missed)) if missed else 1.0
    return float(stats.beta.ppf(CHANCE, hits, missed + 1)) if hits else 0.0


def table(results: list[Result], sizes: tuple[int, ...]) -> Iterator[str]:
    """A table in Markdown: a row for each quantity and world, a column for each number of cases, in percent."""
    yield "| | world | " + " | ".join(f"n = {n}" for n in sizes) + " |"
    yield "|---|---|" + "---|" * len(sizes)
    found = {(one.quantity, one.world, one.cases): one for one in results}
    merged = {(one.quantity, "" if "worst" in one.quantity else one.world): one for one in results}
    for quantity, world in merged:
        cells = []
        for n in sizes:
            one = next((o for (q, w, c), o in found.items() if q == quantity and c == n and world in ("", w)), None)
            shown = "" if one is None else f"{100 * one.share:.1f}" if one.printed else "none"
            cells.append(f"{shown} ({one.world})" if one and not world else shown)
        yield f"| {quantity} | {world} | " + " | ".join(cells) + " |"


PARTS: dict[str, Callable[[int, tuple[int, ...]], Iterator[Result]]] = {
    "sensitivity": of_sensitivity,
    "shares": of_shares,
    "scores": of_scores,
    "beliefs": of_beliefs,
    "association": of_association,
    "tests": of_tests,
}


def main() -> None:
    """Print the tables, and fail if a coverage is too low or an error of the first kind too frequent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--cases", type=int, nargs="+", default=list(CASES))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    sizes = tuple(given.cases)
    results = {name: list(PARTS[name](given.repetitions, sizes)) for name in given.parts}
    intervals = [one for name, found in results.items() if name != "tests" for one in found]
    print(f"Coverage of 95 % intervals, % of {given.repetitions} repetitions; none: as a rule, there is no interval.\n")
    print("\n".join(table(intervals, sizes)))
    print("\nErrors of the first kind at 5 %, %.\n")
    print("\n".join(table(results.get("tests", []), sizes)))
    low = [one for one in intervals if one.printed and bound(one, upper=True) < LEAST and "worst" not in one.quantity]
    high = [one for one in results.get("tests", []) if one.printed and bound(one, upper=False) > MOST]
    for one in (*low, *high):
        print(f"{one.quantity}, {one.world}, n = {one.cases}: {100 * one.share:.1f} %", file=sys.stderr)
    if low or high:
        sys.exit("a coverage below 93 % or an error of the first kind above 6 %")


if __name__ == "__main__":
    main()
