"""A plan says beforehand what a run will ask: exactly for requests and images, by documented rules for tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from inspect_ai.model import ChatMessage, ContentImage, GenerateConfig, ModelAPI, get_model, get_model_info
from rich.console import Console

from case_sets import a_case, png, write_case_set
from medsyn_inspect.answers.extractor import QUESTION_READ, instructions
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.planning import table as plan_table
from medsyn_inspect.planning.image_tokens import (
    RULES,
    anthropic_patches,
    gemini_tiles,
    image_rule,
    openai_patches,
    openai_tiles,
)
from medsyn_inspect.planning.plan import Plan, Row, plan_of, provider_remarks, text_tokens
from medsyn_inspect.planning.prices import BUNDLED, Price, load_prices
from medsyn_inspect.providers import answers_per_call, clock
from medsyn_inspect.providers.facts import load_facts
from medsyn_inspect.tasks import TASKS
from running import run

CLAUDE = "anthropic/claude-opus-4-5"
"""Gives one answer a call."""

KEYS = "input: 1, output: 2, input_cache_write: 1, input_cache_read: 0.5"


@dataclass
class Calls:
    """What a simulated model was asked."""

    one_answer: bool = False
    """Whether it ignores the wish for several answers."""

    requests: dict[str, int] = field(default_factory=dict)
    images: int = 0
    base64: int = 0
    seen: set[str] = field(default_factory=set)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Counts every call of the reference models."""
    calls = Calls()
    api = type(get_model("reference/reader").api)
    answer = api.generate

    async def counted(
        self: ModelAPI, input: list[ChatMessage], tools: Any, tool_choice: Any, config: GenerateConfig
    ) -> Any:
        calls.requests[self.model_name] = calls.requests.get(self.model_name, 0) + 1
        for image in images_of(input):
            calls.images += 1
            calls.base64 += len(image.partition(",")[2])
            calls.seen.add(image)
        if calls.one_answer:
            config = config.model_copy(update={"num_choices": None})
        return await answer(self, input, tools, tool_choice, config)

    monkeypatch.setattr(api, "generate", counted)
    return calls


