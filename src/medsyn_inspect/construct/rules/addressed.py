"""Finds text in a report that addresses a model instead of describing a patient."""

from __future__ import annotations

import re

_ADDRESSED = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|message|above|previous)"
    r"|\b(?:you are|act as) (?:an? )?(?:\w+ ){0,2}(?:AI|assistant|language model|chatbot)\b"
    r"|\bas an? (?:AI|language model|chatbot)\b"
    r"|\b(?:system|developer) (?:prompt|message)\b"
    r"|\b(?:note|message|instructions?) (?:to|for) (?:the )?(?:AI|LLM|models?|language models?|assistants?)\b"
    r"|\blanguage models? (?:must|should|shall)\b"
    r"|<\|?(?:im_start|im_end|system|assistant)\|?>|\[/?INST\]"
    r"|忽略.{0,12}(?:指令|指示|提示|规则)|(?:系统|开发者)提示词|作为(?:一个)?(?:人工智能|AI|语言模型)|(?:语言模型|AI助手)(?:必须|应当|应)",
    re.IGNORECASE | re.DOTALL,
)


def addresses_a_model(text: str) -> bool:
    """Whether a sentence gives instructions to a model; such sentences are not sent to one."""
    return bool(_ADDRESSED.search(text))
