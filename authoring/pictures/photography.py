"""Clinical photography as drawn schematics: shins and feet, forearm, neck and chest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import ImageDraw
from scipy.spatial import cKDTree

from authoring.pictures.canvas import SCHEMATIC, Picture, caption, drawing
from authoring.pictures.skin import Body, Capsule
from authoring.pictures.tissue import Point, blob

CREASE = (120, 70, 56)
SIDES = {"en": ("R", "L"), "zh": ("右", "左")}
LEGS = {"r": (28.0, 1.0), "l": (72.0, -1.0)}  # middle of each leg, and the direction of its medial side
TOES = (
    (8.6, 111.0, 3.6),
    (2.7, 111.5, 2.6),
    (-2.3, 109.5, 2.5),
    (-7.0, 107.0, 2.5),
    (-11.4, 104.5, 2.4),
)  # medial offset, tip, radius


def _fish_scales(body: Body, bottom: float) -> None:
    """Fine whitish polygonal flakes on the legs above `bottom`."""
    points = body.rng.uniform((0, -2), (100, bottom + 4), (int(bottom * 26), 2))
    for _ in range(3):  # even the spacing out a little
        near = cKDTree(points).query(points, k=2)[1][:, 1]
        points += (points - points[near]) * 0.18
    reach, nearest = cKDTree(points).query(np.c_[body.x.ravel(), body.y.ravel()], k=2)
    gap = (reach[:, 1] - reach[:, 0]).reshape(body.x.shape)
    white = body.rng.uniform(0.25, 0.8, len(points))[nearest[:, 0]].reshape(body.x.shape)
    area = body.mask * np.clip((bottom - body.y) / 8, 0, 1)
    body.tint(np.clip(gap * 3.2 - 0.5, 0, 1) * white * area, (252, 250, 246))
    body.tint(np.exp(-((gap / 0.16) ** 2)) * area, (150, 112, 92), 0.5)


@drawing
def photo_leg(
    *,
    rng: np.random.Generator,
    language: str,
    lesions: Sequence[dict[str, Any]] = (),
    livedo: float = 0.0,
    scales: bool = False,
    short_toe: int = 0,
    clawed: bool = False,
    scale_cm: int = 5,
) -> Picture:
    """Shins and feet from the front and above; the patient's right is on the viewer's left.

    Sites are `toe1_r` ... `toe5_l`, `ankle_r` (outer side), `edge_r` (outer edge of the foot), `shin_r`.
    `short_toe` is the number of a toe that is set back.
    """
    body = Body(rng, 122, "light", 560)
    sites: dict[str, Point] = {}
    for side, (middle, inward) in LEGS.items():
        parts: list[Capsule] = [
            (middle - inward, -12, 12.5, middle - inward, 12, 11.5),
            (middle - inward, 12, 11.5, middle, 52, 6.6),
            (middle, 52, 6.6, middle, 62, 7.2),
            (middle, 66, 7.0, middle - inward * 1.6, 84, 11.2),
            (middle + inward * 4, 70, 5, middle + inward * 7, 90, 6.0),
        ]
        sites |= {
            f"ankle_{side}": (middle - inward * 5.5, 62),
            f"edge_{side}": (middle - inward * 10.5, 88),
            f"shin_{side}": (middle, 30),
        }
        toes = []
        for number, (medial, tip, radius) in enumerate(TOES, 1):
            set_back = 6.5 if number == short_toe else 0
            x, y = middle - inward + inward * medial, tip - radius - set_back
            parts.append((x, 91 - number * 0.7, radius * 0.84, x, y, radius * 0.9))
            sites[f"toe{number}_{side}"] = (x, y)
            toes.append((x, y, radius))
        body.flesh(parts, 0.3, 6)
        for (x1, y1, r1), (x2, y2, r2) in pairwise(toes):
            cleft = ((x1 + x2 - inward * (r1 - r2)) / 2, min(y1, y2) + 1)
            body.stroke([(cleft[0], 95.5), cleft], CREASE, 0.6, 0.9, 0.2)
        for x, y, radius in toes if clawed else ():
            body.relief += 1.6 * np.exp(-((np.hypot(body.x - x, (body.y - y + 5.2) * 1.2) / 2.0) ** 2)) * body.mask
            body.stroke([(x - radius * 0.8, y - 2.2), (x, y - 1.6), (x + radius * 0.8, y - 2.2)], CREASE, 0.5, 0.6, 0.2)
    if livedo:
        body.tint(
            np.maximum(body.net(6, 0.5), body.net(5, 0.4)) * np.clip((body.y - 26) / 14, 0, 1), (118, 62, 132), livedo
        )
    if scales:
        _fish_scales(body, 56)
    body.place(lesions, sites)
    for name, (x, y) in sites.items():
        if name.startswith("toe"):
            radius = TOES[int(name[3]) - 1][2]
            nail = blob(rng, (0, 0), 40, 0, 1.15, 0) * radius * 0.56 / 40 + (x, y + radius * 0.3)
            body.tint(body.cover(nail, 0.12), (244, 202, 192), 0.95)
            body.stroke([*nail, nail[0]], (176, 112, 98), 0.2, 0.7)
    body.marks = [((3, 3), SIDES[language][0]), ((93, 3), SIDES[language][1])]
    return body.finished(language, scale=(scale_cm * 2.7, f"{scale_cm} cm"))


# Palm of a left hand, fingers up, wrist at (50, 104); turned to point right in the picture.
FINGERS: list[list[Point]] = [
    [(32, 92), (21, 79), (13, 67), (8, 59)],
    [(36, 63), (32, 43), (30, 31), (29, 21)],
    [(48, 59), (47, 37), (46.5, 24), (46.5, 13)],
    [(60, 61), (62, 41), (63, 29), (64, 19)],
    [(70, 68), (75, 53), (78, 43), (80, 35)],
]


@drawing
def photo_forearm(
    *, rng: np.random.Generator, language: str, lesions: Sequence[dict[str, Any]] = (), scale_cm: int = 5
) -> Picture:
    """Left forearm and hand, inner side up, elbow on the viewer's left. Sites: `elbow`, `middle`, `wrist`."""
    body = Body(rng, 54, "light", 640)

    def turned(point: Point) -> Point:
        return (56 + (104 - point[1]) * 0.43, 28 + (point[0] - 50) * 0.43)

    parts: list[Capsule] = [(-12, 27, 12.5, 12, 27, 12), (12, 27, 12, 54, 28, 6.4), (54, 28, 6.2, 60, 28, 6.2)]
    for number, points in enumerate(FINGERS):
        radii = np.array([8, 6.4, 5.4, 4.6] if number == 0 else [7, 5.6, 5, 4.3]) * (0.36 if number == 4 else 0.43)
        joints = [turned(p) for p in points]
        if number:
            parts.append((60, 28, 5.0, *joints[0], 3.5))
        parts += [(*joints[k], radii[k], *joints[k + 1], radii[k + 1]) for k in range(3)]
    body.flesh(parts, 0.7, 7)
    for points in FINGERS:
        for point in points[1:3]:
            x, y = turned(point)
            body.stroke([(x, y - 1.5), (x + 0.3, y), (x, y + 1.5)], CREASE, 0.25, 0.4)
    for line in (
        [(36, 70), (50, 74), (62, 68), (70, 70)],
        [(33, 74), (46, 80), (58, 82), (66, 88)],
        [(33, 74), (42, 84), (44, 98)],
    ):
        body.stroke([turned(p) for p in line], CREASE, 0.35, 0.45, 0.15)
    for x in (55, 56.4):
        body.stroke([(x, 23.5), (x + 0.6, 28), (x, 32.5)], CREASE, 0.3, 0.45)
    body.stroke([(3, 17), (4.5, 26), (3, 37)], CREASE, 0.4, 0.3, 0.3)
    body.place(lesions, {"elbow": (15, 25), "middle": (33, 32), "wrist": (47, 25.5)})
    body.marks = [((2, 2), {"en": "L, inner side", "zh": "左,掌侧"}[language])]
    return body.finished(language, scale=(scale_cm * 2.4, f"{scale_cm} cm"))