def images_of(messages: Sequence[ChatMessage]) -> list[str]:
    contents = [message.content for message in messages if not isinstance(message.content, str)]
    return [part.image for content in contents for part in content if isinstance(part, ContentImage)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cases: with all there can be, in Chinese, and without findings."""
    options = ["Gout", "Septic arthritis", "Pseudogout"]
    ct = {"type": "ct", "images": [{"path": "images/1.png"}, {"path": "images/2.png"}], "finding": "Erosions."}
    ecg = {"type": "electrophysiology", "images": [{"path": "images/3.png"}], "finding": "Sinus rhythm."}
    cases = [
        a_case(case_id="whole", examination="Red toe.", evidence=[ct, ecg], options=options, aliases=["Podagra"]),
        a_case(
            case_id="chinese",
            language="zh",
            history="男，30岁，关节疼痛。",
            evidence=[{"type": "microscopy", "images": [{"path": "images/4.png"}], "finding": "尿酸盐结晶。"}],
            options=[*options, "Sarcoidosis", "Lupus"],
        ),
        a_case(
            case_id="images-only",
            evidence=[{"type": "xray", "images": [{"path": "images/5.png"}]}],
            options=options,
        ),
    ]
    pictures = {f"images/{number}.png": png(size=(40 * number, 30), shade=40 * number) for number in range(1, 6)}
    return write_case_set(tmp_path_factory.mktemp("plan") / "set", cases=cases, images=pictures)


def planned(task: str, folder: Path, model: str = "reference/reader", **given: Any) -> tuple[Plan, dict[str, Row]]:
    plan = plan_of(task, {"cases": str(folder), **given}, [model], load_prices(), judges=["reference/judge"])
    return plan, {row.role: row for row in plan.rows}


def ran(task: str, folder: Path, log_dir: Path, **given: Any) -> None:
    log = run(
        TASKS[task](cases=str(folder), **given),
        get_model("reference/reader", cases=str(folder), memoize=False),
        log_dir,
    )
    assert log.status == "success"


class TestCounted:
    @pytest.mark.parametrize(
        "given",
        [
            {"posterior": "logprobs"},
            {"posterior": "logprobs", "orders": "cyclic", "order_audit": 0.5},
            {"posterior": "logprobs", "types": "ct", "text_evidence": True, "only_one": True, "order_audit": 1},
            {"posterior": "verbalized", "order_audit": 0},
            {"posterior": "verbalized", "orders": "cyclic", "language": "zh"},
            {"posterior": "samples", "samples": 4},
        ],
        ids=lambda given: ",".join(f"{name}={value}" for name, value in given.items()),
    )
    def test_a_sensitivity_run_makes_the_calls_and_sends_the_images_of_its_plan(
        self, given: dict[str, Any], folder: Path, calls: Calls, tmp_path: Path
    ) -> None:
        plan, rows = planned("sensitivity", folder, **given)
        ran("sensitivity", folder, tmp_path, **given)
        [row] = rows.values()
        assert not row.at_most
        self.assert_equal(plan, row, calls)

    def test_where_a_call_gives_one_answer_each_sample_is_a_call(
        self, folder: Path, calls: Calls, tmp_path: Path
    ) -> None:
        given = {"posterior": "samples", "samples": 4}
        calls.one_answer = True
        plan, rows = planned("sensitivity", folder, CLAUDE, **given)
        ran("sensitivity", folder, tmp_path, **given)
        self.assert_equal(plan, rows["samples"], calls)
        assert rows["samples"].requests == 4 * planned("sensitivity", folder, **given)[1]["samples"].requests

    @pytest.mark.parametrize(
        ("task", "given"),
        [
            ("fdx", {}),
            ("fdx", {"staging": "turns", "logprobs": False}),
            ("ddx", {"withhold": "ct"}),
            ("open_fdx", {"staging": "turns"}),
        ],
    )
    def test_so_does_a_run_of_another_task(
        self, task: str, given: dict[str, Any], folder: Path, calls: Calls, tmp_path: Path
    ) -> None:
        plan, rows = planned(task, folder, **given)
        ran(task, folder, tmp_path, **given)
        self.assert_equal(plan, rows["reader"], calls)
        judged = calls.requests.get("judge", 0)
        assert judged <= (rows["judge"].requests if "judge" in rows else 0)

    def assert_equal(self, plan: Plan, row: Row, calls: Calls) -> None:
        assert row.requests == calls.requests["reader"]
        assert (row.images, row.wire_bytes) == (calls.images, calls.base64)
        assert plan.distinct_images == len(calls.seen)

    def test_auto_shows_every_source_that_it_could_come_to(self, folder: Path) -> None:
        _, rows = planned("sensitivity", folder)
        assert list(rows) == ["logprobs", "samples", "verbalized"]
        plan, rows = planned("sensitivity", folder, orders="cyclic")
        assert list(rows) == ["logprobs", "verbalized"]
        assert any("geometric mean" in remark for remark in plan.remarks)

    def test_no_row_for_what_a_model_cannot_give(self, folder: Path) -> None:
        plan, rows = planned("sensitivity", folder, CLAUDE)
        assert list(rows) == ["samples", "verbalized"]
        assert f"{CLAUDE} gives no token probabilities: choose samples or verbalized" in plan.remarks
        plan, rows = planned("sensitivity", folder, CLAUDE, posterior="logprobs")
        assert rows == {}
        assert f"{CLAUDE} gives no token probabilities: choose samples or verbalized" in plan.remarks

    @pytest.mark.parametrize(
        ("model", "taken", "says"),
        [
            ("openai/gpt-4o", "logprobs", "takes logprobs ({logprobs} requests, about $"),
            (CLAUDE, "samples", "takes samples ({samples} requests, about $"),
            (
                "mockllm/model",
                "logprobs",
                "takes logprobs ({logprobs} requests, not billed) if the model gives them, otherwise samples "
                "({samples} requests, not billed); the requests that find this out in the first cases come in addition",
            ),
        ],
    )
    def test_the_source_that_auto_takes_is_named_with_its_cost(
        self, folder: Path, model: str, taken: str, says: str
    ) -> None:
        plan = plan_of("sensitivity", {"cases": str(folder)}, [model], load_prices())
        assert [row.role for row in plan.rows if row.by_auto] == [taken]
        requests = {row.role: f"{row.requests:,}" for row in plan.rows}
        [remark] = [remark for remark in plan.remarks if "posterior=auto" in remark]
        assert remark.startswith(f"{model}: posterior=auto (*) {says.format(**requests)}")

    def test_where_it_is_unknown_what_a_call_gives_the_plan_is_an_upper_bound_and_names_the_lower(
        self, folder: Path
    ) -> None:
        _, rows = planned("sensitivity", folder, "openrouter/some/model", posterior="samples", samples=5)
        _, best = planned("sensitivity", folder, posterior="samples", samples=5)
        assert rows["samples"].at_most
        assert rows["samples"].requests == 5 * best["samples"].requests
        assert any(f" {best['samples'].requests} requests" in remark for remark in rows["samples"].remarks)

    def test_the_lower_bound_keeps_to_what_a_call_may_ask_for(self, folder: Path) -> None:
        _, rows = planned("sensitivity", folder, "google/gemini-2.5-pro", posterior="samples", samples=20)
        prompts = planned("sensitivity", folder, posterior="samples", samples=20)[1]["samples"].requests
        wanted = f"if the server gives up to 8 per call, there are {3 * prompts} requests"
        assert any(wanted in remark for remark in rows["samples"].remarks)

    def test_the_default_judge_is_planned_for_unless_another_is_named(self, folder: Path) -> None:
        plan = plan_of("ddx", {"cases": str(folder)}, [], {})
        assert [(row.role, row.model, row.requests, row.at_most) for row in plan.rows] == [
            ("reader", None, 3, False),
            ("judge", "openai/gpt-5", 3, True),
        ]
        panel = plan_of("ddx", {"cases": str(folder)}, [], {}, judges=["a/b", "c/d"])
        assert [(row.role, row.model) for row in panel.rows] == [
            ("reader", None), ("judge", "a/b"), ("judge", "c/d"), ("extractor", "a/b"),
        ]  # fmt: skip


@pytest.mark.parametrize("task", ["ddx", "fdx", "open_fdx"])
class TestTheExtractor:
    def test_is_planned_for_if_it_or_a_judge_is_named(self, task: str, folder: Path) -> None:
        for how in ({"extractor": "a/b"}, {"judges": ["a/b"]}, {"judges": ["c/d"], "extractor": "a/b"}):
            plan = plan_of(task, {"cases": str(folder)}, [], {}, **how)  # type: ignore[arg-type]
            [row] = [row for row in plan.rows if row.role == "extractor"]
            assert (row.model, row.requests, row.images, row.at_most) == ("a/b", 3, 0, True)
            assert any("between none and all" in remark for remark in plan.remarks)

    def test_is_not_if_only_the_default_judge_is_there(self, task: str, folder: Path) -> None:
        plan = plan_of(task, {"cases": str(folder)}, [], {})
        assert [row for row in plan.rows if row.role == "extractor"] == []
        assert not any("whole answers" in remark for remark in plan.remarks)

    def test_gets_whole_answers_and_the_plan_says_so(self, task: str, folder: Path) -> None:
        result = command(task, "--cases", str(folder), "--model-role", "extractor=openai/gpt-5-mini")
        assert result.exit_code == 0
        printed = " ".join(result.output.split())
        assert "the extractor (openai/gpt-5-mini) whole answers" in printed
        assert "which may quote the case" in printed

    def test_costs_at_most_one_request_for_each_answer(self, task: str, folder: Path) -> None:
        model = "openai/gpt-5-mini"
        plan = plan_of(task, {"cases": str(folder)}, [], load_prices(), extractor=model)
        [row] = [row for row in plan.rows if row.role == "extractor"]
        price = load_prices()[model]
        assert row.cost == pytest.approx(price.cost(row.input_tokens, row.output_tokens))
        assert row.input_tokens > 3 * text_tokens(instructions(QUESTION_READ[task]))


def test_a_sensitivity_run_has_no_extractor(folder: Path) -> None:
    plan = plan_of("sensitivity", {"cases": str(folder)}, [], {}, extractor="a/b")
    assert {row.role for row in plan.rows} == {"logprobs", "samples", "verbalized"}


def test_roles_are_given_as_to_inspect(folder: Path) -> None:
    roles = ["--model-role", "grader=a/b,c/d", "--model-role", "extractor=e/f"]
    rows = json.loads(command("ddx", "--cases", str(folder), *roles, "--json").output)["rows"]
    assert [(row["role"], row["model"]) for row in rows] == [
        ("reader", None), ("judge", "a/b"), ("judge", "c/d"), ("extractor", "e/f"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        '{"model": "a/b", "temperature": 0.5}',
        "{model: a/b, reasoning_effort: high}",
        '[{"model": "a/b"}]',
        "[a/b]",
        "a/b,",
    ],
)
def test_a_role_is_given_with_settings_as_to_inspect(folder: Path, value: str) -> None:
    result = command("ddx", "--cases", str(folder), "--model-role", f"grader={value}", "--json")
    rows = json.loads(result.output)["rows"]
    assert [row["model"] for row in rows if row["role"] == "judge"] == ["a/b"]


class TestTokensAndCost:
    def test_text_is_a_quarter_of_its_latin_characters_and_all_of_its_chinese_ones(self) -> None:
        assert text_tokens("a" * 400) == 100
        assert text_tokens("男，30岁，发热3天") == 7 + 1
        assert text_tokens("") == 0

    def test_input_is_text_and_images_and_output_the_assumed_answers(self, folder: Path) -> None:
        _, words = planned("fdx", folder, "openai/gpt-4o", view="finding", withhold="xray")
        _, images = planned("fdx", folder, "openai/gpt-4o", withhold="xray")
        # Four images of one tile each; the findings that they replace are a few words.
        assert images["reader"].input_tokens - words["reader"].input_tokens == pytest.approx(4 * 255, abs=60)
        price = load_prices()["openai/gpt-4o"]
        assert images["reader"].output_tokens == 3 * 300
        assert images["reader"].cost == pytest.approx(
            (images["reader"].input_tokens * price.input + 900 * price.output) / 1e6
        )

    def test_with_several_answers_a_call_input_is_paid_once_and_output_for_each(self, folder: Path) -> None:
        given = {"posterior": "samples", "samples": 10}
        _, several = planned("sensitivity", folder, "openai/gpt-4o", **given)
        _, once = planned("sensitivity", folder, "openai/gpt-4o", posterior="samples", samples=2)
        assert several["samples"].input_tokens == once["samples"].input_tokens
        assert several["samples"].output_tokens == 5 * once["samples"].output_tokens
        _, each = planned("sensitivity", folder, "openai/gpt-5", **given)
        assert each["samples"].requests == 10 * several["samples"].requests

    def test_thinking_is_output(self, folder: Path) -> None:
        given = {"cases": str(folder)}
        with_, without = (plan_of("fdx", given, ["openai/gpt-5"], load_prices(), thinking=n).rows[0] for n in (700, 0))
        assert with_.output_tokens - without.output_tokens == 3 * 700
        assert any("700 tokens of thinking" in remark for remark in with_.remarks)
        assert plan_of("fdx", given, ["openai/gpt-4o"], {}).rows[0].output_tokens == without.output_tokens

    def test_an_unknown_price_is_no_price_and_a_local_model_costs_nothing(self, folder: Path) -> None:
        models = ["openai/gpt-99", "vllm/Qwen/Qwen2.5-VL-7B-Instruct"]
        unknown, local = plan_of("fdx", {"cases": str(folder)}, models, load_prices()).rows
        assert (unknown.cost, local.cost) == (None, 0.0)
        assert any("no rule for image tokens" in remark for remark in unknown.remarks)


class TestProviders:
    def test_a_prompt_longer_than_the_model_s_context_is_named(self) -> None:
        [remark] = [words for words in provider_remarks("openai/gpt-5.5", [], 2_000_000) if "context" in words]
        assert remark.startswith("openai/gpt-5.5: about 2,000,000 tokens in one call, more than its context of ")
        assert not any("context" in words for words in provider_remarks("openai/gpt-5.5", [], 1000))

    def test_the_default_judge_s_end_and_its_successor_are_named(self, folder: Path) -> None:
        plan = plan_of("ddx", {"cases": str(folder)}, [], load_prices())
        remark = "openai/gpt-5 is shut down on 2026-12-11; its provider recommends openai/gpt-6.1-sol"
        assert remark in plan.rows[-1].remarks

    @pytest.mark.parametrize(
        ("day", "words"),
        [
            (date(2026, 10, 11), "openai/gpt-5 is shut down on 2026-12-11;"),
            (date(2026, 10, 12), "WARNING: openai/gpt-5 is shut down on 2026-12-11, in 60 days;"),
            (date(2026, 12, 10), "WARNING: openai/gpt-5 is shut down on 2026-12-11, in 1 day;"),
            (date(2026, 12, 11), "WARNING: openai/gpt-5 is shut down on 2026-12-11, today;"),
            (date(2027, 1, 1), "WARNING: openai/gpt-5 was shut down on 2026-12-11;"),
        ],
    )
    def test_a_shutdown_within_60_days_is_a_warning(
        self, day: date, words: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clock, "today", lambda: day)
        [remark] = [remark for remark in provider_remarks("openai/gpt-5", [], 0) if "shut down" in remark]
        assert remark.startswith(words)

    def test_the_judge_of_a_plan_is_that_of_a_run_on_the_same_day(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 11))
        plan = plan_of("ddx", {"cases": str(folder)}, [], load_prices())
        assert plan.rows[-1].model == "openai/gpt-6.1-sol"
        assert any("the judge (openai/gpt-6.1-sol)" in remark for remark in plan.remarks)

    def test_a_name_that_another_model_will_answer_is_named(self, folder: Path) -> None:
        _, rows = planned("fdx", folder, "google/gemini-2.5-pro")
        assert any("google/gemini-3.8-flash then answers under this name" in words for words in rows["reader"].remarks)

    def test_a_model_without_images_is_named(self, folder: Path) -> None:
        _, rows = planned("fdx", folder, "hf/Qwen/Qwen2.5-7B")
        assert "hf/Qwen/Qwen2.5-7B accepts no images; use view=finding" in rows["reader"].remarks


class TestImageRules:
    """Worked examples of the providers' own pages."""

    @pytest.mark.parametrize(
        ("model", "size", "tokens"),
        [
            ("openai/gpt-4o", (1024, 1024), 765),
            ("openai/gpt-4o", (2048, 4096), 1105),
            ("openai/gpt-4.1-2025-04-14", (500, 400), 255),
            ("openai/gpt-5", (1024, 1024), 70 + 4 * 140),
            ("openai/gpt-5.4", (1024, 1024), 1229),
            ("openai/gpt-5.4", (2048, 2048), 3000),
            ("openai/gpt-5-mini", (1800, 2400), 1743),
            ("anthropic/claude-opus-4-5", (1000, 1000), 1296),
            ("anthropic/claude-haiku-4-5-20251001", (1920, 1080), 52 * 30),
            ("anthropic/claude-3-5-sonnet-20241022", (1075, 1520), 33 * 47),
            ("anthropic/claude-opus-4-7", (1075, 1520), 39 * 55),
            ("anthropic/claude-sonnet-5", (3840, 2160), 4784),
            ("google/gemini-2.5-pro", (384, 300), 258),
            ("google/gemini-2.5-pro", (960, 540), 6 * 258),
            ("google/gemini-3.1-pro-preview", (4000, 3000), 1120),
        ],
    )
    def test_a_documented_example(self, model: str, size: tuple[int, int], tokens: int) -> None:
        rule = image_rule(model)
        assert rule is not None
        assert rule.tokens(*size) == tokens
        assert rule.source.startswith("https://")

    @pytest.mark.parametrize(
        "model",
        ["openai/gpt-99", "openai/gpt-5-pro", "vllm/Qwen/Qwen3-VL-8B", "google/gemma-3-27b-it", "anthropic/next"],
    )
    def test_no_rule_is_borrowed_from_another_model(self, model: str) -> None:
        assert image_rule(model) is None

    @pytest.mark.parametrize("size", [(1, 1), (1, 9000), (9000, 1), (7952, 5304), (33, 31)])
    def test_every_rule_takes_every_shape_and_keeps_to_its_budget(self, size: tuple[int, int]) -> None:
        facts = [fact for entry in load_facts().providers.values() for fact in entry.image_tokens]
        assert facts
        assert all(RULES[fact.rule](*size, **fact.parameters) > 0 for fact in facts)
        assert openai_patches(*size, edge=2048, budget=1536, multiplier=1) <= 1536
        assert 0 < anthropic_patches(*size, edge=1568, budget=1568) <= 1568
        assert gemini_tiles(*size) % 258 == 0
        assert (openai_tiles(*size, base=85, tile=170) - 85) % 170 == 0


class TestModelFacts:
    @pytest.mark.parametrize(
        "name", ["gpt-4o", "gpt-4.1-mini", "gpt-5", "gpt-5-mini", "gpt-5.2", "o1", "o3", "o4-mini", "gpt-5.1-codex"]
    )
    def test_inspect_asks_openai_models_through_the_api_that_we_think(self, name: str) -> None:
        api = get_model(f"openai/{name}", api_key="none", memoize=False).api
        assert api.responses_api == (answers_per_call(f"openai/{name}").most == 1)  # type: ignore[attr-defined]


class TestPrices:
    def test_every_bundled_price_has_a_date_a_source_and_a_model_that_inspect_knows(self) -> None:
        for model, price in load_prices().items():
            assert price.as_of is not None, model
            assert price.source.startswith("https://"), model
            assert price.output > price.input > price.input_cache_read, model
            assert get_model_info(model) is not None, "else --model-cost-config refuses the whole file"

    def test_one_file_serves_inspect_and_the_plan(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from inspect_ai.model import _model_info

        monkeypatch.setattr(_model_info, "_custom_models", {})
        own = tmp_path / "prices.yaml"
        own.write_text(f"openai/gpt-4o: {{{KEYS}}}\n", encoding="utf-8")
        for file in (BUNDLED, own):
            reader = get_model("reference/reader", cases=str(folder), memoize=False)
            log = run(TASKS["fdx"](cases=str(folder)), reader, tmp_path, model_cost_config=str(file))
            assert log.status == "success"
            info = get_model_info("openai/gpt-4o")
            assert info is not None
            assert info.cost is not None
            assert info.cost.input == load_prices(file)["openai/gpt-4o"].input

    def test_a_file_replaces_and_completes_the_bundled_prices(self, tmp_path: Path) -> None:
        own = tmp_path / "prices.json"
        given = {"input": 1, "output": 2, "input_cache_write": 0, "input_cache_read": 0, "as_of": "2026-11-01"}
        own.write_text(json.dumps({"openai/gpt-4o": given, "mine/own": given}), encoding="utf-8")
        prices = load_prices(own)
        assert prices["openai/gpt-4o"] == prices["mine/own"]
        assert prices["openai/gpt-4.1"] == load_prices()["openai/gpt-4.1"]
        assert prices["mine/own"].cost(2_000_000, 1_000_000) == 4.0

    @pytest.mark.parametrize(
        ("content", "named"),
        [
            ("openai/gpt-4o: {input: 1, output: 2}", ["openai/gpt-4o", "input_cache_write", "required"]),
            (f"openai/gpt-4o: {{{KEYS.replace('output', 'outptu')}}}", ["openai/gpt-4o", "output: ", "required"]),
            ("openai/gpt-4o: {input: cheap}", ["openai/gpt-4o", "input", "number"]),
            (f"openai/gpt-4o: {{{KEYS.replace('output: 2', 'output: -2')}}}", ["openai/gpt-4o", "output", "greater"]),
            (f"openai/gpt-4o: {{{KEYS.replace('input: 1', 'input: .inf')}}}", ["openai/gpt-4o", "input", "finite"]),
            (f"openai/gpt-4o: {{{KEYS}, as_of: lately}}", ["openai/gpt-4o", "as_of", "date"]),
            ("openai/gpt-4o: 3", ["openai/gpt-4o"]),
            (f"gpt-4o: {{{KEYS}}}", ["gpt-4o", "provider"]),
            ("- openai/gpt-4o", ["must map models to prices"]),
            ("{", ["cannot be read"]),
            ("a: [", ["cannot be read"]),
        ],
    )
    def test_a_bad_file_is_named_with_model_and_key(self, content: str, named: list[str], tmp_path: Path) -> None:
        file = tmp_path / "prices.yaml"
        file.write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match="prices") as raised:
            load_prices(file)
        message = str(raised.value)
        assert "\n" not in message
        assert all(word in message for word in [str(file), *named]), message


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plan", *arguments], catch_exceptions=False)


class TestCommand:
    def test_a_plan_is_printed(self, folder: Path) -> None:
        result = command("sensitivity", "--cases", str(folder), "--model", "openai/gpt-4o", "--model", CLAUDE)
        assert result.exit_code == 0
        for word in ("3 cases", "5 different images", "openai/gpt-4o", CLAUDE, "verbalized", "estimates", "as of 2026"):
            assert word in result.output, word

    def test_of_the_bundled_cases_only_those_with_genetic_evidence_have_arms_without_it(self) -> None:
        given = ("types=omics", "posterior=logprobs", "order_audit=0")
        parameters = [part for one in given for part in ("-T", one)]
        result = command("sensitivity", *parameters, "--model", "reference/reader", "--json")
        [row] = json.loads(result.output)["rows"]
        cases = load_cases().cases
        genetic = sum(any(piece.type == "omics" for piece in case.evidence) for case in cases)
        # Both views of a case: all evidence, and again all evidence in other words.
        assert genetic >= 6
        assert row["arms"] == 4 * len(cases) + 2 * genetic

    def test_it_fits_into_eighty_columns_also_when_there_is_much_to_pay(self, monkeypatch: pytest.MonkeyPatch) -> None:
        console = Console(width=80, record=True, highlight=False)
        monkeypatch.setattr(plan_table, "Screen", lambda: console)
        models = ("vllm/Qwen/Qwen2.5-VL-72B-Instruct", "openai/gpt-4o")
        rows = [
            Row(model, "verbalized", 56_080, 940_800, 3_187_200, 12_199_000_000, 5_528_800_000, 1_223_000_000, 44_208.6,
                at_most=True)
            for model in models
        ]  # fmt: skip
        plan = Plan("sensitivity", "much 1.0", 4520, 36_160, 138_000_000, tuple(rows))
        plan_table.plan_table(plan, {})
        lines = console.export_text().splitlines()
        assert max(map(len, lines)) <= 80
        numbers = [line.split() for line in lines if line.lstrip().startswith("verbalized")]
        shown = "verbalized 56,080 ≤ 940,800 ≤ 3,187,200 12,199 5,529 M 1,223 M"
        assert numbers == [[*shown.split(), "none"], [*shown.split(), "≤", "44,209"]]

    def test_as_json_it_can_be_computed_with(self, folder: Path) -> None:
        result = command("fdx", "--cases", str(folder), "--json", "-T", "view=image", "-T", "withhold=ct,xray")
        plan = json.loads(result.output)
        assert (plan["cases"], plan["rows"][0]["images"]) == (3, 2)

    def test_prices_are_those_of_the_file_that_inspect_is_told_of(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "prices.yaml").write_text("mine/own: {" + KEYS.replace("input: 1,", "input: 1e6,") + "}\n")
        monkeypatch.setenv("INSPECT_EVAL_MODEL_COST_CONFIG", str(tmp_path / "prices.yaml"))
        row = json.loads(command("fdx", "--cases", str(folder), "--model", "mine/own", "--json").output)["rows"][0]
        assert row["cost"] == pytest.approx(row["input_tokens"], rel=1e-3)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["fxd"], "'fxd' is not one of"),
            (["fdx", "--model", "gpt-4o"], "model 'gpt-4o': name the provider too"),
            (["ddx", "--judge", "gpt-5"], "model 'gpt-5': name the provider too"),
            (["ddx", "--model-role", "judge=a/b"], "--model-role judge=a/b: write grader=MODEL or extractor=MODEL"),
            (["ddx", "--model-role", "grader={temperature: 0}"], "name each model, as in {model:"),
            (["ddx", "--model-role", "grader={model: a/b"], "grader={model: a/b: the value cannot be read as YAML"),
            (["fdx", "-T", "vew=image"], "unknown parameter vew: did you mean view?"),
            (["fdx", "-T", "view"], "-T view: write it as name=value"),
            (["fdx", "-T", "view=[a"], "-T view=[a: the value cannot be read"),
            (["fdx", "-T", "view=both"], "view='both': choose one of"),
            (["fdx", "-T", "logprobs=maybe"], "logprobs=maybe: must be true or false"),
            (["sensitivity", "-T", "samples=many"], "samples=many: must be a whole number"),
            (["sensitivity", "-T", "posterior=samples", "-T", "orders=cyclic"], "orders=cyclic"),
            (["fdx", "--cases", "/nowhere"], "no such folder"),
            (["fdx", "--prices", "/nowhere.yaml"], "/nowhere.yaml: cannot be read"),
        ],
    )
    def test_what_is_wrong_is_said_in_a_sentence(self, arguments: list[str], message: str) -> None:
        result = command(*arguments)
        assert result.exit_code != 0
        assert message in result.output


def test_a_price_is_per_million() -> None:
    price = Price(input=2.5, output=10, input_cache_write=2.5, input_cache_read=1.25)
    assert price.cost(1_000_000, 100_000) == 3.5
