"""Our reader beside zxing-cpp and libdmtx, on pictures that none of them has seen.

    tests/judges/readers.py MARKWRIGHT NODE_MODULES [--each N] [--seed S]

Exit code 1 if ours reads a wrong text or reads less than zxing-cpp under any condition; 2 if
nothing but its speed is wrong. Of each picture counts the fastest of several turns: of ours as it
says itself, of the others as processor time.
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

# Wanted of all pictures.
READ_LEAST = 0.96
# How many times as fast as zxing-cpp: in the median and in the 95th of a hundred.
FASTER = {"median": 3.0, "p95": 6.0}
TURNS = 3
WRONG, SLOW = 1, 2


def pictures(folder, each, seed, node_modules):
    """Files and what they say."""
    symbols = draw.symbols(48, seed, node_modules)
    truth = {}
    for which, condition in enumerate(CONDITIONS):
        for n in range(each):
            dice = np.random.default_rng([seed, which, n])
            symbol, file = symbols[dice.integers(len(symbols))], f"{condition.__name__}-{n:03}.png"
            shot = Shot(symbol["dark"], is_big(file), dice)
            cv2.imwrite(str(folder / file), condition(shot))
            truth[file] = symbol["text"]
    return truth


def is_big(file):
    """Every other picture has 1280 x 1024 pixels."""
    return int(file[-7:-4]) % 2 == 1


def ours(markwright, folder):
    command = [markwright, "read", "--json", str(folder)]
    found = {}
    for _ in range(TURNS):
        lines = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        for one in map(json.loads, lines):
            file = Path(one["file"]).name
            before = found.get(file, (one["text"], one["ms"]))
            # A text that is different in one turn is a wrong one, and stays.
            text = before[0] if before[0] == one["text"] else f"{before[0]} or {one['text']}"
            found[file] = (text, min(before[1], one["ms"]))
    return found


def timed(read, folder, truth, turns=1):
    found = {}
    for file in truth:
        grey = cv2.imread(str(folder / file), cv2.IMREAD_GRAYSCALE)
        times = []
        for _ in range(turns):
            begun = time.process_time()
            text = read(grey)
            times.append((time.process_time() - begun) * 1000)
        found[file] = (text, min(times))
    return found


def milliseconds(found, files):
    """The median and the 95th of a hundred."""
    ms = sorted(found[file][1] for file in files)
    return {"median": statistics.median(ms), "p95": ms[len(ms) * 95 // 100]}


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
            "zxing-cpp": timed(by_zxing, folder, truth, TURNS),
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
    slow = too_slow(readers, truth)
    right, wrong = score(readers["ours"], truth)
    if wrong:
        problems.append(f"{wrong} wrong texts")
    if right < READ_LEAST * len(truth):
        problems.append(f"{right} of {len(truth)} read, wanted {READ_LEAST:.0%}")
    print("; ".join(problems + slow), file=sys.stderr)
    sys.exit(WRONG if problems else SLOW if slow else 0)


def too_slow(readers, truth):
    """Prints the times, and says where ours is less fast than it must be."""
    slow = []
    for size, big in [("640 x 480", False), ("1280 x 1024", True), ("both", None)]:
        files = [file for file in truth if big is None or is_big(file) == big]
        times = {name: milliseconds(found, files) for name, found in readers.items()}
        for name, of in times.items():
            print(f"{size:12}{name:10} median {of['median']:.2f} ms, p95 {of['p95']:.2f} ms")
        for which, least in FASTER.items():
            faster = times["zxing-cpp"][which] / times["ours"][which]
            print(f"{size:12}{which}: {faster:.1f} times as fast as zxing-cpp, wanted {least}")
            if faster < least:
                slow.append(f"{size}, {which}: {faster:.1f} times as fast, wanted {least}")
    return slow


if __name__ == "__main__":
    main()
