"""Three invented cases whose images are real files: PNG and JPEG, several to one evidence, several times.

Nothing here is medicine. The diagnoses are told apart by name only.
"""

from __future__ import annotations

import json
import random
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from wire.dialects import Image as Arrived

CARD = {
    "name": "wire",
    "version": "1",
    "licence": "CC0-1.0",
    "source": "invented for the tests of medsyn_inspect",
    "languages": ["en", "zh"],
    "canary": "medsyn_inspect wire test 2f6a1f2e",
    "synthetic": True,
}

CHEST = {
    "case_id": "chest",
    "language": "en",
    "specialty": "Respiratory medicine",
    "history": "A cough for three months, and fatigue.",
    "examination": "Tender nodules on both shins.",
    "evidence": [
        # Out of clinical order on purpose.
        {
            "type": "microscopy",
            "images": [{"path": "images/chest-node.png"}],
            "finding": "Clusters of epithelioid cells.",
        },
        {
            "type": "ct",
            "images": [
                {"path": "images/chest-ct-1.png", "obtained": "on admission"},
                {"path": "images/chest-ct-2.png", "obtained": "day 5"},
            ],
            "finding": "Enlarged hilar nodes, unchanged on day 5.",
        },
        {"type": "xray", "images": [{"path": "images/chest-film.jpg"}], "finding": "Broad hila on both sides."},
    ],
    "final_diagnosis": "Sarcoidosis",
    "aliases": ["Boeck disease"],
    "options": ["Sarcoidosis", "Tuberculosis", "Lymphoma", "Histoplasmosis", "Berylliosis"],
}
HEART = {
    "case_id": "heart",
    "language": "en",
    "specialty": "Cardiology",
    "history": "Chest pain that eases on leaning forward.",
    "examination": "A scratching sound at the left sternal border.",
    "evidence": [
        {
            "type": "electrophysiology",
            "images": [
                {"path": "images/heart-ecg-1.jpg", "obtained": "on admission"},
                {"path": "images/heart-ecg-2.png", "obtained": "day 2"},
            ],
            "finding": "Raised ST segments in most leads.",
        },
        {"type": "ultrasound", "images": [{"path": "images/heart-echo.jpg"}], "finding": "A narrow rim of fluid."},
    ],
    "final_diagnosis": "Acute pericarditis",
    "aliases": [],
    "options": ["Acute pericarditis", "Myocardial infarction", "Pneumothorax", "Aortic dissection", "Pleurisy"],
}
BELLY = {
    "case_id": "belly",
    "language": "zh",
    "specialty": "Gastro-enterology",
    "history": "转移性右下腹痛一天。",
    "examination": "右下腹压痛。",
    "evidence": [{"type": "laboratory", "images": [{"path": "images/belly-blood.png"}], "finding": "白细胞升高。"}],
    "final_diagnosis": "急性阑尾炎",
    "aliases": ["Acute appendicitis"],
    "options": ["急性阑尾炎", "克罗恩病", "肠系膜淋巴结炎", "输尿管结石", "憩室炎"],
}
CASES: list[dict[str, Any]] = [CHEST, HEART, BELLY]


def write_case_set(folder: Path) -> Path:
    """The three cases as a case set in `folder`. Every image differs and is of noise, so that its base64 is long."""
    (folder / "images").mkdir(parents=True)
    (folder / "card.yaml").write_text(yaml.safe_dump(CARD, allow_unicode=True), encoding="utf-8")
    with (folder / "cases.jsonl").open("w", encoding="utf-8") as file:
        for case in CASES:
            file.write(json.dumps({**case, "source": "invented", "licence": "CC0-1.0"}, ensure_ascii=False) + "\n")
            for piece in case["evidence"]:
                for image in piece["images"]:
                    noise = random.Random(image["path"]).randbytes(48 * 40 * 3)
                    Image.frombytes("RGB", (48, 40), noise).save(folder / image["path"])
    return folder


def file_image(folder: Path, name: str) -> Arrived:
    """What must arrive of an image file: its own bytes under its own media type."""
    media_type = {".png": "image/png", ".jpg": "image/jpeg"}[Path(name).suffix]
    return Arrived(media_type, sha256((folder / "images" / name).read_bytes()).hexdigest())
