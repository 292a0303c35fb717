"""Real, openly licensed radiology: a CT section that ships with pydicom."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pydicom
from PIL import Image

from authoring.pictures.canvas import Picture, caption, drawing

BONE_WINDOW = (400, 1800)
"""Centre and width in Hounsfield units."""

LABEL = {"en": "CT, bone window (real image)", "zh": "CT 骨窗（真实图像）"}


@drawing
def real_ct_vertebra(*, rng: np.random.Generator, language: str) -> Picture:
    """A thoracic vertebra in an axial CT section: even trabecular bone, intact cortex."""
    path = files("pydicom") / "data" / "test_files" / "CT_small.dcm"
    with path.open("rb") as file:
        dataset = pydicom.dcmread(file)
    units = dataset.pixel_array.astype(float) * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    centre, width = BONE_WINDOW
    grey = np.clip((units - centre + width / 2) / width, 0, 1) * 255
    image = Image.fromarray(grey.astype("uint8")).resize((512, 512), Image.Resampling.BICUBIC)
    return Picture(
        caption(image, LABEL[language], language),
        kind="photo",
        real=True,
        attribution="CT of a vertebra: CT_small.dcm of the pydicom test files, which state no restriction on use",
    )
