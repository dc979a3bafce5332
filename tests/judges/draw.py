"""Symbols drawn by others: zint, treepoem (BWIPP), bwip-js and zxing-cpp, as grids of modules."""
import io
import json
import random
import string
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import treepoem
import zxingcpp
from PIL import Image

GS = "\x1d"
SERIAL = string.ascii_letters + string.digits + "!%&*+-./:;<=>?_,'"
BASE64 = string.ascii_letters + string.digits + "+/"
# Application identifiers and lengths of the three commonest kinds of code.
KINDS = {
    "dairy": [("21", 6, SERIAL), ("93", 4, SERIAL)],
    "clothing": [("21", 13, SERIAL), ("91", 4, SERIAL), ("92", 44, BASE64)],
    "footwear": [("21", 13, SERIAL), ("91", 4, SERIAL), ("92", 88, BASE64)],
}


def gtin(dice):
    digits = [0, 4] + [dice.randrange(10) for _ in range(11)]
    total = sum(d * (3 if n % 2 == 0 else 1) for n, d in enumerate(digits))
    return "".join(map(str, digits)) + str(-total % 10)


def code(kind, dice):
    """A code as pairs of identifier and value."""
    parts = [("01", gtin(dice))]
    for ai, length, letters in KINDS[kind]:
        parts.append((ai, "".join(dice.choice(letters) for _ in range(length))))
    return parts


def text(parts):
    """What a reader says: GS behind every value but the GTIN and the last."""
    return "".join(
        ai + value + (GS if 0 < n < len(parts) - 1 else "") for n, (ai, value) in enumerate(parts)
    )


def grid(picture):
    """Modules of a clean drawing: the clock track at the top says how large one is."""
    dark = np.array(picture.convert("L")) < 128
    rows, cols = np.where(dark.any(1))[0], np.where(dark.any(0))[0]
    dark = dark[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    turns = np.where(np.diff(np.r_[0, dark[0].astype(int), 0]))[0]
    module = int(np.diff(turns).min())
    return dark[module // 2 :: module, module // 2 :: module]


def bracketed(parts, left, right):
    return "".join(left + ai + right + value for ai, value in parts)


def by_zint(parts):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "symbol.png"
        data = bracketed(parts, "[", "]")
        command = ["zint", "-b", "71", "--gs1", "--square", "--scale", "2", "-o", file, "-d", data]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return grid(Image.open(file))


def by_treepoem(parts):
    data = bracketed(parts, "(", ")")
    return grid(treepoem.generate_barcode("gs1datamatrix", data, scale=2))


def by_zxing(parts):
    data = bracketed(parts, "[", "]")
    made = zxingcpp.create_barcode(
        data, zxingcpp.BarcodeFormat.DataMatrix, gs1=True, force_square=True
    )
    return grid(Image.fromarray(np.array(made.to_image(scale=4))))


def by_bwip(parts, node_modules):
    script = (
        "const bwip = require(process.argv[1] + '/bwip-js');"
        "bwip.toBuffer({bcid: 'gs1datamatrix', text: process.argv[2], scale: 3})"
        ".then(png => process.stdout.write(png));"
    )
    data = bracketed(parts, "(", ")")
    command = ["node", "-e", script, str(node_modules), data]
    png = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return grid(Image.alpha_composite(white, picture))


def symbols(count, seed, node_modules):
    """So many symbols; each kind by each drawer."""
    dice = random.Random(seed)
    drawers = [by_zint, by_treepoem, by_zxing, lambda parts: by_bwip(parts, node_modules)]
    made = []
    for n in range(count):
        parts = code(list(KINDS)[n % 3], dice)
        dark = drawers[n // 3 % len(drawers)](parts)
        made.append({"text": text(parts), "dark": dark})
    return made
