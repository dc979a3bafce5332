"""Draws marking codes with four encoders that are not ours, spoils them with defects that are not
those of the other tests, and says what other readers see: python draw.py FOLDER FRAMES SEED

Writes FOLDER/*.png (or .jpg) and FOLDER/seen.tsv: file, condition, drawer, text, what zxing-cpp
reads, what libdmtx reads (GS as ~, nothing for nothing)."""

import io
import os
import random
import subprocess
import sys
import time

import numpy as np
import treepoem
import zxingcpp
from PIL import Image

SERIAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
CONDITIONS = [
    "clean", "turned", "ribbon", "dots", "feed", "tilt", "bottle", "motion", "jpeg", "glare",
    "quiet", "mirrored", "inverted", "clutter", "dim", "soft",
]
DRAWERS = ["zint", "bwip-js", "treepoem", "zxing-cpp"]
WIDTH, HEIGHT = 640, 480


def code(chance):
    pick = lambda count, of: "".join(chance.choice(of) for _ in range(count))
    body = "01" + pick(14, "0123456789") + "21"
    if chance.random() < 0.5:
        return body + pick(6, SERIAL) + "\x1d93" + pick(4, SERIAL)
    return body + pick(13, SERIAL) + "\x1d91" + pick(4, "0123456789ABCDEF") + "\x1d92" + pick(43, SERIAL) + "="


def crop(grey):
    """The modules of a drawing, one pixel each, without quiet zone."""
    dark = np.asarray(grey) < 128
    rows, cols = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    dark = dark[rows[0]:rows[-1] + 1, cols[0]:cols[-1] + 1]
    # The upper row alternates: it says how wide a module is.
    runs = np.flatnonzero(np.diff(dark[0].astype(int)))
    module = (runs[-1] + 1) / len(runs)
    count = [round(side / module) for side in dark.shape]
    at = [((np.arange(n) + 0.5) * side / n).astype(int) for n, side in zip(count, dark.shape)]
    return dark[np.ix_(*at)]


def drawn(drawer, text, folder, js):
    """The modules as one of the encoders places them. What stands there is left to it."""
    parenthesised = "^FNC1" + text.replace("\x1d", "^FNC1")
    if drawer == "zint":
        picture = os.path.join(folder, "zint.png")
        subprocess.run(["zint", "--barcode=DATAMATRIX", "--gs1", "--gs1nocheck", "--square", "--scale=2",
                        "-o", picture, "-d", brackets(text)], check=True)
        return crop(Image.open(picture).convert("L"))
    if drawer == "bwip-js":
        done = subprocess.run(["node", "-e", JS, js, parenthesised], check=True, stdout=subprocess.PIPE)
        return crop(Image.open(io.BytesIO(done.stdout)).convert("L"))
    if drawer == "treepoem":
        made = treepoem.generate_barcode("datamatrix", parenthesised, {"parsefnc": True})
        return crop(made.convert("L"))
    made = zxingcpp.create_barcode(brackets(text), zxingcpp.BarcodeFormat.DataMatrix, gs1=True, force_square=True)
    return crop(Image.fromarray(np.asarray(made.to_image(scale=4))))


def brackets(text):
    """The element string as zint wants it: [01]…[21]…"""
    out, first = "", True
    for field in text.split("\x1d"):
        if first:
            out += "[01]" + field[2:16] + "[21]" + field[18:]
            first = False
        else:
            out += "[" + field[:2] + "]" + field[2:]
    return out


JS = """
const bwipjs = require(process.argv[1]);
bwipjs.toBuffer({bcid: 'datamatrix', text: process.argv[2], parsefnc: true, scale: 4,
                 backgroundcolor: 'FFFFFF'})
    .then(png => process.stdout.write(png));
"""


