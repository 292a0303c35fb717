"""What is known of providers and models is data: each fact with its source, asked by a model's name."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import inspect_ai.model
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai._util.registry import registry_find, registry_info
from inspect_ai.model import get_model_info
from inspect_ai.model._model_data.model_data import read_model_info
from inspect_ai.model._openai import always_reasons_model, is_gpt_5_plus_model, reasons_by_default_model
from PIL import Image, PngImagePlugin

import medsyn_inspect
from case_sets import a_case, png, write_case_set
from medsyn_inspect import _registry
from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.planning.plan import plan_of
from medsyn_inspect.planning.prices import load_prices
from medsyn_inspect.providers import (
    JUDGE,
    PHYSICIANS,
    READER,
    ImageLimits,
    answers_per_call,
    drops_certain_tokens,
    end_of,
    gives_token_probabilities,
    image_limits,
    image_tokens_of,
    is_billed,
    is_model,
    is_physician,
    is_simulated,
    kind_of,
    model_info,
    provider_of,
)
from medsyn_inspect.providers import facts as facts_module
from medsyn_inspect.providers.facts import BUNDLED, Fact, Many, load_facts
from medsyn_inspect.providers.sent_images import image_of_file, image_of_uri, refused
from medsyn_inspect.report.export.run import model_identity
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.report.rerun.reproducibility import usage_table

EFFORTS = (None, "none", "minimal", "low", "medium", "high", "xhigh", "max")
ENGINES = ["hf", "vllm", "vllm-completions", "sglang", "ollama", "llama-cpp-python", "transformer_lens", "nnterp"]


def every_fact() -> Iterator[tuple[str, Fact]]:
    facts = load_facts()
    yield from (("others", fact) for fact in facts.others.answers_per_call)
    for name, entry in facts.providers.items():
        yield name, entry.serves
        if entry.drops_certain_tokens:
            yield name, entry.drops_certain_tokens
        for subject in ("token_probabilities", "answers_per_call", "images", "image_tokens", "ends"):
            yield from ((name, fact) for fact in getattr(entry, subject))


class TestFile:
    def test_each_fact_has_a_source_and_the_day_it_was_read(self) -> None:
        assert len(list(every_fact())) > 100
        for provider, fact in every_fact():
            assert fact.source, provider
            assert date(2026, 1, 1) <= fact.read <= date.today(), provider

    def test_files_named_as_sources_are_there(self) -> None:
        modules = {"Inspect": inspect_ai.model, "medsyn_inspect": medsyn_inspect}
        folders = {name: Path(str(module.__file__)).parent for name, module in modules.items()}
        for provider, fact in every_fact():
            if not fact.source.startswith("https://"):
                package, _, file = fact.source.partition(", ")
                assert (folders[package.split()[0]] / file).is_file(), f"{provider}: {fact.source}"

    def test_providers_are_those_that_are_registered_with_inspect(self) -> None:
        assert _registry.reference
        names = [registry_info(api).name for api in registry_find(lambda info: info.type == "modelapi")]
        registered = {name.split("/")[1] for name in names if name.split("/")[0] in ("inspect_ai", "medsyn_inspect")}
        assert set(load_facts().providers) == registered

    @pytest.mark.parametrize(
        ("wrong", "place"),
        [
            ("serves: {kind: api, billed: true, read: 2026-01-01}", "serves.source: Field required"),
            ("serves: {kind: api, billed: true, source: hearsay, read: 2026-01-01}", "serves.source: String should"),
            ("serves: {kind: api, billed: true, source: https://a.b}", "serves.read: Field required"),
            ("serves: {kind: shop, billed: true, source: https://a.b, read: 2026-01-01}", "serves.kind: Input should"),
            ("serves: {kind: api, source: https://a.b, read: 2026-01-01}", "serves.billed: Field required"),
            ("serves: {kind: api, billed: true, source: https://a.b, read: 2026-01-01}\n    price: 3", "price: Extra"),
        ],
    )  # fmt: skip
    def test_a_fact_that_is_not_as_documented_is_named(self, wrong: str, place: str, tmp_path: Path) -> None:
        file = tmp_path / "providers.yaml"
        file.write_text(f"others: {{answers_per_call: []}}\nproviders:\n  mine:\n    {wrong}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=re.escape(f"{file}: providers.mine.{place}")):
            load_facts(file)

    def test_names_of_the_simulated_models_and_of_physicians_are_spelled_in_one_module(self) -> None:
        package = Path(medsyn_inspect.__file__).parent
        spelled = [path for path in package.rglob("*.py") if re.search(r'"(reference|human)/', path.read_text("utf-8"))]
        assert spelled == [package / "providers" / "__init__.py"]

    def test_the_face_imports_neither_inspect_nor_pandas(self) -> None:
        code = "import sys, medsyn_inspect.providers as p; p.is_billed('openai/x'); print(*sys.modules)"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        assert not {"inspect_ai", "pandas", "scipy"} & set(loaded)


class TestWhoServes:
    def test_readers_that_are_no_models(self) -> None:
        assert (is_simulated(READER), is_simulated(JUDGE)) == (True, True)
        assert is_physician(f"{PHYSICIANS}/two-physicians")
        assert not any(map(is_model, (READER, JUDGE, f"{PHYSICIANS}/us", "mockllm/model")))
        assert all(map(is_model, ("openai/gpt-4o", "vllm/Qwen/Qwen3-VL-8B", "mine/own")))

    def test_a_reader_is_known_by_the_model_that_its_name_begins_with(self) -> None:
        assert is_simulated(f"{READER} (image_gain=0.4) [language=zh]")
        assert not is_simulated("openai/reference/reader")

    @pytest.mark.parametrize("engine", ENGINES)
    def test_an_engine_on_ones_own_machine_is_billed_by_nobody(self, engine: str) -> None:
        assert (kind_of(f"{engine}/some/model"), is_billed(f"{engine}/some/model")) == ("engine", False)

    def test_an_unknown_provider_is_assumed_to_bill(self) -> None:
        assert (kind_of("mine/own"), is_billed("mine/own")) == (None, True)

    @given(st.text(max_size=30))
    def test_any_name_gets_an_answer(self, name: str) -> None:
        for model in (name, f"openai/{name}", f"anthropic/{name}", f"google/vertex/{name}"):
            assert answers_per_call(model).most >= 1
            assert gives_token_probabilities(model) in (True, False, None)
            assert isinstance(is_billed(model) and is_model(model) and drops_certain_tokens(model), bool)
            for answer in (end_of(model), image_limits(model), image_tokens_of(model), kind_of(model)):
                assert answer is None or answer

    @pytest.mark.parametrize("name", ["gpt-4o", "", "openai/", "/gpt-4o"])
    def test_a_name_without_a_provider_is_refused_where_one_is_needed(self, name: str) -> None:
        with pytest.raises(ValueError, match=re.escape(f"model {name!r}: name the provider too")):
            provider_of(name)


class TestTokenProbabilities:
    def test_what_is_said_of_openai_is_what_inspect_sends(self) -> None:
        """Inspect drops the request where a model reasons; where it sends it, nothing here says that none come."""
        models = [name for name in read_model_info() if name.startswith("openai/gpt-") or name.startswith("openai/o")]
        assert len(models) > 50
        for model in models:
            name = model.removeprefix("openai/")
            for effort in EFFORTS:
                by_default = effort is None and reasons_by_default_model(name)
                at_effort = is_gpt_5_plus_model(name) and effort not in (None, "none")
                reasons = always_reasons_model(name) or by_default or at_effort
                given = gives_token_probabilities(model, effort)
                if reasons or given is False:
                    assert (given is False) == reasons, (model, effort, given)

    @pytest.mark.parametrize(
        ("model", "unset", "none", "high"),
        [
            ("openai/gpt-4o", True, True, True),
            ("openai/gpt-5-mini-2025-08-07", False, False, False),
            ("openai/gpt-5.2", True, True, False),
            ("openai/gpt-6-luna", False, True, False),
            ("openai/gpt-6.1-sol", False, False, False),
            ("anthropic/claude-opus-5-5", False, False, False),
            ("grok/grok-4.20", False, False, False),
            ("grok/grok-4", None, None, None),
            ("google/gemini-3.8-flash", None, None, None),
            ("vllm/Qwen/Qwen3-VL-8B", True, True, True),
            ("openrouter/openai/gpt-4o", None, None, None),
        ],
    )
    def test_by_model_and_effort(self, model: str, unset: bool | None, none: bool | None, high: bool | None) -> None:
        assert [gives_token_probabilities(model, effort) for effort in (None, "none", "high")] == [unset, none, high]

    def test_of_google_s_certain_tokens_are_missing(self) -> None:
        assert all(map(drops_certain_tokens, ("google/gemini-2.5-pro", "google/vertex/gemini-2.5-pro")))
        assert not any(map(drops_certain_tokens, ("openai/gpt-4o", READER, "mine/own")))


class TestAnswersPerCall:
    @pytest.mark.parametrize(
        ("model", "most", "certain"),
        [
            ("openai/gpt-4o", 128, True),
            ("openai/azure/gpt-5", 1, True),
            ("anthropic/claude-opus-4-5", 1, True),
            ("google/gemini-2.5-pro", 8, False),
            ("vllm/Qwen/Qwen3-VL-8B", 128, True),
            ("openrouter/some/model", 128, False),
            ("mine/own", 128, False),
        ],
    )
    def test_what_a_call_gives_is_not_guessed(self, model: str, most: int, certain: bool) -> None:
        answers = answers_per_call(model)
        assert (answers.most, answers.certain) == (most, certain)


class TestEnds:
    def test_a_model_ends_with_its_snapshots_and_names_its_successor(self) -> None:
        for model in ("openai/gpt-5", "openai/gpt-5-2025-08-07"):
            end = end_of(model)
            assert end is not None
            assert (end.day, end.successor, end.rerouted) == (date(2026, 12, 11), "openai/gpt-6.1-sol", False)

    def test_an_old_snapshot_ends_before_its_model(self) -> None:
        days = [end_of(model) for model in ("openai/gpt-4o-2024-05-13", "openai/gpt-4o-2024-11-20", "openai/gpt-4o")]
        assert [end.day for end in days if end] == [date(2026, 10, 23), date(2027, 1, 14), date(2027, 1, 14)]

    def test_a_name_that_another_model_then_answers_says_so(self) -> None:
        end = end_of("google/gemini-2.5-pro")
        assert end is not None
        assert (end.successor, end.rerouted) == ("google/gemini-3.8-flash", True)

    def test_other_services_have_dates_of_their_own(self) -> None:
        for model in ("openai/azure/gpt-5", "google/vertex/gemini-2.5-pro", "openrouter/openai/gpt-5"):
            assert end_of(model) is None

    def test_no_successor_ends_with_the_model_that_it_replaces(self) -> None:
        for provider, entry in load_facts().providers.items():
            for fact in entry.ends:
                later = end_of(f"{provider}/{fact.successor}") if fact.successor else None
                assert later is None or later.day > fact.day


class TestImageLimits:
    def test_claude_takes_fewer_images_where_its_context_is_short(self) -> None:
        """The documented rule: 100 where the context has 200,000 tokens, else 600."""
        for model in [name for name in read_model_info() if re.match("anthropic/claude-(?!2)", name)]:
            info = get_model_info(model)
            limits = image_limits(model)
            if info and info.context_length and info.context_length >= 200_000 and limits:
                assert limits.images == (100 if info.context_length == 200_000 else 600), model

    def test_a_partner_s_service_takes_smaller_images(self) -> None:
        own, partner = image_limits("anthropic/claude-sonnet-5"), image_limits("anthropic/bedrock/claude-sonnet-5")
        assert own is not None
        assert partner is not None
        assert (own.image_bytes, partner.image_bytes) == (10_485_760, 5_242_880)

    @pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp"])
    @pytest.mark.parametrize("comment", ["", "long " * 10_000])
    def test_an_image_in_a_data_uri_is_the_image_of_the_file(self, tmp_path: Path, suffix: str, comment: str) -> None:
        text = PngImagePlugin.PngInfo()
        text.add_text("comment", comment)
        extra = {"pnginfo": text} if suffix == "png" else {"comment": comment} if suffix == "jpg" else {}
        file = tmp_path / f"image.{suffix}"
        Image.effect_noise((230, 170), 100).save(file, **extra)
        uri = f"data:image/any;base64,{b64encode(file.read_bytes()).decode()}"
        assert image_of_uri(str(file), uri) == image_of_file(file)

    def test_what_would_be_refused_is_counted(self, tmp_path: Path) -> None:
        sizes = {"small": (20, 10), "wide": (300, 10), "tall": (10, 120)}
        for name, size in sizes.items():
            Image.new("L", size).save(tmp_path / f"{name}.png")
        Image.new("L", (10, 10)).save(tmp_path / "other.bmp")
        small, wide, tall, other = (tmp_path / name for name in ("small.png", "wide.png", "tall.png", "other.bmp"))
        source = {"source": "https://a.b", "read": date(2026, 1, 1)}

        def said(*prompts: tuple[Path, ...], **limits: object) -> list[str]:
            sent = [tuple(map(image_of_file, prompt)) for prompt in prompts]
            return list(refused(sent, ImageLimits.model_validate({**source, **limits})))

        assert said((small, wide, other)) == []
        assert said((small,), (small, wide), images=1) == ["accepts 1 image per request; a prompt has 2"]
        assert said((small, other), formats=["PNG", "GIF"]) == ["accepts PNG, GIF, not BMP"]
        assert said((small, wide), (wide,), side=200) == ["accepts 200 pixels per side; larger here: 1 image"]
        many = Many(over=2, side=100)
        assert said((tall, small), side=200, many=many) == []
        assert said((tall, small, small), side=200, many=many) == [
            "accepts 100 pixels per side in a request with more than 2 images; larger here: 1 image"
        ]
        assert said((small,), image_bytes=10) == ["accepts 10 bytes per image in base64; larger here: 1 image"]
        assert said((small,), (), request_bytes=10) == [
            "accepts 10 bytes per request; larger here: the images of 1 prompt"
        ]
        assert said((small,), images=0) == ["accepts no images; use view=finding"]
        assert said((), images=0) == []


class TestWhatInspectKnows:
    def test_is_not_copied(self) -> None:
        info = model_info("openai/gpt-5")
        assert info is not None
        assert (info.reasoning, info.context_length) == (True, 400_000)

    def test_no_model_is_started_to_find_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inspect_ai.model, "get_model_info", lambda model: pytest.fail(f"looked up {model}"))
        for model in (*(f"{engine}/some/model" for engine in ENGINES), READER, f"{PHYSICIANS}/us"):
            assert model_info(model) is None


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A provider that only `providers.yaml` knows."""
    content = yaml.safe_load(BUNDLED.read_text(encoding="utf-8"))
    known = {"source": "https://a.b", "read": date(2026, 11, 1)}
    content["providers"]["mine"] = {
        "serves": {"kind": "engine", "billed": False, **known},
        "token_probabilities": [{"given": False, **known}],
        "answers_per_call": [{"most": 4, **known}],
        "images": [{"images": 1, **known}],
        "image_tokens": [{"rule": "fixed", "parameters": {"tokens": 77}, **known}],
        "ends": [{"models": "old", "day": date(2027, 1, 1), "successor": "new", **known}],
    }
    file = tmp_path / "providers.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.setattr(facts_module, "BUNDLED", file)
    load_facts.cache_clear()
    yield "mine/a/old"
    load_facts.cache_clear()


