"""Whether an answer begins by declining to answer."""

from __future__ import annotations

import re

from medsyn_inspect.answers.reasoning import without_reasoning

# How much of an answer counts as its beginning.
BEGINNING = 200

# "I cannot", "I'm not able to", "I must decline to": the speaker declines...
_I_DECLINE = (
    r"(?:i|we)(?: (?:can ?not|can't|could not|couldn't|won't|will not|must decline|have to decline|decline)"
    r"|(?:'m| am|'re| are) (?:un|not )able| ?'m not allowed| am not allowed)(?: to)?"
)
# ... to do what an answer does. "I cannot exclude..." and "I cannot be certain" are clinical talk, not refusals.
_TO_ANSWER = (
    r" (?:\w+ ){0,2}?(?:provide|give|offer|make|help|assist|answer|comply|diagnose|choose|select|pick|interpret"
    r"|analy[sz]e|engage|fulfil+|continue|do that|do this|participate|discuss)\b"
)
# A refusal opens the text or a sentence or clause of it, never the middle of one.
_OPENS = r"(?:^|[.!?,;:\n] ?|\bbut )"

REFUSALS = (
    re.compile(_OPENS + _I_DECLINE + _TO_ANSWER, re.I),
    re.compile(r"^(?:i'm|i am|we're|we are|my apologies|apologies|sorry)\b[^.\n]{0,60}\b" + _I_DECLINE + r"\b", re.I),
    re.compile(
        r"\bas an? (?:ai\b|artificial intelligence|(?:large )?language model)[^.\n]{0,100}"
        r"\b(?:unable|not able|cannot|can't|not qualified|not a (?:doctor|physician)|do not|don't)\b",
        re.I,
    ),
    re.compile(r"(?:抱歉|对不起|遗憾)[^。\n]{0,30}(?:无法|不能|没办法|不便)"),
    re.compile(
        r"(?:^|[，,。！!\n] ?)(?:我|本人|我们)?(?:无法|不能|拒绝)[^。，\n]{0,12}?"
        r"(?:提供|给出|给予|回答|协助|帮助|作出|做出|进行)"
    ),
    re.compile(
        r"作为(?:一[个名款])?(?:AI|人工智能|大?语言模型|大模型)[^。\n]{0,40}(?:无法|不能|没有资格|不具备)", re.I
    ),
)


def is_refusal(text: str) -> bool:
    """Whether the beginning of the answer, after any reasoning, declines to answer (English and Chinese).

    Conservative: a refusal further down, after an answer was attempted, is not one. An answer that
    can be read is an answer whatever it opens with; ask this only of one that cannot.

    Args:
        text: A completion.
    """
    beginning = without_reasoning(text).translate(_PLAIN_MARKS)[:BEGINNING]
    beginning = re.sub(r"[ \t]+", " ", beginning).strip()
    return any(refusal.search(beginning) for refusal in REFUSALS)


_PLAIN_MARKS = str.maketrans({"’": "'", "‘": "'", "*": None, "_": None, "`": None, "#": None, ">": None, '"': None})
