"""Every reader has one short name, different from all others, and its provider beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.cli import main
from medsyn_inspect.published import paper_readers
from medsyn_inspect.report.names import GivenNames, Names, names_of, names_table, read_names

MODELS = [name for reader in paper_readers() for name in reader.inspect]


def named(*readers: str | tuple[str, str], names: GivenNames | None = None) -> Names:
    """The names of some readers; a reader with settings is given with its model."""
    pairs = [(one, one) if isinstance(one, str) else one for one in readers]
    return names_of(pd.DataFrame(pairs, columns=["reader", "model"]), names)


def shown(names: Names) -> list[tuple[str, str]]:
    return [(one.provider, one.name) for one in names.readers]


class TestNames:
    def test_the_provider_is_a_field_of_its_own(self) -> None:
        assert shown(named("openai/gpt-4o", "vllm/org/model-7b", "human/two-physicians")) == [
            ("openai", "gpt-4o"),
            ("vllm", "model-7b"),
            ("human", "two-physicians"),
        ]

    def test_a_reader_of_the_paper_has_the_papers_name_whoever_serves_it(self) -> None:
        assert shown(named("sglang/Qwen/Qwen3-VL-32B-Instruct", "openai/o3")) == [
            ("sglang", "Qwen3-VL (32B)"),
            ("openai", "GPT-O3"),
        ]
        long = "vllm/FreedomIntelligence/HuatuoGPT-Vision-7B-Qwen2.5VL"
        assert shown(named(long)) == [("vllm", "HuatuoGPT-Vision (7B)")]

    def test_simulated_readers_are_named_in_words(self) -> None:
        assert shown(named("reference/weak-eye", "reference/blind")) == [
            ("reference", "weak eye"),
            ("reference", "blind"),
        ]

    @pytest.mark.parametrize(
        ("models", "expected"),
        [
            (["openai/o3", "openai/o3-2025-04-16"], ["o3", "o3-2025-04-16"]),
            (
                ["vllm/Qwen/Qwen2.5-VL-7B-Instruct", "sglang/Qwen/Qwen2.5-VL-7B-Instruct"],
                ["Qwen2.5-VL (7B) (vllm)", "Qwen2.5-VL (7B) (sglang)"],
            ),
            (["vllm/one/model", "vllm/other/model"], ["one/model", "other/model"]),
            (
                [f"hf-vlm/run/models/{one}" for one in ("seed-0/base", "seed-1/base", "seed-1/repaired")],
                ["seed-0/base", "seed-1/base", "repaired"],
            ),
            (["together/one/model", "vllm/one/model"], ["together/one/model", "vllm/one/model"]),
        ],
    )
    def test_alike_names_get_what_distinguishes_them(self, models: list[str], expected: list[str]) -> None:
        assert [one.name for one in named(*models).readers] == expected

    def test_settings_that_differ_are_added_and_the_others_left_out(self) -> None:
        model = "reference/reader"
        full = [f"{model} (image_gain={gain}, text_gain=2.0)" for gain in (0.4, 0.8)]
        older = f"{full[0]}, run of 2026-01-01 10:00:00"
        names = named(*((one, model) for one in (*full, older)), "openai/gpt-4o")
        assert names.common == "text_gain=2.0"
        assert [one.name for one in names.readers] == [
            "reader (image_gain=0.4)",
            "reader (image_gain=0.8)",
            "reader (image_gain=0.4), run of 2026-01-01 10:00:00",
            "gpt-4o",
        ]
        assert names.of_text(f"{full[0]} [language=zh]") == "reader (image_gain=0.4) [language=zh]"
        assert names.provider_of("reader (image_gain=0.4) [language=zh]") == "reference"

    def test_in_a_text_only_whole_names_are_replaced(self) -> None:
        names = named("openai/gpt-4o", "openai/gpt-4o-mini")
        text = (
            "openai/gpt-4o: better than openai/gpt-4o-mini. Not openai/gpt-4o.1, x/openai/gpt-4o or openai/gpt-4o-2024."
        )
        assert names.of_text(text) == (
            "gpt-4o: better than gpt-4o-mini. Not openai/gpt-4o.1, x/openai/gpt-4o or openai/gpt-4o-2024."
        )

    @given(
        st.lists(
            st.sampled_from(
                [*MODELS, "openai/azure/o3", "vllm/Other/deepseek-vl2", "openai/GPT-5.2", "a/b", "c/b", "c/d/b", "a/B"]
            ),
            unique=True,
        ),
        st.lists(
            st.sampled_from(["", " (t=0)", " (t=0, x=1)", " (t=1)", " (t=1), run of 2026"]), min_size=1, unique=True
        ),
    )
    def test_two_readers_never_have_the_same_name(self, models: list[str], settings: list[str]) -> None:
        readers = [(f"{model}{setting}", model) for model in models for setting in settings]
        names = [one.name for one in named(*readers).readers]
        assert len(set(names)) == len(readers)


class TestFile:
    def test_its_names_come_first(self, tmp_path: Path) -> None:
        file = tmp_path / "names.yaml"
        file.write_text("# for the paper\nopenai/gpt-4o: Reader A\nopenai/o3: gpt-4o\n", encoding="utf-8")
        names = named("openai/gpt-4o", "openai/o3", "azureai/gpt-4o", names=read_names(file))
        assert [one.name for one in names.readers] == ["Reader A", "gpt-4o", "azureai/gpt-4o"]

    def test_csv_is_read_alike(self, tmp_path: Path) -> None:
        (tmp_path / "names.yaml").write_text('a/b: "B, large"\nc/d: D\n', encoding="utf-8")
        (tmp_path / "names.csv").write_text('model,name\na/b,"B, large"\nc/d,D\n', encoding="utf-8-sig")
        one, other = (read_names(tmp_path / f"names.{end}") for end in ("yaml", "csv"))
        assert one.names == other.names == {"a/b": "B, large", "c/d": "D"}
        assert other.lines == {"a/b": 2, "c/d": 3}

    @pytest.mark.parametrize(
        ("name", "text", "says"),
        [
            ("names.yaml", "a/b: B\nc/d: [D]\n", "line 2: give a model and its name"),
            ("names.yaml", "a/b: B\na/b: C\n", "line 2: a/b has a name in line 1 already"),
            ("names.yaml", "a/b: B\nc/d: B\n", "line 2: 'B' is the name of a/b already; give each model its own"),
            ("names.yaml", "- a/b\n", "line 1: write one `model: name` in each line"),
            ("names.yaml", "a/b: 'B\n", "is not YAML"),
            ("names.yaml", "", "contains no names"),
            ("names.csv", "a/b,B\nc/d\n", "line 2: 1 columns; give a model and its name"),
            ("names.csv", "a/b,\n", "line 1: give a model and its name"),
            ("missing.csv", None, "cannot be read (No such file or directory)"),
        ],
    )
    def test_a_mistake_is_named_with_its_line(self, name: str, text: str | None, says: str, tmp_path: Path) -> None:
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=re.escape(says)) as error:
            read_names(tmp_path / name)
        assert str(error.value).startswith(str(tmp_path / name))

    @pytest.mark.parametrize("command", ["report", "analyze"])
    def test_a_model_without_logs_ends_the_command_with_file_and_line(self, command: str, tmp_path: Path) -> None:
        file = tmp_path / "names.yaml"
        file.write_text("\nreference/reeder: A\n", encoding="utf-8")
        logs = Path(__file__).parent.parent / "logs"
        how = ["-o", str(tmp_path / "report")] if command == "report" else []
        result = CliRunner().invoke(main, [command, str(logs), "--names", str(file), *how])
        assert result.exit_code == 1
        assert "line 2: no log is of model 'reference/reeder'; " in result.output
        assert not list((tmp_path / "report").glob("*"))

    def test_the_table_of_names_is_safe_to_open(self) -> None:
        rows = names_table(named("a/=1+1", "c/d"))
        assert rows.splitlines() == ["reader,model,provider,name", "a/=1+1,a/=1+1,a,'=1+1", "c/d,c/d,c,d"]
