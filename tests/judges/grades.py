"""Our grades beside what was painted: known reflectances, geometry, damage.

    tests/judges/grades.py MARKWRIGHT NODE_MODULES [--seed S]
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

import draw

CELL = 24  # pixels of the print for each module
QUIET = 4
# Tolerances; docs/grading.md says where they come from.
CONTRAST, AXIAL, GROWTH, MODULATION = 0.03, 0.01, 0.15, 0.08


def painted(dark, light=0.8, ink=0.05, growth=0.0, weak=(), weak_ink=0.3):
    """Reflectance of a label. `growth`: by how much of a module each dark edge moves, across."""
    share = np.kron(np.pad(dark, QUIET).astype(np.uint8), np.ones((CELL, CELL), np.uint8))
    side = round(abs(growth) * CELL)
    if side:
        kernel = np.ones((1, 2 * side + 1), np.uint8)
        share = (cv2.dilate if growth > 0 else cv2.erode)(share, kernel)
    bright = light + (ink - light) * share.astype(np.float32)
    for row, col in weak:
        top, left = (row + QUIET) * CELL, (col + QUIET) * CELL
        bright[top : top + CELL, left : left + CELL] = weak_ink
    return bright


def seen(bright, dice, module_px=6.0, wider=1.0, angle=0.0):
    """What a camera makes of it."""
    high, wide = bright.shape
    scale = np.diag([module_px * wider / CELL, module_px / CELL])
    turn = np.deg2rad(angle)
    place = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ scale
    side = int(1.5 * max(high, wide) * module_px * max(1, wider) / CELL) + 20
    middle = np.array([side / 2, side / 2]) + dice.uniform(-0.5, 0.5, 2)
    move = middle - place @ np.array([wide / 2, high / 2])
    four_times = np.hstack([place, move[:, None]]) * 4
    ground = float(bright[0, 0])
    picture = cv2.warpAffine(bright, four_times, (4 * side, 4 * side), borderValue=ground)
    picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return np.clip(np.round(picture * 255), 0, 255).astype(np.uint8)


def flipped(dark, places):
    dark = dark.copy()
    for row, col in places:
        dark[row, col] ^= True
    return dark


def value(key):
    return lambda graded: graded["parameters"][key]["value"]


def grade(key):
    return lambda graded: graded["parameters"][key]["grade"]


def near(wanted, tolerance):
    return lambda found: abs(found - wanted) <= tolerance


def exactly(wanted):
    return near(wanted, 1e-3)


def segment(name):
    return lambda graded: min(s["grade"] for s in graded["fpd_segments"] if s["name"] == name)


def overall(graded):
    return graded["overall"]


def growth(axis):
    return lambda graded: graded["print_growth"][axis]


# Codewords of correction, all in one block, of the sizes that are drawn here.
CORRECTION = {20: 18, 36: 42, 40: 48, 44: 56}


def legs(side):
    """How many modules of a solid side are damaged, and the grade of that (table M.1)."""
    for count in (1, 2, 3):
        # Symbols from 32 on have data regions of half the side, each with its own leg.
        share = count / (side if side < 32 else side // 2)
        yield count, next(g for most, g in [(0.09, 3), (0.13, 2), (0.17, 1), (1, 0)] if share <= most)


def cases(dark, dice):
    """Name, picture, and what must hold of its grade."""
    side = len(dark)
    for light, ink in [(0.85, 0.05), (0.7, 0.1), (0.6, 0.3), (0.5, 0.35)]:
        picture = seen(painted(dark, light, ink), dice)
        yield f"contrast {light}-{ink}", picture, [(value("sc"), near(light - ink, CONTRAST))]
    for angle in (0, 17, 45, 90, 133, 200):
        yield f"turned by {angle}", seen(painted(dark), dice, angle=angle), [(overall, exactly(4))]
    for module_px in (4, 5, 7, 9, 12):
        yield f"{module_px} px", seen(painted(dark), dice, module_px), [(overall, exactly(4))]
    negative = painted(dark, light=0.05, ink=0.8)
    yield "light on dark", seen(negative, dice), [(overall, exactly(4))]
    for wider, letter in [(1.03, 4), (1.07, 3), (1.09, 2), (1.11, 1), (1.15, 0)]:
        wanted = 2 * (wider - 1) / (wider + 1)
        holds = [(value("anu"), near(wanted, AXIAL)), (grade("anu"), exactly(letter))]
        yield f"wider by {wider}", seen(painted(dark), dice, wider=wider), holds
    for grown in (-0.125, -0.083, 0.083, 0.125):
        holds = [(growth("x"), near(grown / 0.15, GROWTH)), (growth("y"), near(0, GROWTH))]
        yield f"grown by {grown}", seen(painted(dark, growth=grown), dice, 8), holds
    weak = [(r, c) for r in range(2, 6) for c in range(2, 6) if dark[r, c]]
    modulation = 2 * abs(0.3 - 0.425) / 0.75
    picture = seen(painted(dark, weak=weak), dice, 8)
    yield "weak modules", picture, [(value("mod"), near(modulation, MODULATION))]
    for name, row, col in [("L1", 3, 0), ("L2", side - 1, 3)]:
        for count, letter in legs(side):
            step = (1, 0) if name == "L1" else (0, 1)
            places = [(row + n * step[0], col + n * step[1]) for n in range(count)]
            picture = seen(painted(flipped(dark, places)), dice)
            yield f"{count} holes in {name}", picture, [(segment(name), exactly(letter))]
    three_of_five = seen(painted(flipped(dark, [(0, 4), (0, 5), (0, 6)])), dice)
    yield "clock track", three_of_five, [(segment("TCR"), exactly(0)), (overall, exactly(0))]
    for count in (1, 2):
        # Far apart, so that each is a codeword of its own.
        places = [(2 + 9 * n, 5) for n in range(count)]
        wanted = 1 - 2 * count / CORRECTION[side]
        holds = [(value("uec"), exactly(wanted)), (grade("mod"), exactly(4))]
        yield f"{count} wrong words", seen(painted(flipped(dark, places)), dice), holds


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("markwright")
    arguments.add_argument("node_modules")
    arguments.add_argument("--seed", type=int, default=15415)
    asked = arguments.parse_args()
    dice = np.random.default_rng(asked.seed)
    made = draw.symbols(24, asked.seed, Path(asked.node_modules).resolve())
    by_side = {len(one["dark"]): one for one in made if len(one["dark"]) in CORRECTION}
    with tempfile.TemporaryDirectory() as folder:
        wanted = {}
        for side, symbol in sorted(by_side.items()):
            for name, picture, holds in cases(symbol["dark"], dice):
                file = f"{side} {name}.png"
                cv2.imwrite(str(Path(folder) / file), picture)
                wanted[file] = (symbol["text"], holds)
        command = [asked.markwright, "grade", "--json", folder]
        lines = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    graded = {Path(one["file"]).name: one for one in map(json.loads, lines)}
    problems = []
    for file, (text, holds) in wanted.items():
        found = graded[file]
        if found["text"] != text:
            problems.append(f"{file}: reads {found['text']!r}")
            continue
        wrong = [measure(found) for measure, holds_of in holds if not holds_of(measure(found))]
        problems.extend(f"{file}: {value}" for value in wrong)
    print(f"seed {asked.seed}: {len(wanted)} pictures of {sorted(by_side)}, {len(problems)} problems")
    sys.exit("\n".join(problems) or None)


if __name__ == "__main__":
    main()