def _dimpled(body: Body, at: Point, size: float, crust: bool) -> None:
    """A dome-shaped papule with a central dimple, or a dark crust in it."""
    body.lesion("papule", at, size)
    body.lesion("necrosis" if crust else "dimple", at, size * 0.36)


@drawing
def photo_skin(*, rng: np.random.Generator, language: str, count: int = 30, crusted: float = 0.33) -> Picture:
    """Lower face, neck and upper chest with dimpled papules, a share of them `crusted`; an inset enlarges three."""
    body = Body(rng, 98, "light", 560)
    body.flesh([(50, 34, 15, 50, 60, 17), (14, 92, 17, 86, 92, 17), (50, 74, 20, 50, 110, 34)], 3.5, 13)
    body.flesh([(50, -14, 27, 50, 4, 24), (50, 4, 24, 50, 17, 13)], 2, 14)
    lips = np.array([(38, 3), (45, 0.8), (50, 1.8), (55, 0.8), (62, 3), (56, 7), (50, 8), (44, 7)])
    body.tint(body.cover(lips, 0.4), (192, 104, 100), 0.8)
    body.stroke([(38, 3), (45, 3.6), (50, 3.2), (55, 3.6), (62, 3)], (110, 50, 50), 0.5, 0.8)
    for side in (-1, 1):
        body.stroke([(50 + side * 4, 74), (50 + side * 22, 71), (50 + side * 40, 73)], CREASE, 0.9, 0.35, 0.6)
        body.stroke([(50 + side * 15, 44), (50 + side * 9, 62), (50 + side * 3, 73)], CREASE, 0.8, 0.25, 0.6)
    put: list[np.ndarray] = []
    order = rng.permutation(count) < round(count * crusted)
    zones = [((26, 74), (0, 28)), ((36, 64), (36, 66)), ((40, 88), (76, 91))]
    while len(put) < count:
        (left, right), (top, bottom) = zones[len(put) % 3]
        at = np.array([rng.uniform(left, right), rng.uniform(top, bottom)])
        row, column = (at[::-1] * body.unit).astype(int)
        in_lips = 36 < at[0] < 64 and at[1] < 10
        if (
            body.mask[row, column] < 0.99
            or in_lips
            or (at[0] < 42 and at[1] > 70)
            or any(np.hypot(*(at - p)) < 4.2 for p in put)
        ):
            continue
        put.append(at)
        _dimpled(body, (at[0], at[1]), rng.uniform(0.9, 1.45), bool(order[len(put) - 1]))
    image = body.developed(language, scale=(2.8, "1 cm"))

    inset = Body(rng, 66, "light", 210)
    inset.flesh([(-300, 33, 400, 400, 33, 400)], 1, 9)
    for at, size, crust in (((28, 24), 15, False), ((72, 27), 13, True), ((50, 50), 11, False)):
        _dimpled(inset, at, size, crust)
    close = inset.developed(language)
    at = (8, image.height - close.height - 8)
    image.paste(close, at)
    pen = ImageDraw.Draw(image)
    pen.rectangle((at[0] - 2, at[1] - 2, at[0] + close.width + 1, at[1] + close.height + 1), outline="white", width=3)
    return Picture(caption(image, SCHEMATIC[language], language), kind="photo")
