"""Wire formats. Each reads a request into one common shape and writes an answer in the provider's own.

A dialect also refuses what the provider would refuse (`objection`), so that a request which only a lenient
server would take does not pass here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Image:
    """An image as it arrived."""

    media_type: str
    sha256: str


Part = str | Image


@dataclass(frozen=True)
class Message:
    """One message of a request, apart from the system message."""

    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]

    @property
    def images(self) -> list[Image]:
        return [part for part in self.parts if isinstance(part, Image)]

    @property
    def text(self) -> str:
        return "\n".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True)
class Token:
    """A generated token and the candidates for its place, with probabilities."""

    text: str
    candidates: tuple[tuple[str, float], ...]
    own: float | None = None
    """Its probability, if it is not among the candidates."""

    @property
    def probability(self) -> float:
        return dict(self.candidates)[self.text] if self.own is None else self.own


@dataclass(frozen=True)
class Say:
    """An answer."""

    text: str
    tokens: tuple[Token, ...] | None = ()
    """`None`: the request for token probabilities is ignored, as by a server that does not know it."""
    stop: Literal["stop", "length", "filtered", "prompt_blocked"] = "stop"
    model: str = ""
    """The name of the model that the response carries, if not the requested one."""


@dataclass(frozen=True)
class Fail:
    """An HTTP error."""

    status: int
    message: str = "scripted failure"
    retry_after: str | None = None
    code: str | None = None
    """The error's code in OpenAI's formats."""


@dataclass(frozen=True)
class Broken:
    """A connection that is closed before the answer, or in the middle of its body."""

    half: Say | None = None
    """The answer of which half is sent."""


Reply = Say | Fail | Broken

USAGE = 100, 10
"""Input and output tokens of every answer: Inspect need not count them."""


class Dialect:
    """What the dialects share."""

    name = ""

    def model(self, path: str, body: Body) -> str:
        return str(body["model"])

    def system(self, body: Body) -> str:
        """The system message, from where this provider wants it."""
        raise NotImplementedError

    def messages(self, body: Body) -> list[Message]:
        raise NotImplementedError

    def schema(self, body: Body) -> Json | None:
        """The JSON schema that the answer must follow."""
        raise NotImplementedError

    def candidates_wanted(self, body: Body) -> int | None:
        """How many candidates for each token are asked for; `None` if token probabilities are not."""
        return None

    def answers_wanted(self, body: Body) -> int:
        """How many answers are asked for at once."""
        return 1

    def objection(self, path: str, headers: Mapping[str, str], body: Body) -> str | None:
        """Why the provider would answer 400, if it would."""
        return None

    def answer(self, path: str, body: Body, says: Sequence[Say]) -> Json:
        """One or several answers to one request."""
        raise NotImplementedError

    def events(self, answer: Json) -> Iterator[tuple[str, Json]]:
        """The answer as server-sent events."""
        raise NotImplementedError

    def error(self, fail: Fail) -> Json:
        return {"error": {"message": fail.message, "type": "server_error", "code": fail.code, "param": None}}


class OpenAIChat(Dialect):
    """`POST /v1/chat/completions`, of OpenAI and of everything that imitates it."""

    name = "openai chat completions"

    def system(self, body: Body) -> str:
        first = body["messages"][0]
        return "\n".join(map(str, self._parts(first["content"]))) if first["role"] in ("system", "developer") else ""

    def messages(self, body: Body) -> list[Message]:
        return [
            Message(message["role"], tuple(self._parts(message["content"])))
            for message in body["messages"]
            if message["role"] not in ("system", "developer")
        ]

    def _parts(self, content: Any) -> Iterator[Part]:
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            yield part["text"] if part["type"] == "text" else data_uri(part["image_url"]["url"])

    def schema(self, body: Body) -> Json | None:
        wanted = body.get("response_format")
        return wanted["json_schema"]["schema"] if wanted and wanted["type"] == "json_schema" else None

    def candidates_wanted(self, body: Body) -> int | None:
        return body.get("top_logprobs") if body.get("logprobs") else None

    def answers_wanted(self, body: Body) -> int:
        return int(body.get("n") or 1)

    def objection(self, path: str, headers: Mapping[str, str], body: Body) -> str | None:
        if "top_logprobs" in body and not body.get("logprobs"):
            return "top_logprobs needs logprobs"
        if body.get("top_logprobs", 0) > 20:
            return "top_logprobs must be at most 20"
        if self.answers_wanted(body) > 128:
            return "n must be at most 128"
        return not_strict(self.schema(body))

    def answer(self, path: str, body: Body, says: Sequence[Say]) -> Json:
        finish = {"stop": "stop", "length": "length", "filtered": "content_filter", "prompt_blocked": "content_filter"}
        wanted = self.candidates_wanted(body)
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": says[0].model or body["model"],
            "choices": [
                {
                    "index": index,
                    "message": {"role": "assistant", "content": say.text, "refusal": None},
                    "finish_reason": finish[say.stop],
                    "logprobs": {"content": openai_tokens(say, wanted), "refusal": None}
                    if wanted and say.tokens is not None
                    else None,
                }
                for index, say in enumerate(says)
            ],
            "usage": {"prompt_tokens": USAGE[0], "completion_tokens": USAGE[1], "total_tokens": sum(USAGE)},
        }


class OpenAIResponses(Dialect):
    """`POST /v1/responses`."""

    name = "openai responses"

    def system(self, body: Body) -> str:
        if isinstance(body["input"], str):
            return ""
        first = body["input"][0]
        return "\n".join(map(str, self._parts(first["content"]))) if first["role"] in ("system", "developer") else ""

    def messages(self, body: Body) -> list[Message]:
        items = [{"role": "user", "content": body["input"]}] if isinstance(body["input"], str) else body["input"]
        return [
            Message(item["role"], tuple(self._parts(item["content"])))
            for item in items
            if item.get("role") in ("user", "assistant")
        ]

    def _parts(self, content: Any) -> Iterator[Part]:
        for part in [{"type": "input_text", "text": content}] if isinstance(content, str) else content:
            yield part["text"] if part["type"] in ("input_text", "output_text") else data_uri(part["image_url"])

    def schema(self, body: Body) -> Json | None:
        wanted = (body.get("text") or {}).get("format")
        return wanted["schema"] if wanted and wanted["type"] == "json_schema" else None

    def candidates_wanted(self, body: Body) -> int | None:
        asked = "message.output_text.logprobs" in (body.get("include") or [])
        return body.get("top_logprobs", 0) if asked else None

    def objection(self, path: str, headers: Mapping[str, str], body: Body) -> str | None:
        if body["model"].startswith("gpt-5"):
            for field in ("temperature", "top_p", "top_logprobs"):
                if field in body:
                    return f"Unsupported parameter: {field!r} is not supported with this model."
            if self.candidates_wanted(body) is not None:
                return "logprobs are not supported with reasoning models."
        if body.get("top_logprobs", 0) > 20:
            return "top_logprobs must be at most 20"
        for field in ("n", "seed", "logprobs"):
            if field in body:
                return f"Unknown parameter: {field!r}."
        return not_strict(self.schema(body))

    def answer(self, path: str, body: Body, says: Sequence[Say]) -> Json:
        [say] = says
        wanted = self.candidates_wanted(body)
        cut = {"length": "max_output_tokens", "filtered": "content_filter", "prompt_blocked": "content_filter"}
        reason = cut.get(say.stop)
        text = {
            "type": "output_text",
            "text": say.text,
            "annotations": [],
            "logprobs": openai_tokens(say, wanted) if wanted else [],
        }
        status = "incomplete" if reason else "completed"
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": say.model or body["model"],
            "status": status,
            "error": None,
            "incomplete_details": {"reason": reason} if reason else None,
            "instructions": None,
            "metadata": {},
            "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": [text]}],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "temperature": None,
            "top_p": None,
            "usage": {
                "input_tokens": USAGE[0],
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": USAGE[1],
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": sum(USAGE),
            },
        }


class Anthropic(Dialect):
    """`POST /v1/messages`, whole or as a stream of events."""

    name = "anthropic messages"
    fields = frozenset(
        {"model", "messages", "max_tokens", "system", "stream", "stop_sequences", "temperature", "top_p", "top_k"}
        | {"thinking", "output_format", "output_config", "metadata", "tools", "tool_choice", "cache_control"}
    )

    def system(self, body: Body) -> str:
        system = body.get("system") or ""
        return system if isinstance(system, str) else "\n".join(block["text"] for block in system)

    def messages(self, body: Body) -> list[Message]:
        return [Message(message["role"], tuple(self._parts(message["content"]))) for message in body["messages"]]

    def _parts(self, content: Any) -> Iterator[Part]:
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if part["type"] == "text":
                yield part["text"]
            else:
                yield arrived(part["source"]["media_type"], part["source"]["data"])

    def schema(self, body: Body) -> Json | None:
        wanted = body.get("output_format")
        return wanted["schema"] if wanted else None

    def objection(self, path: str, headers: Mapping[str, str], body: Body) -> str | None:
        if extra := sorted(set(body) - self.fields):
            return f"{extra[0]}: Extra inputs are not permitted"
        if "max_tokens" not in body:
            return "max_tokens: Field required"
        if any(message["role"] == "system" for message in body["messages"]):
            return "messages: Unexpected role 'system'"
        if "output_format" in body and "structured-outputs" not in headers.get("anthropic-beta", ""):
            return "output_format: Extra inputs are not permitted"
        if body["max_tokens"] > 21_333 and not body.get("stream"):
            return "Streaming is required for operations that may take longer than 10 minutes"
        return not_strict(self.schema(body))

    def answer(self, path: str, body: Body, says: Sequence[Say]) -> Json:
        [say] = says
        stop = {"stop": "end_turn", "length": "max_tokens", "filtered": "refusal", "prompt_blocked": "refusal"}
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": say.model or body["model"],
            "content": [{"type": "text", "text": say.text}] if say.text else [],
            "stop_reason": stop[say.stop],
            "stop_sequence": None,
            "usage": {"input_tokens": USAGE[0], "output_tokens": USAGE[1]},
        }

    def events(self, answer: Json) -> Iterator[tuple[str, Json]]:
        begun = {**answer, "content": [], "stop_reason": None}
        yield "message_start", {"message": begun}
        for index, block in enumerate(answer["content"]):
            yield "content_block_start", {"index": index, "content_block": {"type": "text", "text": ""}}
            for piece in re.findall(r"(?s).{1,7}", block["text"]):
                yield "content_block_delta", {"index": index, "delta": {"type": "text_delta", "text": piece}}
            yield "content_block_stop", {"index": index}
        ended = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
        yield "message_delta", {"delta": ended, "usage": {"output_tokens": USAGE[1]}}
        yield "message_stop", {}

    def error(self, fail: Fail) -> Json:
        kind = {400: "invalid_request_error", 429: "rate_limit_error"}.get(fail.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": fail.message}}


class Google(Dialect):
    """`POST /v1beta/models/<model>:generateContent` (`v1` where Inspect is given a base URL)."""

    name = "google generateContent"

    def model(self, path: str, body: Body) -> str:
        return path.rpartition("/models/")[2].partition(":")[0]

    def system(self, body: Body) -> str:
        return "\n".join(part["text"] for part in body.get("systemInstruction", {}).get("parts", []))

    def messages(self, body: Body) -> list[Message]:
        return [
            Message("assistant" if content["role"] == "model" else "user", tuple(self._parts(content["parts"])))
            for content in body["contents"]
        ]

    def _parts(self, parts: list[Json]) -> Iterator[Part]:
        for part in parts:
            if "text" in part:
                yield part["text"]
            else:
                # The client writes bytes in the URL-safe alphabet and some names in snake case; the API takes either.
                inline = part["inlineData"]
                yield arrived(inline.get("mimeType") or inline["mime_type"], inline["data"].translate(URL_SAFE))

    def schema(self, body: Body) -> Json | None:
        config = body.get("generationConfig", {})
        return config.get("responseJsonSchema") or config.get("responseSchema")

    def candidates_wanted(self, body: Body) -> int | None:
        config = body.get("generationConfig", {})
        return config.get("logprobs") if config.get("responseLogprobs") else None

    def objection(self, path: str, headers: Mapping[str, str], body: Body) -> str | None:
        config = body.get("generationConfig", {})
        if "logprobs" in config and not config.get("responseLogprobs"):
            return "logprobs needs responseLogprobs"
        if config.get("logprobs", 0) > 20:
            return "logprobs must be at most 20"
        if self.answers_wanted(body) > 8:
            return "candidateCount must be between 1 and 8"
        if self.schema(body) and config.get("responseMimeType") != "application/json":
            return "a response schema needs responseMimeType application/json"
        return None

    def answers_wanted(self, body: Body) -> int:
        return int(body.get("generationConfig", {}).get("candidateCount") or 1)

    def answer(self, path: str, body: Body, says: Sequence[Say]) -> Json:
        usage = {"promptTokenCount": USAGE[0], "candidatesTokenCount": USAGE[1], "totalTokenCount": sum(USAGE)}
        common = {"usageMetadata": usage, "modelVersion": says[0].model or self.model(path, body), "responseId": "1"}
        if says[0].stop == "prompt_blocked":
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **common}
        wanted = self.candidates_wanted(body)
        return {"candidates": [self._candidate(index, say, wanted) for index, say in enumerate(says)], **common}

    def _candidate(self, index: int, say: Say, wanted: int | None) -> Json:
        finish = {"stop": "STOP", "length": "MAX_TOKENS", "filtered": "SAFETY"}
        candidate: Json = {"index": index, "finishReason": finish[say.stop]}
        candidate["content"] = {"role": "model", "parts": [{"text": say.text}]} if say.text else {"role": "model"}
        if wanted is not None and say.tokens:
            candidate["logprobsResult"] = {
                "chosenCandidates": [
                    {"token": token.text, "logProbability": logarithm(token.probability)} for token in say.tokens
                ],
                "topCandidates": [
                    {
                        "candidates": [
                            {"token": text, "logProbability": logarithm(probability)}
                            for text, probability in token.candidates[:wanted]
                        ]
                    }
                    for token in say.tokens
                ],
            }
        return candidate

    def error(self, fail: Fail) -> Json:
        status = {400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED"}.get(fail.status, "INTERNAL")
        return {"error": {"code": fail.status, "message": fail.message, "status": status}}


CHAT, RESPONSES, ANTHROPIC, GOOGLE = OpenAIChat(), OpenAIResponses(), Anthropic(), Google()
URL_SAFE = str.maketrans("-_", "+/")


def dialect_of(path: str) -> Dialect | None:
    """The dialect spoken at a path, whatever stands before it."""
    for pattern, dialect in (
        (r".*/v1/chat/completions", CHAT),
        (r".*/v1/responses", RESPONSES),
        (r".*/v1/messages", ANTHROPIC),
        (r".*/v1(?:beta)?/models/[^/:]+:generateContent", GOOGLE),
    ):
        if re.fullmatch(pattern, path):
            return dialect
    return None


def arrived(media_type: str, encoded: str) -> Image:
    """An image from base64, strictly decoded."""
    return Image(media_type, hashlib.sha256(base64.b64decode(encoded, validate=True)).hexdigest())


def data_uri(uri: str) -> Image:
    """An image from a `data:` URI; anything else is not inline and fails."""
    match = re.fullmatch(r"data:([a-z/]+);base64,(.*)", uri)
    assert match, f"not an inline image: {uri[:60]}"
    return arrived(match[1], match[2])


def openai_tokens(say: Say, wanted: int | None) -> list[Json]:
    """Token probabilities as both OpenAI formats write them."""

    def entry(text: str, probability: float) -> Json:
        return {"token": text, "logprob": logarithm(probability), "bytes": list(text.encode())}

    return [
        {
            **entry(token.text, token.probability),
            "top_logprobs": [entry(*candidate) for candidate in token.candidates[:wanted]],
        }
        for token in say.tokens or ()
    ]


def logarithm(probability: float) -> float:
    """As servers write it, with a placeholder for 0."""
    return math.log(probability) if probability != 0 else -9999.0


def not_strict(schema: Json | None) -> str | None:
    """What makes a schema unfit for strict mode: every object must be closed and require all it knows."""
    for node in nodes(schema):
        if node.get("type") == "object":
            if node.get("additionalProperties") is not False:
                return f"Invalid schema: 'additionalProperties' must be false in {json.dumps(node)[:80]}"
            if sorted(node.get("required", [])) != sorted(node.get("properties", {})):
                return f"Invalid schema: 'required' must hold every property in {json.dumps(node)[:80]}"
    return None


def nodes(schema: Any) -> Iterator[Json]:
    """Every object inside a schema."""
    if isinstance(schema, dict):
        yield schema
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from nodes(child)
