"""What an answer gives as JSON, alone, after words or in a code fence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

# JSON may begin where a line or the text does or after a colon; trying more places than these would only cost time.
_BEGINS = re.compile(r"(?:^|[\n:：])[ \t]{0,20}(?=[\[{])")
_MOST_TRIES = 20


def json_spans(answer: str) -> Iterator[tuple[object, int, int]]:
    """The JSON values that begin on a line or after a colon, in order, with where they begin and end."""
    position = 0
    for _ in range(_MOST_TRIES):
        match = _BEGINS.search(answer, position)
        if match is None:
            return
        position = match.end()
        try:
            value, end = json.JSONDecoder().raw_decode(answer, position)
        except (ValueError, RecursionError):
            continue
        yield value, position, end
        position = end
