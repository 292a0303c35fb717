"""A loopback server that records what arrives and answers as a test has scripted."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from medsyn_inspect.judging.ready import CHECKED
from wire.dialects import Body, Broken, Dialect, Fail, Message, Reply, Say, dialect_of

PROBE = "Please say 'hello, world'"
"""Inspect asks a reasoning model of OpenAI this once, to find out whether it gives reasoning summaries."""


@dataclass(frozen=True)
class Call:
    """One request, as it arrived."""

    dialect: Dialect
    path: str
    headers: Mapping[str, str]
    body: Body
    choice: int = 0
    """Of several answers to this request, which one is to be given (a script is asked for each)."""

    @property
    def model(self) -> str:
        return self.dialect.model(self.path, self.body)

    @property
    def door(self) -> str:
        """The first part of the path: under which of the server's addresses the request came in."""
        return self.path.split("/")[1]

    @property
    def key(self) -> str:
        """The API key, from where this provider wants it."""
        found = {name: self.headers.get(name, "") for name in ("authorization", "x-api-key", "x-goog-api-key")}
        return next(value for value in found.values() if value).removeprefix("Bearer ")

    @property
    def system(self) -> str:
        return self.dialect.system(self.body)

    @property
    def messages(self) -> list[Message]:
        return self.dialect.messages(self.body)

    @property
    def schema(self) -> dict[str, Any] | None:
        return self.dialect.schema(self.body)

    @property
    def candidates_wanted(self) -> int | None:
        return self.dialect.candidates_wanted(self.body)

    @property
    def answers_wanted(self) -> int:
        return self.dialect.answers_wanted(self.body)


Script = Reply | Callable[[Call], Reply] | Sequence[Reply]
"""What a model answers: always the same, by the request, or one after the other (the last one for good)."""


class Listener(ThreadingHTTPServer):
    """Takes as many connections at once as Inspect makes."""

    request_queue_size = 128
    daemon_threads = True


class WireServer:
    """Speaks every dialect at once, under any path prefix."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        """Every request, in order of arrival, apart from Inspect's probes and the tests of judges before a run."""
        self.checks: list[Call] = []
        """The tests of judges before a run."""
        self.check: Script = check_passed
        """What judges answer to such a test."""
        self.objections: list[str] = []
        """Requests that a provider would have refused, or that no test has scripted."""
        self.scripts: dict[str, Script] = {}
        self.most_at_once: dict[str, int] = {}
        """How many answers to one request a model gives, if not as many as are asked for."""
        self._lock = threading.Lock()
        self._http = Listener(("127.0.0.1", 0), handler_of(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def script(self, model: str, script: Script) -> None:
        """What a model will answer."""
        self.scripts[model] = script

    def calls_of(self, model: str) -> list[Call]:
        """The requests that a model received."""
        return [call for call in self.calls if call.model == model]

    def reply(self, call: Call) -> Fail | Broken | list[Say]:
        """Record a request and answer it, as often as it asks."""
        probe = call.messages and call.messages[-1].text == PROBE
        if objection := call.dialect.objection(call.path, call.headers, call.body):
            self.objections.append(f"{call.model}: {objection}")
            return Fail(400, objection)
        if probe:
            return [Say("hello, world")]
        if is_check(call):
            with self._lock:
                self.checks.append(call)
            reply = answered(self.check, call, len(self.checks) - 1)
            return reply if isinstance(reply, Fail) else [reply]
        with self._lock:
            earlier = len(self.calls_of(call.model))
            self.calls.append(call)
        script = self.scripts.get(call.model)
        if script is None:
            self.objections.append(f"no answer scripted for {call.model}")
            return Fail(404, f"no answer scripted for {call.model}")
        says: list[Say] = []
        for choice in range(min(call.answers_wanted, self.most_at_once.get(call.model, call.answers_wanted))):
            said = answered(script, replace(call, choice=choice), earlier)
            if isinstance(said, Fail | Broken):
                return said
            says.append(said)
        return says


def is_check(call: Call) -> bool:
    """Whether a request is the test of a judge before a run."""
    return bool(call.messages) and f'"final_diagnosis": "{CHECKED}"' in call.messages[0].text


def check_passed(call: Call) -> Say:
    """A valid verdict on the test of a judge."""
    return Say(json.dumps({"judgements": [{"number": 1, "reason": "the same", "level": 5}]}))


def answered(script: Script, call: Call, earlier: int) -> Reply:
    """What a script answers to a request before which a model had `earlier` others."""
    if isinstance(script, Say | Fail | Broken):
        return script
    if isinstance(script, Sequence):
        return script[min(earlier, len(script) - 1)]
    return script(call)


def handler_of(server: WireServer) -> type[BaseHTTPRequestHandler]:
    """The HTTP side of a server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            path = self.path.partition("?")[0]
            dialect = dialect_of(path)
            if dialect is None:
                server.objections.append(f"no such address: {path}")
                self.write(404, {"error": {"message": f"no such address: {path}"}})
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                reply = server.reply(Call(dialect, path, headers, body))
                if isinstance(reply, Broken):
                    self.break_off(dialect.answer(path, body, [reply.half]) if reply.half else None)
                    return
                answer = dialect.error(reply) if isinstance(reply, Fail) else dialect.answer(path, body, reply)
            except Exception as error:
                server.objections.append(f"{path}: {error!r}")
                reply = Fail(400, repr(error))
                answer = dialect.error(reply)
            if isinstance(reply, Fail):
                self.write(reply.status, answer, reply.retry_after)
                return
            if body.get("stream"):
                events = (
                    f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n"
                    for name, data in dialect.events(answer)
                )
                self.send("text/event-stream", 200, "".join(events).encode())
            else:
                self.write(200, answer)

        def do_GET(self) -> None:
            """A list of models, for which `vllm` asks."""
            self.write(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in server.scripts]})

        def write(self, status: int, content: dict[str, Any], retry_after: str | None = None) -> None:
            self.send("application/json", status, json.dumps(content).encode(), retry_after)

        def send(self, kind: str, status: int, content: bytes, retry_after: str | None = None) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            if retry_after is not None:
                self.send_header("retry-after", retry_after)
            self.end_headers()
            self.wfile.write(content)

        def break_off(self, answer: dict[str, Any] | None) -> None:
            """Close the connection, after half of the answer if there is one."""
            self.close_connection = True
            if answer is None:
                # Closing without lingering resets the connection.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