def frame(dark, condition, chance):
    """A camera's picture of the label, every pixel the mean of nine places."""
    noise = np.random.default_rng(chance.randrange(1 << 30))
    rows, cols = dark.shape
    module = chance.uniform(4.0, 6.5) if max(rows, cols) < 40 else chance.uniform(4.0, 5.5)
    angle = np.radians(chance.uniform(0, 360) if condition in ("turned", "mirrored", "inverted", "jpeg")
                       else chance.uniform(-4, 4))
    stretch = chance.choice([0.9, 1.1]) if condition == "feed" else 1.0
    reach = (max(rows, cols) / 2 + 3) * module * (abs(np.cos(angle)) + abs(np.sin(angle)))
    middle = [chance.uniform(reach, side - reach) if side > 2 * reach else side / 2 for side in (WIDTH, HEIGHT)]
    third = (np.arange(3) - 1) / 3
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    y, x = y[..., None] + np.repeat(third, 3), x[..., None] + np.tile(third, 3)
    dx, dy = (x - middle[0]) / module, (y - middle[1]) / module
    u, v = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    if condition == "tilt":
        depth = 1 + chance.choice([-1, 1]) * 0.15 * u / cols + chance.choice([-1, 1]) * 0.1 * v / rows
        u, v = u * depth, v * depth
    if condition == "bottle":
        radius = cols * chance.uniform(1.0, 1.6)
        u = radius * np.arcsin(np.clip(u / radius, -1, 1))
    if condition == "feed":
        v = v / stretch + 0.25 * np.sin(v / 3)
    u, v = u + cols / 2, v + rows / 2
    if condition == "mirrored":
        u = cols - u
    col, row = np.floor(u).astype(int), np.floor(v).astype(int)
    inside = (col >= 0) & (row >= 0) & (col < cols) & (row < rows)
    ink = np.where(inside, dark[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)], False)
    label = (u > -4) & (v > -4) & (u < cols + 4) & (v < rows + 4)
    black, white = chance.uniform(20, 45), chance.uniform(190, 225)
    if condition == "dots":
        for _ in range(2):
            at = chance.uniform(2, cols - 2)
            ink &= np.abs(u - at) > 0.22
    tone = np.where(ink, black, white)
    if condition == "ribbon":
        # Wrinkles run slantwise, and ink is missing in specks.
        wrinkle = np.abs(np.sin(u * 0.31 + v * 0.17 + chance.uniform(0, 6))) < 0.06
        tone = np.where(ink & wrinkle, black + 0.7 * (white - black), tone)
        speck = noise.random((rows * 4 + 1, cols * 4 + 1)) < 0.10
        holes = speck[np.clip((v * 4).astype(int), 0, rows * 4), np.clip((u * 4).astype(int), 0, cols * 4)]
        tone = np.where(ink & holes, white * 0.8, tone)
    if condition == "quiet":
        tone = np.where(~inside & ((u < -0.7) | (v > rows + 0.7)), black + 25, tone)
    if condition == "clutter":
        bars = (np.floor(u * 1.3) % 3 == 0) & ((v < -1.2) | (v > rows + 1.2))
        words = (np.floor(u * 0.8) * 7 + np.floor(v * 0.8) * 5) % 4 == 0
        tone = np.where(bars | (words & ((u < -1.5) | (u > cols + 1.5))), black, tone)
        label = (u > -12) & (v > -6) & (u < cols + 12) & (v < rows + 6)
    if condition == "inverted":
        tone = black + white - tone
    ground = 100 + 25 * np.sin(x / 37.0) * np.cos(y / 29.0)
    picture = np.where(label, tone, ground).mean(-1)
    sigma = chance.uniform(0.32, 0.42) * module if condition == "soft" else 0.6
    picture = smooth(picture, kernel(sigma))
    if condition == "motion":
        length = max(2, round(0.55 * module))
        picture = smooth(picture, np.ones(length) / length, across_only=True)
    if condition == "dim":
        picture = 30 + (picture - 30) * 0.22
    if condition == "glare":
        gx, gy = middle[0] + chance.uniform(-1, 1) * cols * module / 3, middle[1] + chance.uniform(-1, 1) * rows * module / 3
        yy, xx = np.mgrid[0:HEIGHT, 0:WIDTH]
        picture = picture + 260 * np.exp(-((xx - gx) ** 2 + (yy - gy) ** 2) / (2 * (1.6 * module) ** 2))
    picture = picture + noise.normal(0, 1.5 if condition == "dim" else 3.0, picture.shape)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def kernel(sigma):
    reach = int(3 * sigma) + 1
    taps = np.exp(-np.arange(-reach, reach + 1) ** 2 / (2 * sigma ** 2))
    return taps / taps.sum()


def smooth(picture, taps, across_only=False):
    line = lambda row: np.convolve(row, taps, mode="same")
    picture = np.apply_along_axis(line, 1, picture)
    return picture if across_only else np.apply_along_axis(line, 0, picture)


def others(picture, folder):
    """What zxing-cpp with its defaults and libdmtx read, and the milliseconds of the first."""
    grey = np.asarray(picture)
    begun = time.thread_time()
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.DataMatrix)
    took = (time.thread_time() - begun) * 1000
    first = found[0].bytes.decode("latin1") if found else ""
    path = os.path.join(folder, "dmtx.png")
    picture.save(path)
    done = subprocess.run(["dmtxread", "-n", "-N1", "-m200", "-G29", path],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    second = done.stdout.decode("latin1").strip("\n").lstrip("\x1d")
    return first, second, took


def main():
    folder, frames, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    js = os.path.abspath(sys.argv[4])
    os.makedirs(folder, exist_ok=True)
    lines = []
    for condition in CONDITIONS:
        for drawer in DRAWERS:
            for n in range(frames):
                chance = random.Random(f"{seed} {condition} {drawer} {n}")
                text = code(chance)
                picture = frame(drawn(drawer, text, folder, js), condition, chance)
                name = f"{condition}_{drawer}_{n}." + ("jpg" if condition == "jpeg" else "png")
                path = os.path.join(folder, name)
                if condition == "jpeg":
                    picture.save(path, quality=35)
                    picture = Image.open(path).convert("L")
                else:
                    picture.save(path)
                first, second, took = others(picture, folder)
                fields = [name, condition, drawer, text, first, second]
                lines.append("\t".join(f.replace("\x1d", "~") for f in fields) + f"\t{took:.3f}\n")
    with open(os.path.join(folder, "seen.tsv"), "w", encoding="latin1") as out:
        out.writelines(lines)


main()
