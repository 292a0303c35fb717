"""The text of a cell as Excel shows it.

Numbers keep the decimals of their format (38.0 stays 38.0), and dates are written as their format says. Dates in a
format that Excel shows differently in each country are written as 2026-11-27, which cannot be misread.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

# Parts of a format: text in quotes or after a backslash, what is not shown, the number, parts of a date.
_LITERAL = r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)'
_HIDDEN = r"\[[^\]]*\]|[_*]."
_NUMBER = re.compile(
    rf"{_LITERAL}|{_HIDDEN}|(?P<number>(?P<thousands>#,##)?0(?:\.(?P<decimals>0+))?)|(?P<other>[^#?0/E])"
)
_DATE = re.compile(
    rf"{_LITERAL}|{_HIDDEN}|(?P<part>yyyy|yy|m{{1,5}}|d{{1,4}}|h{{1,2}}|s{{1,2}}|am/pm|a/p)|(?P<other>.)", re.I
)
_LOCAL = ("mm-dd-yy", "m/d/yy h:mm", "mm-dd-yy h:mm")
"""Formats, as openpyxl names them, that stand for the usual date of a country."""


def shown(value: Any, number_format: str) -> str:
    """The text of a cell.

    Args:
        value: The value, as read by openpyxl.
        number_format: The format of the cell, such as `0.00` or `dd/mm/yyyy`.
    """
    section = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', number_format)[0]
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value, section)
        case datetime() | date():
            return _moment(value, section)
        case time():
            return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    return str(value).replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _number(value: float, section: str) -> str:
    parts = list(_NUMBER.finditer(section))
    whole = "".join(part[0] for part in parts) == section
    if section == "General" or not whole or sum(part["number"] is not None for part in parts) != 1:
        return f"{value:.10g}" if abs(value) < 1e10 else f"{value:.0f}"
    if any(part["other"] == "%" for part in parts):
        value *= 100
    text = ""
    for part in parts:
        if part["number"] is None:
            text += part["quoted"] or part["escaped"] or part["other"] or ""
        else:
            text += f"{value:{',' if part['thousands'] else ''}.{len(part['decimals'] or '')}f}"
    return text.strip()


def _moment(value: datetime | date, section: str) -> str:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    parts = list(_DATE.finditer(section))
    names = [(part["part"] or "").lower() for part in parts]
    if section.lower() in _LOCAL or not any(name[:1] in ("y", "m", "d") for name in names if name):
        return f"{moment:%Y-%m-%d %H:%M}" if moment.hour or moment.minute else f"{moment:%Y-%m-%d}"
    noon = any(name in ("am/pm", "a/p") for name in names)
    text, before = "", ""
    for place, (part, name) in enumerate(zip(parts, names, strict=True)):
        if not name:
            text += part["quoted"] or part["escaped"] or part["other"] or ""
            continue
        following = next(filter(None, names[place + 1 :]), "")
        minutes = name in ("m", "mm") and (before.startswith("h") or following.startswith("s"))
        text += _part(name, moment, minutes=minutes, noon=noon)
        before = name
    return text.strip()


def _part(name: str, moment: datetime, *, minutes: bool, noon: bool) -> str:
    match name:
        case "am/pm" | "a/p":
            return "PM" if moment.hour >= 12 else "AM"
        case "mmm" | "mmmm" | "mmmmm":
            return f"{moment:%B}"[: {3: 3, 5: 1}.get(len(name))]
        case "ddd" | "dddd":
            return f"{moment:%A}"[: 3 if name == "ddd" else None]
    number = {
        "y": moment.year % 100 if name == "yy" else moment.year,
        "m": moment.minute if minutes else moment.month,
        "d": moment.day,
        "h": (moment.hour % 12 or 12) if noon else moment.hour,
        "s": moment.second,
    }[name[0]]
    return f"{number:0{len(name)}d}"
