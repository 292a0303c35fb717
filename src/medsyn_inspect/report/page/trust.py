"""How far the results can be trusted: facts on cases, judge, failures, reading, order of options and posteriors."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.plain import own_rows
from medsyn_inspect.conditions import SOURCES
from medsyn_inspect.providers import is_person, is_physician, is_simulated
from medsyn_inspect.records import JUDGED, MOST_UNREAD, SCORED, Outcome
from medsyn_inspect.report.material import Material, judges_of
from medsyn_inspect.report.page.blocks import Tile, Tiles
from medsyn_inspect.wording import distinct, known, listed, number, percent, plural, share_digits, span

QUESTIONS = ("fdx", "ddx", "open_fdx")


def trust(material: Material) -> Tiles:
    """The facts, in a fixed order; those that do not apply are left out."""
    findings = material.findings
    made = [cases(findings), readers(findings), judge(material), failures(findings.readers), unread(findings.readers)]
    made += [order(findings.readers), posteriors(findings), when(material)]
    return Tiles(tuple(tile for tile in made if tile is not None))


def cases(findings: Findings) -> Tile:
    """How many cases there are, of which set, and whether they are real."""
    frames = (findings.runs, findings.arms)
    ids = {case for frame in frames for case in frame["case_id"].unique()}
    languages = pd.concat([frame[["case_id", "language"]] for frame in frames if "language" in frame]).dropna()
    counts = languages.drop_duplicates("case_id")["language"].value_counts()
    by_language = f" ({', '.join(f'{count} {name}' for name, count in counts.items())})" if len(counts) > 1 else ""
    logs = findings.logs
    fictional = bool(len(logs)) and all(logs["synthetic"].astype(bool))
    kind = "fictional " if fictional else ""
    named = distinct(logs["case_set"])
    text = f"{named}{by_language}" + ("; no clinical meaning" if fictional else "")
    return Tile(f"{len(ids)} {kind}case{'' if len(ids) == 1 else 's'}", text, fictional)


def readers(findings: Findings) -> Tile | None:
    """Which readers are simulated; nothing if none is."""
    names = dict(zip(findings.logs["reader"], findings.logs["model"], strict=True))
    scripted = sum(is_physician(model) and not is_person(model) for model in names.values())
    simulated = sum(map(is_simulated, names.values())) + scripted
    if not simulated:
        return None
    if simulated == len(names):
        return Tile("Simulated readers", "no medical model was evaluated", True)
    what = "no medical models or physicians" if scripted else "they are no medical models"
    return Tile(f"{simulated} of {len(names)} readers simulated", what, True)


def judge(material: Material) -> Tile | None:
    """The judges and how well they agree with people or with each other; nothing if nothing was judged."""
    names = judges_of(material)
    findings = material.findings
    if not names or not findings.runs["question"].isin(list(JUDGED)).any():
        return None
    if all(map(is_simulated, names)):
        return Tile("Simulated judge", f"{listed(names)}: a rule that compares names", True)
    title = "Judge" if len(names) == 1 else f"{len(names)} judges"
    kappas = findings.ratings.dropna(subset=["kappa"])
    if len(kappas):
        low, high = kappas["kappa"].min(), kappas["kappa"].max()
        value = number(low, 2) if low == high else f"{number(low, 2)} to {number(high, 2)}"
        agreement = f"kappa with people {value}, n = {span(kappas['n'])}"
    else:
        agreement = panel_agreement(findings.agreement) or "agreement with people not measured"
    return Tile(title, f"{listed(names)}; {agreement}")


def panel_agreement(agreement: pd.DataFrame) -> str:
    """How well the judges of a panel agree; empty without a panel."""
    rows = agreement[(agreement["measure"] == "alpha") & agreement["value"].notna()]
    return "; ".join(
        f"Krippendorff's alpha {number(value, 2)}, n = {int(n)}"
        for value, n in zip(rows["value"], rows["n"], strict=True)
    )


def failures(frame: pd.DataFrame) -> Tile | None:
    """How many answers have no score, and whose they are."""
    lost, asked = _lost(frame)
    total, count = int(asked.sum()), int(lost.sum())
    if not total:
        return None
    arms, failed = (int(frame[name].fillna(0).sum()) for name in ("arms", "failed_arms"))
    posterior = f"{failed} of {plural(arms, 'arm')} without a posterior" if failed else ""
    if not count:
        return Tile("No failures", f"all {total} answers scored") if not failed else Tile("Failures", posterior, True)
    worst = frame.loc[lost == lost.max(), "reader"]
    most = f"{int(lost.max())} of them {worst.iloc[0]}" if len(frame) > 1 and len(worst) == 1 else ""
    text = "; ".join(filter(None, (most, posterior))) or "see the bounds"
    return Tile(f"{count} of {total} answers failed", text, True)


def _lost(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The number of answers without a score, and of all answers, of each reader: runs, or arms without runs."""
    names = [name for name in (*QUESTIONS, "image", "finding") if f"{name}_right" in frame]
    runs = [name for name in names if name in QUESTIONS]
    used = runs if frame[[f"{name}_right" for name in runs]].notna().any(axis=None) else names
    columns = {
        name: [one for one in frame if any(one == f"{question}_{name}" for question in used)] for name in Outcome
    }
    counts = {name: frame[found].fillna(0).astype(float).sum(axis=1) for name, found in columns.items()}
    lost = sum((count for name, count in counts.items() if name not in SCORED), start=pd.Series(0.0, frame.index))
    return lost, sum(counts.values(), start=pd.Series(0.0, frame.index))


