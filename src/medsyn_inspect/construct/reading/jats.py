"""Reads JATS XML, the format in which PubMed Central gives its open access articles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from medsyn_inspect.construct.reading.raw import RawFigure, RawReport, Unreadable

XLINK = "{http://www.w3.org/1999/xlink}href"
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SUFFIXES = ("", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".tif", ".tiff")
"""JATS often names images without a suffix."""

MAX_BYTES = 20_000_000

_NOT_TEXT = ("fig", "table-wrap", "fig-group", "table-wrap-group", "supplementary-material", "disp-formula", "ref-list")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)


def read_jats(file: Path) -> list[RawReport]:
    """The report in a JATS file.

    Args:
        file: The XML file; images are expected in its folder.

    Raises:
        Unreadable: If it is not JATS, or has no body.
    """
    if file.stat().st_size > MAX_BYTES:
        raise Unreadable(f"larger than {MAX_BYTES:,} bytes")
    content = file.read_bytes()
    if _ENTITY.search(content[:100_000].decode("latin-1")):
        raise Unreadable("declares XML entities, which are not expanded; save it without them")
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise Unreadable(f"not well-formed XML ({error})") from error
    for element in root.iter():
        # Some exports put JATS into a namespace of its own.
        if isinstance(element.tag, str) and element.tag.startswith("{") and "w3.org" not in element.tag:
            element.tag = element.tag.rpartition("}")[2]
    article = root if root.tag == "article" else root.find(".//article")
    body = article.find("body") if article is not None else None
    if article is None or body is None:
        raise Unreadable("no JATS article with a body")
    meta = article.find("front/article-meta")
    lost = [f"equations are left out ({count})"] if (count := len(list(body.iter("disp-formula")))) else []
    if count := len(list(article.iter("supplementary-material"))):
        lost.append(f"supplementary files are not read ({count})")
    return [
        RawReport(
            report_id=_identifier(meta) or file.stem,
            title=_text(_find(meta, "title-group/article-title")),
            language=(article.get(XML_LANGUAGE) or "").lower(),
            licence=_licence(meta),
            source=_citation(article, meta),
            blocks=tuple(_blocks(body, "")),
            figures=tuple(_figures(article, file.parent)),
            lost=tuple(lost),
        )
    ]


def _find(element: ElementTree.Element | None, path: str) -> ElementTree.Element | None:
    return element.find(path) if element is not None else None


def _text(element: ElementTree.Element | None) -> str:
    """The text of an element, without figures and tables in it, on one line."""
    return " ".join("".join(_pieces(element)).split()) if element is not None else ""


def _pieces(element: ElementTree.Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "sup" and (child.text or "").strip().isdigit():
            yield f"^{child.text}"  # 10<sup>9</sup> must not become 109
        elif child.tag == "xref" and child.get("ref-type") == "bibr":
            pass
        elif child.tag not in _NOT_TEXT:
            yield from _pieces(child)
        if child.tag in ("p", "title", "td", "th", "list-item"):
            yield " "
        yield child.tail or ""


def _identifier(meta: ElementTree.Element | None) -> str:
    ids = {one.get("pub-id-type", ""): _text(one) for one in (meta.findall("article-id") if meta is not None else ())}
    for kind in ("pmcid", "pmc", "pmid"):
        if found := ids.get(kind):
            return f"PMC{found.removeprefix('PMC')}" if kind != "pmid" else f"PMID{found}"
    return re.sub(r"[^\w.-]+", "-", ids.get("doi") or ids.get("publisher-id") or "")


def _licence(meta: ElementTree.Element | None) -> str:
    found = _find(meta, "permissions/license")
    if found is None:
        return ""
    links = [found.get(XLINK) or "", *(link.get(XLINK) or "" for link in found.iter("ext-link"))]
    address = next((link for link in links if "creativecommons" in link), "")
    reference = _text(next((one for one in found.iter() if str(one.tag).endswith("license_ref")), None))
    return address or reference or _text(found) or (found.get("license-type") or "")


def _citation(article: ElementTree.Element, meta: ElementTree.Element | None) -> str:
    """Authors, title, journal, year and DOI."""
    names = [
        " ".join(filter(None, (_text(one.find("surname")), _text(one.find("given-names")))))
        for one in (meta.findall("contrib-group/contrib/name") if meta is not None else ())
    ]
    authors = f"{names[0]} et al" if len(names) > 2 else " and ".join(names)
    journal = _text(article.find("front/journal-meta/journal-title-group/journal-title"))
    years = meta.findall("pub-date/year") if meta is not None else []
    ids = {one.get("pub-id-type", ""): _text(one) for one in (meta.findall("article-id") if meta is not None else ())}
    doi = f"doi:{ids['doi']}" if ids.get("doi") else ""
    parts = (authors, _text(_find(meta, "title-group/article-title")), journal, _text(years[0]) if years else "", doi)
    return ". ".join(part.rstrip(".") for part in parts if part)


def _blocks(element: ElementTree.Element, heading: str) -> Iterator[tuple[str, str]]:
    for child in element:
        if child.tag == "title":
            heading = _text(child)
        elif child.tag == "sec":
            yield from _blocks(child, heading)
        elif child.tag in ("p", "list", "disp-quote", "boxed-text") and (text := _text(child)):
            yield heading, text


def _figures(article: ElementTree.Element, folder: Path) -> Iterator[RawFigure]:
    for number, figure in enumerate(article.iter("fig"), 1):
        yield _figure(f"F{number}", figure, folder)
    for number, table in enumerate(article.iter("table-wrap"), 1):
        rows = tuple(tuple(_text(cell) for cell in row if cell.tag in ("td", "th")) for row in table.iter("tr"))
        yield _figure(f"T{number}", table, folder, rows)


def _figure(
    figure_id: str, element: ElementTree.Element, folder: Path, rows: tuple[tuple[str, ...], ...] = ()
) -> RawFigure:
    caption = element.find("caption")
    files, missing = [], []
    for graphic in element.iter("graphic"):
        name = Path(graphic.get(XLINK) or "").name
        found = next(
            (folder / f"{name}{end}" for end in SUFFIXES if name and (folder / f"{name}{end}").is_file()), None
        )
        if found:
            files.append(found)
        else:
            missing.append(name or "(no name)")
    return RawFigure(figure_id, _text(caption), tuple(dict.fromkeys(files)), tuple(missing), rows)
