"""Results in a notebook: short tables first, everything within reach, and figures by name."""

from __future__ import annotations

from pathlib import Path

import pytest

import medsyn_inspect
from medsyn_inspect import analyze
from medsyn_inspect.analysis import analyze_logs
from medsyn_inspect.notebook import PLOTS, Results
from medsyn_inspect.report.figures import figure_modules

LOGS = Path(__file__).parent.parent / "logs"


@pytest.fixture(scope="module")
def results() -> Results:
    return analyze(LOGS)


def test_the_package_offers_it() -> None:
    assert "analyze" in dir(medsyn_inspect)


def test_readers_are_a_short_table_with_intervals_and_n(results: Results) -> None:
    assert results.readers.shape == (4, 6), "a model and three simulated physicians"
    model = results.readers.loc[["weak eye"]]
    assert list(model["accuracy, %"]) == ["50 [15, 85] n=4"]


def test_every_column_is_within_reach(results: Results) -> None:
    whole = analyze_logs(LOGS)
    assert list(results.findings.readers.columns) == list(whole.readers.columns)
    assert len(results.comparisons) == len(whole.comparisons)
    assert len(results.notes) == len(whole.notes)


def test_readers_have_the_short_names_of_plots_in_every_frame(results: Results) -> None:
    names = set(results.readers.index)
    assert names == {"weak eye", "simulated-physician-1", "simulated-physician-2", "simulated-physicians"}
    assert set(results.plot("accuracy").data["reader"]) == set(results.runs["reader"]) == names
    assert set(results.findings.readers["reader"]) > {"reference/weak-eye"}


def test_tab_offers_frames_and_plots(results: Results) -> None:
    assert {"readers", "findings", "plot", "plots", "types", "comparisons", "notes"} <= set(dir(results))
    assert all(getattr(results, name) is not None for name in dir(results))
    with pytest.raises(AttributeError, match=r"no attribute 'reader'; it has .*readers"):
        results.reader  # noqa: B018


def test_it_is_shown_as_a_table_with_the_notes_folded(results: Results) -> None:
    html = results._repr_html_()
    assert "<table" in html
    assert "4 readers, 11 logs on medsyn-demo 1.0" in html
    assert f"{len(results.notes)} notes" in html
    assert "50 [15, 85] n=4" in repr(results)


def test_every_figure_of_the_report_has_a_name() -> None:
    assert sorted(PLOTS.values()) == sorted(module.__name__.rpartition(".")[2] for module in figure_modules())


def test_a_plot_is_shown_and_saved(results: Results, tmp_path: Path) -> None:
    plot = results.plot("deficit")
    assert len(plot.data)
    assert 'src="data:image/png;base64,' in plot._repr_html_()
    plot.save(str(tmp_path / "a.svg"))
    plot.save(str(tmp_path / "a.png"))
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("deficits", r"no plot 'deficits': did you mean 'deficit'\? these results have accuracy, conditions, deficit"),
        ("judges", r"plot 'judges': these results have no data for it, but for accuracy, conditions, deficit"),
    ],
)
def test_what_cannot_be_plotted_is_answered_with_what_can(results: Results, name: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        results.plot(name)
