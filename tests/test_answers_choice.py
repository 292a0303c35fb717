"""What `parse_choice`, `answer_span`, `blank_reasoning` and `is_refusal` make of answers."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.phrases import load_phrases
from medsyn_inspect.answers.reading import CHANGED, Reading
from medsyn_inspect.answers.reasoning import blank_reasoning
from medsyn_inspect.answers.refusal import is_refusal
from medsyn_inspect.answers.surface import surface

OPTIONS = ("Sarcoidosis", "Lupus nephritis", "IgA nephropathy", "E. coli sepsis", "B-cell lymphoma")
NESTED = ("Lupus", "Lupus nephritis", "Hodgkin lymphoma", "Non-Hodgkin lymphoma")
CHINESE = ("结节病", "狼疮性肾炎", "IgA肾病", "甲型流感", "非霍奇金淋巴瘤")
LETTERS = "ABCDE"

SELECTS = [
    # the letter alone
    ("B", "B"),
    ("b", "B"),
    ("B.", "B"),
    ("b.", "B"),
    ("(B)", "B"),
    ("[B]", "B"),
    ("B)", "B"),
    ("**B**", "B"),
    ("`B`", "B"),
    ('"B"', "B"),
    ("  B \n", "B"),
    ("Ｂ", "B"),
    ("Ⓑ", "B"),
    ("Option B", "B"),
    # the letter with the option's text
    ("B. Lupus nephritis", "B"),
    ("B) Lupus nephritis", "B"),
    ("(B) Lupus nephritis", "B"),
    ("B: lupus nephritis", "B"),
    ("**B. Lupus nephritis**", "B"),
    ("B - Lupus nephritis", "B"),
    ("D. E. coli sepsis", "D"),
    # the form that is asked for, and its relatives
    ("Answer: B", "B"),
    ("answer: b", "B"),
    ("ANSWER: B", "B"),
    ("Answer:B", "B"),
    ("Answer：Ｂ", "B"),
    ("Answer - B", "B"),
    ("Answer: B.", "B"),
    ("Answer: [B]", "B"),
    ("Answer: Option B", "B"),
    ("Answer: B. Lupus nephritis", "B"),
    ("Answer: B (Lupus nephritis)", "B"),
    ("Answer: B Lupus nephritis", "B"),
    ("Answer: B because of the proteinuria", "B"),
    ("Answer: B (not A)", "B"),
    ("Answer: B, not A", "B"),
    ("Answer: E. B-cell lymphoma", "E"),
    ("Final answer: (B)", "B"),
    ("**Answer: B**", "B"),
    ("**Answer:** B", "B"),
    ("**Answer**: **B**", "B"),
    ("### Answer: B", "B"),
    ("> Answer: B", "B"),
    ("- Answer: B", "B"),
    ("Answer:\n\nB", "B"),
    ("## Final answer\n\n**B. Lupus nephritis**", "B"),
    ("The answer is B", "B"),
    ("The correct answer is (B).", "B"),
    ("The answer is most likely B.", "B"),
    ("Therefore, the best option is B.", "B"),
    ("Correct choice: B", "B"),
    ("I choose B.", "B"),
    ("I would go with B.", "B"),
    ("Final diagnosis: B", "B"),
    (r"\boxed{B}", "B"),
    (r"$\boxed{\text{B}}$", "B"),
    (r"The final answer is $\boxed{\textbf{B}}$.", "B"),
    (r"Answer: \boxed{B. Lupus nephritis}", "B"),
    ('{"answer": "B"}', "B"),
    ('{"reasoning": "A patient with option A?", "answer": "B"}', "B"),
    ('```json\n{\n  "final_answer": "B",\n  "confidence": 0.8\n}\n```', "B"),
    ("{'choice': 'B'}", "B"),
    # statements win over letters in the reasoning
    ("Option A is unlikely because the lungs are clear. Answer: C", "C"),
    ("A: no.\nB: no.\nC: yes.\nAnswer: C", "C"),
    ("If there were no fever, the answer would be A. But there is.\nAnswer: C", "C"),
    ("The answer is not A. The answer is C.", "C"),
    ("A is wrong. B is wrong. Answer: C", "C"),
    ("Alternative answer: A. Answer: C", "C"),
    ('I finish with one line of the form "Answer: X", where X is a letter.\nAnswer: C', "C"),
    ("Final answer: C\nFinal answer: **C**", "C"),
    ("<think>Answer: A</think>Answer: C", "C"),
    ("Answer: A</think>\n\nAnswer: C", "C"),
    ("I cannot provide a diagnosis. If I must choose:\nAnswer: C", "C"),
    # markup of models, and of their formats
    ("<answer>C</answer>", "C"),
    ("<answer>\nC. IgA nephropathy\n</answer>", "C"),
    ("<final_answer>C</final_answer>", "C"),
    ("<|begin_of_box|>C<|end_of_box|>", "C"),
    ("Answer: <|begin_of_box|>C<|end_of_box|>", "C"),
    ("<|channel|>analysis<|message|>Answer: A<|end|><|start|>assistant<|channel|>final<|message|>Answer: C", "C"),
    ("| **Answer** | **C** |", "C"),
    ("\x1b[1mAnswer: C\x1b[0m", "C"),
    ("👉 Answer: **C** 🎯", "C"),
    ("Answer: ~~A~~ C", "C"),
    ('{"reasoning": {"A": "no", "B": "no"},\n "final_answer": "C"}', "C"),
    ('{"final_answer": {"letter": "C", "diagnosis": "IgA nephropathy"}}', "C"),
    # run-on output
    ("Answer: C\n\nUser: Are you sure?\nAssistant: Answer: A", "C"),
    ("Answer: C\n\nQuestion 2: Which is it?\nAnswer: A", "C"),
    ("Answer: C<|im_end|>\n<|im_start|>user\nAnswer: A", "C"),
    ("Answer: C</s>Answer: A", "C"),
    # what the answer is not
    ("The answer is C, rather than A.", "C"),
    ("If there were no fever, the answer would be A.\nAnswer: C\n\n*If it were A, there would be nodules.*", "C"),
    ("Your answer: A\nMy answer: C", "C"),
    # the option's text
    ("Lupus nephritis", "B"),
    ("lupus NEPHRITIS.", "B"),
    ("**Lupus nephritis**", "B"),
    ("Answer: Lupus nephritis", "B"),
    ("Answer: lupus-nephritis", "B"),
    ("Answer: E. coli sepsis", "D"),
    ("Answer: B-cell lymphoma", "E"),
    ("Answer: B cell lymphoma", "E"),
    ("B-cell lymphoma", "E"),
    ('{"answer": "Lupus nephritis"}', "B"),
    ("The complement is low.\nThe diagnosis is lupus nephritis.", "B"),
]

SELECTS_CHINESE = [
    ("答案：B", "B"),
    ("答案:B", "B"),
    ("答案：Ｂ", "B"),
    ("答案：B。", "B"),
    ("答案是B", "B"),
    ("答案为 B", "B"),
    ("答案：（B）", "B"),
    ("**答案：B**", "B"),
    ("答案：\nB", "B"),
    ("最终答案为B", "B"),
    ("正确答案：B。", "B"),
    ("正确选项是B", "B"),
    ("选B", "B"),
    ("选择 B", "B"),
    ("我选择B。", "B"),
    ("应选(B)", "B"),
    ("故选B", "B"),
    ("蛋白尿明显，因此选B。", "B"),
    ("选项B", "B"),
    ("不选A，选B", "B"),
    ("A项肺部无异常，可能性小。答案：B", "B"),
    ("如果没有发热，答案是A。\n答案：B", "B"),
    ("B. 狼疮性肾炎", "B"),
    ("答案：B.狼疮性肾炎", "B"),
    ("答案：B狼疮性肾炎", "B"),
    ("答案：B（狼疮性肾炎）", "B"),
    ("答案：狼疮性肾炎", "B"),
    ("狼疮性肾炎", "B"),
    ("答案：IgA 肾病", "C"),
    ("综合以上资料，诊断为狼疮性肾炎。", "B"),
    ("答案：非霍奇金淋巴瘤", "E"),
]

CORRECTED = [
    ("Answer: A\nAnswer: C", (CHANGED,)),
    ("Answer: A\nSome prose.\nFinal answer: C", (CHANGED,)),
    ("Answer: Sarcoidosis\nAnswer: C", (CHANGED,)),
    ("Answer: A\nWait, the lungs are clear.\nAnswer: C", ()),
    ("Answer: A\nOn reflection that is wrong.\nFinal answer: C", ()),
    ("Answer: C\nAnswer: C", ()),
    ("初步答案：A。\n因此修正。\n最终答案：C", ()),
]

SEVERAL = [
    # All options are gone through, or several are listed.
    "Option: A\nUnlikely.\nOption: B\nNo.\nOption: C\nPossible.",
    "Choice: A - no\nChoice: B - maybe\nChoice: C - yes",
    "Answer: B\nC\n\nBoth fit.",
    "Answer:\n- A. Sarcoidosis\n- B. Lupus nephritis\n\nBoth fit.",
    "Answer: C\n\nWait, the lungs are clear. It is A.",
    "Answer: C\n\nA",
    "Answer: A > C",
    "Answer: E, no wait, A",
    "Answer: C (A is the main alternative)",
    "Final diagnosis:\nA. Sarcoidosis\nC. IgA nephropathy",
    '{"choice": "A", "answer": "C"}',
    "Answer: A or B",
    "Answer: A and B",
    "Answer: A, B",
    "Answer: A/B",
    "Answer: A & C",
    "Answer: either A or B",
    "Answer: A. Sarcoidosis or B. Lupus nephritis",
    "(A), (C)",
    "The answer is A. The answer is C.",
    r"\boxed{A} or \boxed{C}",
    '{"answer": ["A", "C"]}',
    "答案：A、B",
    "答案：A和B",
    "答案：A或B",
    "Answer: B. IgA nephropathy",
    "B. IgA nephropathy",
    "Answer: B (Sarcoidosis)",
    "Answer: Lupus nephritis or IgA nephropathy",
]

UNPARSEABLE = [
    # An option on a line of its own answers nothing that the other lines do not say.
    "B\n\nThe proteinuria and the low complement fit best.",
    "The proteinuria and the low complement fit best.\n\nB",
    "Proteinuria points to the kidney.\n\nB. Lupus nephritis",
    "Lupus nephritis:\nunlikely, the complement is normal.",
    "I can rule out one option.\nB. Lupus nephritis",
    "The odd one out.\nC",
    "Second choice.\n\nC",
    "A. Sarcoidosis\nB. Lupus nephritis",
    "A\nC",
    "The patient has a murmur, which suggests sarcoidosis",
    "The answer is A if there are nodules, else C.",
    "Answer: A, but only if the biopsy is positive",
    "Answer: A?",
    "Answer: A (wrong)",
    "Answer: A is excluded",
    "Diagnosis: Sarcoidosis - ruled out",
    "❌ A. Sarcoidosis",
    "Least likely: A. Second choice: none",
    "The least likely diagnosis is A.",
    "Initial diagnosis: A",
    "Wrong answer: A",
    "Without the images, the answer is A.",
    "At first glance, the answer is A.",
    'The form "Answer: A" is only an example.',
    "Option A is correct.",
    "This is lupus nephritis (B).",
    "A and B",
    "Answer: Lupus",
    "Answer: lupus nephritis-like disease",
    "最不可能的诊断是A",
    "鉴别诊断：A",
    "答案：A？",
    "如果肺部正常，答案是A。",
    "",
    "   \n",
    "?",
    "F",
    "I",
    "Answer: F",
    "答案：F",
    "Answer:",
    "Answer: X",
    "Answer: none of the above",
    "B is likely at first sight.\nAnswer: none of them",
    "Answer: A patient with fever",
    "The answer is a patient with fever",
    "A patient with fever and rash.",
    "A 45-year-old man was admitted.",
    "I think more tests are needed.",
    "not B",
    "Not (B)",
    "B is wrong",
    "Answer: not B",
    "The answer is not B",
    "The answer cannot be B",
    "I don't think the answer is B",
    "Is the answer B?",
    "B?",
    "Whether the answer is B remains open",
    "Answer: B12 deficiency",
    "Answer: A-fib",
    "Answer: B+",
    "Answer: C. difficile colitis",
    "Answer: B's",
    "Hepatitis B is most likely",
    "Vitamin B",
    "A. Sarcoidosis: unlikely\nB. Lupus nephritis: likely\nC. IgA nephropathy: possible",
    "Lupus nephritis is unlikely.",
    "It is not lupus nephritis.",
    "Lupus nephritis explains more than IgA nephropathy.",
    "The answer is unclear because sarcoidosis explains the lungs",
    "答案：A型流感",
    "不选B",
    "不能选B",
    "排除B",
    "<think>Answer: B</think>",
    "<think>Answer: B",
    "以上资料不足。",
]

REFUSED = [
    "I'm sorry, but I can't help with that.",
    "I’m sorry, but I can’t assist with this request.",
    "I cannot provide a diagnosis.",
    "I am unable to provide medical advice.",
    "As an AI language model, I am unable to diagnose patients.",
    "Thank you for sharing this case. I'm not able to give a diagnosis.",
    "抱歉，我无法提供诊断。",
    "对不起，我不能回答这个问题。",
    "作为一个人工智能语言模型，我无法作出诊断。",
    "我无法为您提供医疗诊断。",
    "<think>Should I? B?</think>I'm sorry, but I can't help with that.",
]


def answer_span(text: str, letters: str | list[str], options: list[str] | None = None) -> tuple[int, int] | None:
    """Where the letter of the answer is; `None` if no single letter was stated."""
    span = parse_choice(text, options or [""] * len(letters)).span
    return span if span and span[1] - span[0] == 1 else None


@pytest.mark.parametrize(("text", "letter"), SELECTS)
def test_an_answer_selects_a_letter(text: str, letter: str) -> None:
    choice = parse_choice(text, OPTIONS)
    assert (choice.letter, choice.problem) == (letter, None)
    assert choice.how


@pytest.mark.parametrize(("text", "letter"), SELECTS_CHINESE)
def test_a_chinese_answer_selects_a_letter(text: str, letter: str) -> None:
    choice = parse_choice(text, CHINESE)
    assert (choice.letter, choice.problem) == (letter, None)


@pytest.mark.parametrize(("text", "notes"), CORRECTED)
def test_the_last_of_several_statements_counts_and_a_silent_change_is_noted(text: str, notes: tuple[str, ...]) -> None:
    choice = parse_choice(text, OPTIONS)
    assert (choice.letter, choice.notes) == ("C", notes)


@pytest.mark.parametrize("stop_reason", ["max_tokens", "model_length"])
def test_an_answer_that_was_cut_is_not_read(stop_reason: str) -> None:
    for text in ("Answer: C", "C", "The answer is lupus nephritis", ""):
        assert parse_choice(text, OPTIONS, stop_reason=stop_reason).problem == "truncated"
        assert parse_choice(text, OPTIONS, stop_reason=stop_reason).letter is None
    assert parse_choice("Answer: C", OPTIONS, stop_reason="content_filter").problem == "content_filter"


@pytest.mark.parametrize("text", ["C", "C.", "**C**", "(C)", "C\n\nThe CT shows A", " C\nA"])
def test_a_direct_question_is_answered_by_its_first_letter_even_if_the_rest_was_cut(text: str) -> None:
    assert parse_choice(text, OPTIONS, stop_reason="max_tokens", direct=True).letter == "C"
    assert parse_choice(text, OPTIONS, direct=True).letter == "C"


@pytest.mark.parametrize("length", range(1, len(OPTIONS[2]) + 1))
def test_the_limit_can_leave_part_of_the_option_s_text(length: int) -> None:
    for text in (f"C. {OPTIONS[2][:length]}", f"C: {OPTIONS[2]} because"):
        assert parse_choice(text, OPTIONS, stop_reason="max_tokens", direct=True).letter == "C"


def test_a_letter_that_no_option_has_contradicts_the_option_after_it() -> None:
    assert parse_choice("F: Lupus nephritis", OPTIONS, direct=True).problem == "several"


@pytest.mark.parametrize("text", ["C. difficile", "The answer is C", "Lupus nephritis", "A patient"])
def test_a_direct_answer_that_was_cut_before_a_letter_is_truncated(text: str) -> None:
    assert parse_choice(text, OPTIONS, stop_reason="max_tokens", direct=True).problem == "truncated"


@pytest.mark.parametrize("text", SEVERAL)
def test_several_letters_are_no_answer(text: str) -> None:
    assert (parse_choice(text, OPTIONS).letter, parse_choice(text, OPTIONS).problem) == (None, "several")
    assert answer_span(text, LETTERS, OPTIONS) is None


@pytest.mark.parametrize("text", UNPARSEABLE)
def test_nothing_is_guessed(text: str) -> None:
    assert (parse_choice(text, OPTIONS).letter, parse_choice(text, OPTIONS).problem) == (None, "unparseable")
    assert answer_span(text, LETTERS, OPTIONS) is None


@pytest.mark.parametrize("text", REFUSED)
def test_refusals(text: str) -> None:
    assert is_refusal(text)
    assert parse_choice(text, OPTIONS) == Reading(None, "refused", "refusal")


@pytest.mark.parametrize(
    "text",
    [
        "I cannot exclude lupus, so a biopsy is needed.",
        "I can't be certain, but sarcoidosis fits.",
        "The patient is unable to provide a history.",
        "The lungs are clear. " * 20 + "I cannot provide a diagnosis.",
        "不能排除结核。",
        "患者无法提供病史。",
        "",
    ],
)
def test_clinical_talk_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Lupus", "A"),
        ("Answer: Lupus nephritis", "B"),
        ("Answer: B. Lupus nephritis", "B"),
        ("Answer: Non-Hodgkin lymphoma", "D"),
        ("Hodgkin lymphoma", "C"),
        ("The diagnosis is lupus nephritis.", "B"),
    ],
)
def test_the_longest_of_nested_names_counts(text: str, letter: str) -> None:
    assert parse_choice(text, NESTED).letter == letter


def test_a_longer_name_than_the_options_is_not_the_option() -> None:
    assert parse_choice("Answer: Lupus cystitis", NESTED).letter is None
    assert parse_choice("Answer: Lupus-like syndrome", NESTED).letter is None
    assert parse_choice("The diagnosis is non-Hodgkin lymphoma.", NESTED[:3]).letter is None


def test_signs_tell_options_apart() -> None:
    options = ("HER2+ breast cancer", "HER2− breast cancer", "Grade <3", "Grade >3", "NMOSD (AQP4 positive)")
    for index, option in enumerate(options):
        assert parse_choice(f"Answer: {option}", options).letter == LETTERS[index]
    assert parse_choice("Answer: HER2- breast cancer", options).letter == "B"
    assert parse_choice("Answer: NMOSD", options).letter == "E"
    for other in ("HER2 breast cancer", "Grade 3", "NMOSD (AQP4 negative)", "NMOSD, AQP4 negative"):
        assert parse_choice(f"Answer: {other}", options).letter is None


def test_odd_options() -> None:
    assert parse_choice("Answer: A", ()).problem == "unparseable"
    assert parse_choice("Lupus", ("Lupus", "lupus")).problem == "several"
    assert parse_choice("Answer: A", ("", "?")).letter == "A"
    assert parse_choice("Answer: I", ("opq", "rst", "uvw", "xyz", "abc", "def", "ghi", "jkl", "mno")).letter == "I"


@pytest.mark.parametrize(
    ("text", "remains"),
    [
        ("B", "B"),
        ("<think>A</think>B", "B"),
        ("<THINK>\nA\n</THINK>\nB\n", "B"),
        ("<thinking>A</thinking>B", "B"),
        ("<reasoning>A</reasoning>B", "B"),
        ("A</think>B", "B"),
        ("<think>A", ""),
        ("B<think>A", "B"),
        ("<think>a<think>b</think>c</think>B", "B"),
        ("B<think>A</think>C", "B\nC"),
        ("", ""),
    ],
)
def test_reasoning_is_removed(text: str, remains: str) -> None:
    assert re.sub(r"\n+", "\n", blank_reasoning(text)).strip() == remains


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("B", 0),
        ("Answer: B", 8),
        ("**Answer: B**", 10),
        ("答案：Ｂ", 3),
        (r"$\boxed{\text{B}}$", 14),
        ("<think>Answer: A</think>\nAnswer: B", 33),
        ("Option A is unlikely. Answer: B", 30),
        ("Answer: B\n\nFinal answer: B", 25),
        ("B. Lupus nephritis", 0),
    ],
)
def test_where_the_letter_stands(text: str, start: int) -> None:
    assert answer_span(text, LETTERS) == (start, start + 1)
    assert answer_span(text, list(LETTERS), OPTIONS) == (start, start + 1)


FORMS = [
    "{0}",
    "({0})",
    "{0}.",
    "**{0}**",
    "Answer: {0}",
    "**Answer: {0}**",
    "**Answer:** {0}",
    "The answer is {0}.",
    "Final answer: ({0})",
    r"\boxed{{{0}}}",
    r"$\boxed{{\text{{{0}}}}}$",
    '{{"answer": "{0}"}}',
    "答案：{0}",
    "答案是{0}",
    "故选{0}",
    "应选({0})",
    "选择 {0}",
    "{0}项",
    "最终答案为{0}",
    "Answer: {0}. {1}",
    "{0}. {1}",
    "Answer: {0} ({1})",
]
PROSE = [
    "A patient with fever was admitted.",
    "A CT scan shows a mass.",
    "I believe a biopsy is needed.",
    "Hepatitis B is excluded.",
    "Vitamin B12 was low.",
    "Group A streptococci grew.",
    "The E wave is reduced.",
    "C-reactive protein is raised.",
    "He took vitamin D and vitamin C.",
    "A type A dissection is ruled out.",
    "CD4 and Factor V are normal.",
    "Option A is unlikely.",
    "It could be C or D.",
    "No answer can be given yet.",
    "E. coli grew in the urine.",
    "T and B cells are low.",
]


@given(st.sampled_from(FORMS), st.integers(0, 4), st.sampled_from(["", "\n", "  ", "\n\n "]), st.booleans())
def test_every_form_of_every_letter_round_trips(form: str, index: int, around: str, bold: bool) -> None:
    letter = LETTERS[index]
    text = form.format(letter, OPTIONS[index])
    text = around + (f"**{text}**" if bold else text) + around
    assert parse_choice(text, OPTIONS).letter == letter
    span = answer_span(text, LETTERS, OPTIONS)
    assert span is not None
    assert text[slice(*span)] == letter


@given(st.lists(st.sampled_from(PROSE), min_size=1), st.sampled_from([" ", "\n", "\n\n"]), st.sampled_from(LETTERS))
def test_clinical_prose_has_no_letter_until_one_is_stated(sentences: list[str], between: str, letter: str) -> None:
    prose = between.join(sentences)
    assert parse_choice(prose, OPTIONS).letter is None
    assert parse_choice(f"{prose}\n\nAnswer: {letter}", OPTIONS).letter == letter
    assert parse_choice(f"<think>{prose}\nAnswer: A</think>{letter}", OPTIONS).letter == letter


PIECES = [
    "Answer",
    ":",
    "A",
    "B",
    "C",
    " ",
    "\n",
    "**",
    "<think>",
    "</think>",
    r"\boxed{",
    "}",
    "(",
    ")",
    ".",
    " or ",
    "答案",
    "：",
    "选",
    "not",
    "Lupus nephritis",
    '"',
    "{",
    "I",
    "is",
    "Sarcoidosis",
    ",",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_text_is_read_without_error_and_consistently(text: str) -> None:
    choice = parse_choice(text, OPTIONS)
    assert (choice.letter is None) == (choice.problem is not None)
    assert len(blank_reasoning(text)) == len(text)
    shown = surface(text, load_phrases())
    assert len(shown.text) == len(shown.lower) == len(shown.visible) <= len(text)
    span = answer_span(text, LETTERS, OPTIONS)
    if span is not None:
        assert unicodedata.normalize("NFKC", text[slice(*span)]).upper() == choice.letter
    assert parse_choice(f"\n {text}\n", OPTIONS).letter == choice.letter


@pytest.mark.parametrize(
    "piece",
    [
        "A",
        " ",
        "\n",
        "answer",
        "answer is ",
        "Answer: A or ",
        "(",
        "[{",
        "<think>",
        "</think>",
        "选",
        "答案",
        r"\boxed{",
        "*",
        "Lupus nephritis ",
        "not ",
        "A. ",
        "I cannot ",
        '{"answer":',
    ],
)
def test_long_texts_are_read(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    parse_choice(text, OPTIONS)
    assert is_refusal(text) in (True, False)