class TestOneMoreProvider:
    """Takes an entry in `providers.yaml` and nothing else: planning, report and export follow."""

    def test_in_a_plan(self, one_more: str, tmp_path: Path) -> None:
        evidence = [{"type": "ct", "images": [{"path": "images/1.png"}, {"path": "images/2.png"}], "finding": "None."}]
        case = a_case(evidence=evidence, options=["Gout", "Septic arthritis", "Pseudogout"])
        pictures = {f"images/{number}.png": png(size=(40 * number, 30)) for number in (1, 2)}
        folder = write_case_set(tmp_path / "set", cases=[case], images=pictures)
        given = {"cases": str(folder), "samples": 6, "order_audit": 0}
        plan = plan_of("sensitivity", given, ["mine/old"], load_prices())
        rows = {row.role: row for row in plan.rows}
        assert {row.cost for row in rows.values()} == {0.0}
        assert rows["samples"].requests == 2 * rows["samples"].arms
        remarks = " ".join((*plan.remarks, *rows["samples"].remarks))
        assert "mine/old gives no token probabilities" in remarks
        assert "mine/old accepts 1 image per request; a prompt has 2" in remarks
        assert "mine/old is shut down on 2027-01-01; its provider recommends mine/new" in remarks
        assert "no rule for image tokens" not in remarks
        assert one_more not in remarks

    def test_in_a_report_and_an_export(self, one_more: str) -> None:
        used = {"role": "reader", "model": one_more, "input": 10, "output": 1, "total": 11, "cost": None}
        log = {"log": "1.eval", "usage": [{**used, "cached": None, "cache_write": None}]}
        [row] = rows_of(usage_table(Material(pd.DataFrame([log]), Findings()), lambda model: None))
        assert (row["cost"], row["basis"]) == (0.0, "tokens are not billed; the cost of computing is not included")
        identity = model_identity(one_more)
        assert (identity["id"], identity["inference_engine"]) == ("a/old", {"name": "mine"})

    def test_it_is_not_there_without_its_entry(self) -> None:
        assert kind_of("mine/old") is None
        assert end_of("mine/old") is None
