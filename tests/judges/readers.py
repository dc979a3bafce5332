"""Our reader beside zxing-cpp and libdmtx, on pictures that none of them has seen.

    tests/judges/readers.py MARKWRIGHT NODE_MODULES [--each N] [--seed S]

Fails if ours reads a wrong text, reads less than zxing-cpp under any condition, or is less than
three times as fast.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from pylibdmtx import pylibdmtx

import draw
from degrade import CONDITIONS, Shot
from draw import GS

# Wanted of all pictures, and how many times as fast as zxing-cpp.
READ_LEAST, FASTER = 0.96, 3.0


def pictures(folder, each, seed, node_modules):
    """Files and what they say."""
    symbols = draw.symbols(48, seed, node_modules)
    truth = {}
    for which, condition in enumerate(CONDITIONS):
        for n in range(each):
            dice = np.random.default_rng([seed, which, n])
            symbol, big = symbols[dice.integers(len(symbols))], n % 2 == 1
            file = f"{condition.__name__}-{n:03}.png"
            cv2.imwrite(str(folder / file), condition(Shot(symbol["dark"], big, dice)))
            truth[file] = symbol["text"]
    return truth


def ours(markwright, folder):
    command = [markwright, "read", "--json", str(folder)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    read = [json.loads(line) for line in lines]
    return {Path(one["file"]).name: (one["text"], one["ms"]) for one in read}


def timed(read, folder, truth):
    found = {}
    for file in truth:
        grey = cv2.imread(str(folder / file), cv2.IMREAD_GRAYSCALE)
        begun = time.perf_counter()
        text = read(grey)
        found[file] = (text, (time.perf_counter() - begun) * 1000)
    return found


def by_zxing(grey):
    options = {"formats": zxingcpp.BarcodeFormat.DataMatrix, "text_mode": zxingcpp.TextMode.Plain}
    found = [one.bytes.decode("latin1") for one in zxingcpp.read_barcodes(grey, **options)]
    return found[0] if found else None


def by_libdmtx(grey):
    """It knows no GS1 here and leaves separators out: those are not counted against it."""
    found = pylibdmtx.decode(grey, timeout=200, max_count=1)
    return found[0].data.decode("latin1").replace(GS, "") if found else None


def score(found, truth, condition=""):
    """How many are right, how many are wrong."""
    files = [file for file in truth if file.startswith(condition)]
    right = sum(found[file][0] == truth[file] for file in files)
    return right, sum(found[file][0] not in (None, truth[file]) for file in files)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("markwright")
    arguments.add_argument("node_modules")
    arguments.add_argument("--each", type=int, default=12, help="pictures of each condition")
    arguments.add_argument("--seed", type=int, default=20261122)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        truth = pictures(folder, asked.each, asked.seed, Path(asked.node_modules).resolve())
        readers = {
            "ours": ours(asked.markwright, folder),
            "zxing-cpp": timed(by_zxing, folder, truth),
        }
        bare = {file: said.replace(GS, "") for file, said in truth.items()}
        libdmtx = timed(by_libdmtx, folder, truth)
        right = {file for file in truth if libdmtx[file][0] == bare[file]}
        readers["libdmtx"] = {
            file: (truth[file] if file in right else text, ms) for file, (text, ms) in libdmtx.items()
        }
    print(f"seed {asked.seed}, {asked.each} pictures a condition: right, wrong in brackets")
    print(f"{'':18}" + "".join(f"{name:>12}" for name in readers))
    problems = []
    for condition in [one.__name__ for one in CONDITIONS] + [""]:
        scores = {name: score(found, truth, condition) for name, found in readers.items()}
        cells = "".join(f"{right:>8} ({wrong})" for right, wrong in scores.values())
        print(f"{condition or 'all':18}{cells}")
        if scores["ours"][0] < scores["zxing-cpp"][0]:
            problems.append(f"{condition or 'all'}: zxing-cpp reads more")
    times = {}
    for name, found in readers.items():
        ms = sorted(ms for _, ms in found.values())
        times[name] = statistics.median(ms)
        print(f"{name}: median {times[name]:.2f} ms, p95 {ms[len(ms) * 95 // 100]:.2f} ms")
    right, wrong = score(readers["ours"], truth)
    if wrong:
        problems.append(f"{wrong} wrong texts")
    if right < READ_LEAST * len(truth):
        problems.append(f"{right} of {len(truth)} read, wanted {READ_LEAST:.0%}")
    if times["ours"] * FASTER > times["zxing-cpp"]:
        problems.append(f"less than {FASTER} times as fast as zxing-cpp")
    sys.exit("; ".join(problems) or None)


if __name__ == "__main__":
    main()
