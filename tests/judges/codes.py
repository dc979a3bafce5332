"""Codes made by chance, taken apart by us and by others: every field must be the same, and what others
refuse must be refused.

usage: codes.py MARKWRIGHT NODE_MODULES

Judges: `biip` (PyPI, a parser of GS1 element strings) on every code with application identifiers, and
BWIPP's linter of GS1 element strings and Digital Link addresses (`bwip-js`, by the author of GS1's own
Barcode Syntax Engine). Neither knows the forms of marking codes: lengths and groups are ours.
"""
import json, os, random, subprocess, sys

from biip import ParseError
from biip.gs1_messages import GS1Message

MARKWRIGHT, NODE_MODULES = sys.argv[1], os.path.abspath(sys.argv[2])
GS = "\x1d"
SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
EACH = 300
chance = random.Random(20261122)


def some(letters, count):
    return "".join(chance.choices(letters, k=count))


def digits(count):
    return some("0123456789", count)


def gtin():
    head = "0" + digits(12)
    total = sum(int(d) * (3, 1)[at % 2] for at, d in enumerate(head))
    return head + str(-total % 10)


def extra(ai):
    if ai == "97":
        return "97", some(SET_82.replace("!", "")[14:24], 4 * chance.randint(1, 6))
    if ai == "30":
        return "30", digits(chance.randint(1, 8))
    return (ai[:3] + some("012345", 1) if ai.endswith("Y") else ai), digits(6)


def fields(form, with_extras):
    all = [("01", gtin()), ("21", some(SET_82, form["serial"]))]
    if form["with_hs"] and chance.random() < 0.5:
        all.append(("240", digits(4)))
    for ai, length in sorted(form["tail"].items()):
        all.append((ai, digits(6) if ai == "8005" else some(SET_82, length)))
    if with_extras:
        all += [extra(ai) for ai in form["extras"] if chance.random() < 0.5]
    return all


def element_string(all):
    head = "".join(ai + value for ai, value in all[:2])
    return head + "".join(GS + ai + value for ai, value in all[2:])


def ours(codes):
    """What our program says of each code; the separator is written as people's files have it."""
    lines = "".join(code + "\n" for code in codes)
    done = subprocess.run([MARKWRIGHT, "codes", "parse"], input=lines, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def biip_fields(code):
    """Fields as biip reads them; nothing where it refuses the text."""
    try:
        message = GS1Message.parse(code)
    except ParseError:
        return None
    # A wrong check digit does not stop biip: it makes no GTIN or SSCC of such a number.
    for one in message.element_strings:
        if (one.ai.ai == "01" and one.gtin is None) or (one.ai.ai == "00" and one.sscc is None):
            return None
    return [(s.ai.ai, s.value) for s in message.element_strings]


LINT = """
const bwipjs = require(process.argv[1] + '/bwip-js');
const lines = require('fs').readFileSync(0, 'utf8').split('\\n').filter(Boolean);
for (const line of lines) {
  const {bcid, text} = JSON.parse(line);
  try { bwipjs.raw({bcid, text, parse: false}); console.log('ok'); }
  catch (problem) { console.log(String(problem.message || problem).split('\\n')[0]); }
}
"""


def bwipp(asked):
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    done = subprocess.run(["node", "-e", LINT, NODE_MODULES], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def explain(code, *more):
    command = [MARKWRIGHT, "codes", "explain", "--json", "--domain", "example.org", *more, "--", code]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def main():
    table = subprocess.run([MARKWRIGHT, "codes", "forms", "--json"], stdout=subprocess.PIPE, text=True, check=True)
    forms = [json.loads(line) for line in table.stdout.splitlines()]
    forms = [form for form in forms if "price" not in form["tail"]]
    wrong = []
    made = [(form, fields(form, False)) for form in forms for _ in range(EACH)]
    codes = [element_string(all) for _, all in made]
    for (form, all), code, said in zip(made, codes, ours(codes), strict=True):
        tail = [("01", said.get("gtin")), ("21", said.get("serial"))]
        tail += list(said.get("tail", {}).items())
        theirs = biip_fields(code)
        if not said["ok"] or sorted(tail) != sorted(all) or form["group"] not in said["groups"]:
            wrong.append(f"ours: {code!r}: {said}")
        if theirs != all:
            wrong.append(f"biip: {code!r}: {theirs}")
    print(f"{len(codes)} codes of {len(forms)} forms: ours and biip agree" if not wrong else wrong[:5])

    # A wrong check digit is refused by everybody.
    spoiled = [code[:15] + str((int(code[15]) + 1) % 10) + code[16:] for code in codes[::10]]
    for code, said in zip(spoiled, ours(spoiled), strict=True):
        if said["ok"] or biip_fields(code) is not None:
            wrong.append(f"check digit: {code!r}")
    print(f"{len(spoiled)} codes with a wrong check digit: refused by both")

    # Brackets would need an escape in BWIPP's notation: those codes are left out here.
    few = [(form, fields(form, True)) for form in forms for _ in range(4)]
    few = [(form, all) for form, all in few if not any(c in value for _, value in all for c in "()")]
    asked = []
    for form, all in few:
        code = element_string(all)
        said = explain(code, "--group", form["group"])
        if not said["ok"]:
            wrong.append(f"explain: {code!r}: {said}")
            continue
        asked.append({"bcid": "gs1datamatrix", "text": said["human_readable"]})
        asked.append({"bcid": "gs1dldatamatrix", "text": said["digital_link"]})
    verdicts = bwipp(asked)
    for one, verdict in zip(asked, verdicts, strict=True):
        if verdict != "ok":
            wrong.append(f"BWIPP: {one}: {verdict}")
    print(f"{len(asked)} element strings and addresses: BWIPP finds {sum(v != 'ok' for v in verdicts)} faults")

    for unit in ("106141412345678908", "046000000000000012"):
        said = explain("00" + unit)
        theirs = biip_fields("00" + unit)
        if said["ok"] != (theirs is not None):
            wrong.append(f"SSCC {unit}: ours {said}, biip {theirs}")

    if wrong:
        sys.exit("\n".join(wrong[:20]) + f"\n{len(wrong)} in all")


main()
