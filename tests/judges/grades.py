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
CONTRAST, AXIAL, GRID, GROWTH, MODULATION = 0.03, 0.01, 0.06, 0.15, 0.08
# How far apart the values of one print may lie, at all angles and sizes it is seen in.
SPREAD = {
    "decode": 0, "sc": CONTRAST, "mod": MODULATION, "rm": MODULATION, "anu": AXIAL, "gnu": GRID,
    "fpd": 1e-3, "uec": 1e-3,
}
# Angles, and pixels a module.
VIEWS = [(0, 6), (29, 6), (90, 6), (151, 6), (180, 8), (270, 8), (0, 10), (29, 10)]


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


def bowed(bright, amount):
    """Rows moved across, most in the middle, by so many modules; the four corners stay."""
    high, wide = bright.shape
    way = np.clip((np.arange(high) / CELL - QUIET) / (high / CELL - 2 * QUIET), 0, 1)
    x, y = np.meshgrid(np.arange(wide), np.arange(high))
    x = x - amount * CELL * np.sin(np.pi * way)[:, None]
    return cv2.remap(
        bright, np.float32(x), np.float32(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


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


def region(side):
    """Modules of a data region with its fixed patterns: symbols from 32 on have four."""
    return side if side < 32 else side // 2


def leg(count, modules):
    """The grade of so many damaged modules of a solid side or its quiet zone (table M.1)."""
    bounds = [(0, 4), (0.09, 3), (0.13, 2), (0.17, 1), (1, 0)]
    return next(g for most, g in bounds if count / modules <= most)


def clock(count, modules):
    """The same of a clock track and the quiet zone beside it."""
    bounds = [(0.10, 4), (0.15, 3), (0.20, 2), (0.25, 1), (2, 0)]
    return next(g for less, g in bounds if count / modules < less)


def correction(words, side):
    """The grade of so many wrong codewords."""
    bounds = [(0.62, 4), (0.5, 3), (0.37, 2), (0.25, 1), (-1, 0)]
    return next(g for least, g in bounds if unused(words, side) >= least)


def unused(words, side):
    """Unused error correction."""
    return 1 - 2 * words / CORRECTION[side]


def fewest(letter, side):
    """How few wrong codewords bring this grade."""
    return next(n for n in range(1, 99) if correction(n, side) == letter)


def weakened(modulation, letter):
    """What must hold of so many weak codewords that only their modulation counts."""
    keys = ("mod", "rm")
    holds = [(value(key), near(modulation, MODULATION)) for key in keys]
    return holds + [(grade(key), exactly(letter)) for key in keys]


def wronged(words, side):
    """What must hold of so many wrong codewords: a module of the wrong colour has no margin."""
    letter = correction(words, side)
    holds = [(value("uec"), near(unused(words, side), 1e-3)), (value("rm"), exactly(0))]
    grades = [("uec", letter), ("rm", letter), ("mod", 4)]
    return holds + [(grade(key), exactly(wanted)) for key, wanted in grades]


def of_other_words(dark, dice):
    """Dark modules of which no two belong to one codeword: its eight lie within three by three,
    and what is wrapped around lies at the border, which is left out."""
    side, inner = len(dark), region(len(dark)) - 2
    all_inner = inner * (side // region(side))
    in_symbol = lambda at: at + 1 + 2 * (at // inner)
    best = []
    for start in [(r, c) for r in (3, 4, 5) for c in (3, 4, 5)]:
        rows, cols = (range(first, all_inner - 3, 3) for first in start)
        places = [(in_symbol(r), in_symbol(c)) for r in rows for c in cols]
        best = max(best, [place for place in places if dark[place]], key=len)
    return [best[n] for n in dice.permutation(len(best))]


def fixed_patterns(dark):
    """Name of a segment, its damage, the print, its grade."""
    side, part = len(dark), region(len(dark))
    for count in (1, 2, 3, 4):
        n = range(count)
        # Beside the solid sides, with the corner that both quiet zones reach beyond.
        left, below = [(side - 3 - k, -1) for k in n], [(side, 2 + k) for k in n]
        for name, places in [("QZL1", left), ("QZL2", below)]:
            yield name, count, painted(dark, weak=places, weak_ink=0.05), leg(count, part + 1)
        left, below = [(3 + k, 0) for k in n], [(side - 1, 3 + k) for k in n]
        for name, places in [("L1", left), ("L2", below)]:
            yield name, count, painted(flipped(dark, places)), leg(count, part)
    for count in (1, 2, 3, 4, 5):
        n = range(count)
        # Every third, so that of any five at most two are wrong.
        above, right = [(0, 2 + 3 * k) for k in n], [(side - 3 - 3 * k, side - 1) for k in n]
        for name, places in [("TCT", above), ("RCT", right)]:
            yield name, count, painted(flipped(dark, places)), clock(count, part)
        above, right = [(-1, 2 + k) for k in n], [(3 + k, side) for k in n]
        for name, places in [("TQZ", above), ("RQZ", right)]:
            yield name, count, painted(dark, weak=places, weak_ink=0.05), clock(count, part)


def of_modulation(value, light=0.8, ink=0.05):
    """The brightness of a dark module with this modulation."""
    return (light + ink) / 2 - value * (light - ink) / 2


def spoilt(dark, dice):
    """Name, print, how much wider it is seen, and what must hold however it is seen."""
    side, words = len(dark), of_other_words(dark, dice)
    yield "pale", painted(dark, 0.6, 0.2), 1, [(value("sc"), near(0.4, CONTRAST))]
    holds = [(value("anu"), near(0.16 / 2.08, AXIAL)), (grade("anu"), exactly(3))]
    yield "wide", painted(dark), 1.08, holds
    holds = [(value("gnu"), near(0.56, GRID)), (grade("gnu"), exactly(2))]
    yield "bowed", bowed(painted(dark), 0.56), 1, holds
    weak = painted(dark, weak=words[: fewest(0, side)], weak_ink=of_modulation(0.35))
    yield "weak words", weak, 1, weakened(0.35, 2)
    wrong = fewest(2, side)
    yield "wrong words", painted(flipped(dark, words[:wrong])), 1, wronged(wrong, side)
    holds = [(segment("L1"), exactly(leg(2, region(side)))), (segment("L2"), exactly(4))]
    yield "holes in L1", painted(flipped(dark, [(3, 0), (4, 0)])), 1, holds
    holds = [(segment("TCT"), exactly(clock(3, region(side)))), (segment("RCT"), exactly(4))]
    yield "top clock", painted(flipped(dark, [(0, 2), (0, 5), (0, 8)])), 1, holds


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
    for amount, letter in [(0.2, 4), (0.44, 3), (0.56, 2), (0.69, 1), (0.85, 0)]:
        holds = [(value("gnu"), near(amount, GRID)), (grade("gnu"), exactly(letter))]
        yield f"bowed by {amount}", seen(bowed(painted(dark), amount), dice, 8), holds
    weak = [(r, c) for r in range(2, 6) for c in range(2, 6) if dark[r, c]]
    modulation = 2 * abs(0.3 - 0.425) / 0.75
    holds = [(value(key), near(modulation, MODULATION)) for key in ("mod", "rm")]
    yield "weak modules", seen(painted(dark, weak=weak), dice, 8), holds
    words = of_other_words(dark, dice)
    most = fewest(0, side)
    for weak_by, letter in [(0.6, 4), (0.45, 3), (0.35, 2), (0.25, 1), (0.12, 0)]:
        picture = seen(painted(dark, weak=words[:most], weak_ink=of_modulation(weak_by)), dice, 8)
        yield f"words of modulation {weak_by}", picture, weakened(weak_by, letter)
    for count in (fewest(letter, side) for letter in range(5)):
        picture = seen(painted(flipped(dark, words[:count])), dice)
        yield f"{count} wrong words", picture, wronged(count, side)
    for name, count, bright, letter in fixed_patterns(dark):
        yield f"{name}, {count} damaged", seen(bright, dice), [(segment(name), exactly(letter))]
    above, right = [(0, 4 + k) for k in range(3)], [(4 + k, side - 1) for k in range(3)]
    for name, places in [("TCR", above), ("RCR", right)]:
        three_of_five = seen(painted(flipped(dark, places)), dice)
        yield name, three_of_five, [(segment(name), exactly(0)), (overall, exactly(0))]


def views(dark, dice):
    """Name of a spoilt print, and the pictures of it, with what must hold of each."""
    for name, bright, wider, holds in spoilt(dark, dice):
        for angle, module_px in VIEWS:
            yield name, angle, module_px, seen(bright, dice, module_px, wider, angle), holds


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
        wanted, groups = {}, {}
        for side, symbol in sorted(by_side.items()):
            dark = symbol["dark"]
            pictures = [(f"{side} {name}.png", *more) for name, *more in cases(dark, dice)]
            for name, angle, module_px, picture, holds in views(dark, dice):
                file = f"{side} {name}, turned by {angle}, {module_px} px.png"
                groups.setdefault(f"{side} {name}", []).append(file)
                pictures.append((file, picture, holds))
            for file, picture, holds in pictures:
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
        measured = [measure(found) for measure, _ in holds]
        right = [holds_of(one) for one, (_, holds_of) in zip(measured, holds)]
        if not all(right):
            problems.append(f"{file}: {measured}, right: {right}")
    for name, files in groups.items():
        for key, most in SPREAD.items():
            values = [value(key)(graded[file]) for file in files if graded[file]["text"]]
            if values and max(values) - min(values) > most + 1e-6:
                problems.append(f"{name}: {key} is {min(values)} to {max(values)}, as it is seen")
    sizes, count = sorted(by_side), len(problems)
    print(f"seed {asked.seed}: {len(wanted)} pictures of {sizes}, {count} problems")
    sys.exit("\n".join(problems) or None)


if __name__ == "__main__":
    main()
