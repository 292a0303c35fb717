"""Images as providers receive them: the file's own bytes, under the media type of its content, or not at all."""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest

from case_sets import a_case, jpeg, of_mode, picture, png, turned, write_case_set
from medsyn_inspect.report.page.case import case_page
from medsyn_inspect.solvers import images_within_limits
from medsyn_inspect.tasks import fdx
from wire.dialects import Image
from wire.evaluating import evaluate_on, sample_of
from wire.providers import CLAUDE_WHOLE, GEMINI, GPT_4O, Provider
from wire.replies import BELIEF, chosen
from wire.server import WireServer

pytest_plugins = ["wire.fixtures"]

FILES = {
    "film.jpg": ("image/jpeg", jpeg()),
    "film.JPEG": ("image/jpeg", turned("JPEG", 1)),
    "film.png": ("image/png", of_mode("L", "PNG")),
    "scan": ("image/png", png(shade=7)),
    "scan.of.2024": ("image/jpeg", jpeg(shade=7)),
    "scan.webp": ("image/webp", picture("WEBP")),
}
"""Names and contents of images, each with its media type; some names say nothing of the content."""

OPTIONS = ["Gout", "Septic arthritis", "Pseudogout", "Cellulitis", "Bursitis"]


def case_of(name: str, number: int) -> dict[str, object]:
    """A case with one X-ray."""
    evidence = [{"type": "xray", "images": [{"path": name}]}]
    return a_case(case_id=f"case-{number}", history=f"History {number}.", evidence=evidence, options=OPTIONS)


def test_what_is_sent_and_what_people_see_are_the_file_under_the_type_of_its_content(
    wire: WireServer, tmp_path: Path
) -> None:
    cases = [case_of(name, number) for number, name in enumerate(FILES)]
    images = {name: content for name, (_, content) in FILES.items()}
    folder = write_case_set(tmp_path / "set", cases, images=images)
    expected = [Image(kind, sha256(content).hexdigest()) for kind, content in FILES.values()]
    for provider in (GPT_4O, CLAUDE_WHOLE, GEMINI):
        wire.script(provider.model, chosen("B", BELIEF))
        before = len(wire.calls)
        assert evaluate_on(folder, tmp_path, fdx, provider.at(wire)).status == "success"
        calls = sorted(wire.calls[before:], key=lambda call: call.messages[0].text)
        assert [call.messages[0].images for call in calls] == [[image] for image in expected]
    for case, image in zip(cases, expected, strict=True):
        [(kind, content)] = re.findall(r'src="data:([^;]+);base64,([^"]+)"', case_page(str(folder), case["case_id"]))
        assert Image(kind, sha256(b64decode(content)).hexdigest()) == image


@pytest.mark.parametrize(
    ("provider", "name", "content", "words"),
    [
        (GEMINI, "film.gif", picture("GIF"), "accepts PNG, JPEG, WEBP, HEIC, HEIF, not GIF"),
        (CLAUDE_WHOLE, "film.png", png(size=(8001, 8)), "accepts 8,000 pixels per side; larger here: 1 image"),
        (
            CLAUDE_WHOLE,
            "film.png",
            png() + bytes(8_000_000),
            "accepts 10,485,760 bytes per image in base64; larger here: 1 image",
        ),
    ],
    ids=["format", "side", "bytes"],
)
def test_a_case_that_the_provider_would_refuse_is_not_sent(
    wire: WireServer, tmp_path: Path, provider: Provider, name: str, content: bytes, words: str
) -> None:
    folder = write_case_set(
        tmp_path / "set", [case_of("good.png", 1), case_of(name, 2)], images={"good.png": png(), name: content}
    )
    wire.script(provider.model, chosen("B", BELIEF))

    log = evaluate_on(folder, tmp_path, fdx, provider.at(wire))

    assert [call.messages[0].images[0].sha256 for call in wire.calls] == [sha256(png()).hexdigest()]
    error = sample_of(log, "case-2").error
    assert error is not None
    assert f"case case-2 was not sent: {provider.name} {words}" in error.message
    assert "`medsyn cases check` says how" in error.message
    assert sample_of(log, "case-1").error is None
    assert log.status == "error"
    assert images_within_limits.__name__ in log.plan.steps[0].solver


def test_another_provider_is_sent_the_same_case(wire: WireServer, tmp_path: Path) -> None:
    folder = write_case_set(tmp_path / "set", [case_of("film.gif", 1)], images={"film.gif": picture("GIF")})
    wire.script(GPT_4O.model, chosen("B", BELIEF))
    assert evaluate_on(folder, tmp_path, fdx, GPT_4O.at(wire)).status == "success"
    [call] = wire.calls
    assert call.messages[0].images == [Image("image/gif", sha256(picture("GIF")).hexdigest())]