def unread(frame: pd.DataFrame) -> Tile | None:
    """The share of the scored answers in which a diagnosis was found."""
    count = sum(frame[f"{name}_unread"].fillna(0).sum() for name in QUESTIONS)
    scored = sum(frame[f"{name}_{outcome}"].fillna(0).sum() for name in QUESTIONS for outcome in SCORED)
    if not scored:
        return None
    if not count:
        return Tile("All answers read", f"{int(scored)} scored answers")
    share = count / scored
    text = f"{int(count)} of {int(scored)}, counted as wrong"
    return Tile(f"{percent(share, share_digits(scored))} of answers unread", text, share > MOST_UNREAD)


def order(frame: pd.DataFrame) -> Tile | None:
    """Whether answers depend on the order of the options; nothing if no question with options was run."""
    if not frame[["fdx_right", "image_right", "finding_right"]].notna().any(axis=None):
        return None
    rows = frame[frame["order_changes"].notna()]
    if rows.empty:
        return Tile("Order of options", "effect not measured")
    most = rows.iloc[int(rows["order_changes"].to_numpy(dtype=float).argmax())]
    if not most["order_changes"]:
        return Tile("Order of options", f"no answer depends on it (n = {span(rows['order_cases'])})")
    share = number(100 * most["order_changes"], 0)
    whose = f" of {most['reader']}" if len(frame) > 1 else ""
    up_to = "up to " if len(rows) > 1 else ""
    text = f"changes {up_to}{share} % of the answers{whose} (n = {int(most['order_cases'])})"
    return Tile("Order of options", text, known(most["order_changes_lower"]) and most["order_changes_lower"] > 0.1)


def posteriors(findings: Findings) -> Tile | None:
    """Where the probabilities of the options are from; nothing if none were needed."""
    counts = own_rows(findings.readers)["source"].dropna().value_counts(sort=False)
    if counts.empty:
        return None
    several = len(own_rows(findings.readers)) > 1
    texts = [f"{SOURCES.get(str(name), name)}{f' ({count})' if several else ''}" for name, count in counts.items()]
    return Tile("Posterior", ", ".join(texts))


def when(material: Material) -> Tile:
    """The days of the runs and the number of logs."""
    return Tile(days(material), plural(len(material.counted), "log"))


def days(material: Material) -> str:
    """The first and the last day of the runs."""
    found = sorted({str(created)[:10] for created in material.counted["created"]})
    return found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"


def all_failed(frame: pd.DataFrame) -> Iterator[tuple[str, str, int]]:
    """Readers all of whose calls for a question failed: reader, question, number of calls."""
    for row in frame.to_dict("records"):
        for question in (*QUESTIONS, "image", "finding"):
            counts = {name: row.get(f"{question}_{name}") for name in Outcome}
            total = sum(int(count) for count in counts.values() if known(count))
            if total and counts[Outcome.CALL_FAILED] == total:
                yield str(row["reader"]), question, total
