"""Write the fictional case reports as JATS with figures, and the script of the simulated builder.

Run from the project's root: `python -m authoring.reports.build`. Writes `src/medsyn_inspect/construct/demo/`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import yaml
from PIL import Image

from authoring.reports.pictures import figure

HERE = Path(__file__).parent
DESTINATION = HERE.parent.parent / "src" / "medsyn_inspect" / "construct" / "demo"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
ABOUT = """\
These nine case reports are fictional: patients, authors, places and dates are invented for medsyn_inspect, and the
figures are schematic drawings, not images. They are in JATS XML, as PubMed Central gives its open access articles, and
exist so that `medsyn construct demo` runs offline. Not for clinical use or teaching.

Licence: CC BY 4.0. Attribution: "Fictional case reports of medsyn_inspect".

`script.json` holds what `reference/builder` replies: it is a simulation that knows these nine reports only. Some of its
replies are wrong on purpose, so that there is something for the rules to catch.

Made by `python -m authoring.reports.build` from `authoring/reports/`.
"""


def line(text: str) -> str:
    """A folded text of YAML on one line; Chinese without blanks where lines were joined."""
    joined = " ".join(str(text).split())
    return joined.replace("。 ", "。")


def jats(report: dict[str, Any], folder: Path) -> None:
    """Write one report as JATS, with its figures."""
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    href = "{http://www.w3.org/1999/xlink}href"
    article = Element(
        "article", {"article-type": "case-report", "{http://www.w3.org/XML/1998/namespace}lang": report["language"]}
    )
    front = SubElement(article, "front")
    journal = SubElement(SubElement(front, "journal-meta"), "journal-title-group")
    SubElement(journal, "journal-title").text = "Fictional Case Reports"
    meta = SubElement(front, "article-meta")
    SubElement(meta, "article-id", {"pub-id-type": "publisher-id"}).text = report["id"]
    SubElement(SubElement(meta, "title-group"), "article-title").text = line(report["title"])
    group = SubElement(meta, "contrib-group")
    for surname, given in report["authors"]:
        name = SubElement(SubElement(group, "contrib", {"contrib-type": "author"}), "name")
        SubElement(name, "surname").text = surname
        SubElement(name, "given-names").text = given
    SubElement(SubElement(meta, "pub-date"), "year").text = "2026"
    permission = SubElement(SubElement(meta, "permissions"), "license", {"license-type": "open-access", href: LICENCE})
    SubElement(permission, "license-p").text = "Fictional. This is an open access article under the CC BY 4.0 licence."
    body = SubElement(article, "body")
    for part in report["sections"]:
        section = SubElement(body, "sec")
        SubElement(section, "title").text = part["title"]
        SubElement(section, "p").text = line(part["text"])
    floats = SubElement(article, "floats-group")
    for number, one in enumerate(report["figures"], 1):
        _figure(floats, one, f"{report['id'].lower()}-f{number}", href, folder)
    for number, one in enumerate(report.get("tables", ()), 1):
        table = SubElement(floats, "table-wrap", {"id": f"T{number}"})
        SubElement(SubElement(table, "caption"), "p").text = line(one["caption"])
        rows = SubElement(SubElement(table, "table"), "tbody")
        for row in one["rows"]:
            line_of_table = SubElement(rows, "tr")
            for cell in row:
                SubElement(line_of_table, "td").text = str(cell)
    ElementTree.indent(article)
    tree = ElementTree.ElementTree(article)
    tree.write(folder / f"{report['id'].lower()}.xml", encoding="utf-8", xml_declaration=True)


def _figure(parent: Element, one: dict[str, Any], name: str, href: str, folder: Path) -> None:
    element = SubElement(parent, "fig", {"id": name})
    SubElement(SubElement(element, "caption"), "p").text = line(one["caption"])
    SubElement(element, "graphic", {href: name})
    if not one["panels"]:
        return  # a figure whose file is missing
    image = figure(one["panels"], gutter=0 if one.get("unsplittable") else 14)
    if one["panels"][0]["draw"] == "ecg":
        metadata = Image.Exif()
        metadata[0x010E] = "Recorded for the patient A. Sample"  # to see that metadata is dropped
        image.save(folder / f"{name}.jpg", "JPEG", quality=85, exif=metadata)
    else:
        image.quantize(128).save(folder / f"{name}.png", "PNG", optimize=True)


def main() -> None:
    """Build everything anew."""
    shutil.rmtree(DESTINATION, ignore_errors=True)
    (DESTINATION / "reports").mkdir(parents=True)
    script = []
    for file in sorted(HERE.glob("*.yaml")):
        report = yaml.safe_load(file.read_text(encoding="utf-8"))
        jats(report, DESTINATION / "reports")
        script.append({"title": line(report["title"]), "specialty": report["specialty"], **report["script"]})
    text = json.dumps(script, ensure_ascii=False, indent=1)
    (DESTINATION / "script.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    (DESTINATION / "README.md").write_text(ABOUT, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
