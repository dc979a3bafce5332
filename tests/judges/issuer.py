"""Lets schemathesis loose on the fake issuer: its OpenAPI document against what it answers.

    python3 tests/judges/issuer.py MARKWRIGHT [SCHEMATHESIS] [SECONDS]

Starts the issuer on a free port, and lets schemathesis make requests from its document for at most
SECONDS (75 if left out), a third for each of version 2, version 3 with True API, and Electronic Mark:
examples, every boundary of the schemas, and random ones, all from one seed.
Exit code 1 if an answer is a 500 that nobody planned, breaks its own schema, has another status or kind
than the document names, or if a request that the document forbids is taken. Two checks are left out:
`positive_data_acceptance`, because no schema can say check digits, group and template, or a free serial
number; `missing_required_header` would ask for headers that the document names as security. And
`/logout` is not called: nobody would be let in after it.
"""
import json, os, subprocess, sys, tempfile, urllib.parse, urllib.request

LEFT_OUT = "positive_data_acceptance,missing_required_header"
# Each gets its own time: the many product groups of version 2 would leave none for the others.
PARTS = ["^/api/v2/", "^/api/v[34]/", "^/(?!api/)"]


def sign_in(said):
    """A token of Electronic Mark."""
    form = urllib.parse.urlencode({"username": said["electronic_mark"]["user"],
                                   "password": said["electronic_mark"]["password"]})
    with urllib.request.urlopen(said["datamark"] + "/auth", form.encode()) as answer:
        return json.load(answer)["token"]


def main(markwright, schemathesis="target/test-venv/bin/st", seconds="75"):
    command = [markwright, "sim", "issuer", "--listen", "127.0.0.1:0",
               "--order-takes", "0", "--report-takes", "0"]
    issuer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    # Schemathesis leaves a folder of its own where it runs.
    room = tempfile.TemporaryDirectory()
    try:
        said = json.loads(issuer.stdout.readline())
        token, mark = said["client_token"], sign_in(said)
        seconds = int(seconds) // len(PARTS)
        found = [part for part in PARTS if subprocess.run([
            os.path.abspath(schemathesis), "run", said["openapi"], "--url", "http://" + said["listens"],
            "-H", f"clientToken: {token}", "-H", f"Authorization: Bearer {token}",
            "-H", f"X-RegistrationKey: {said['registration_key']}", "-H", f"Token: {mark}",
            "--include-path-regex", part, "--exclude-path", "/logout",
            "--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--max-time", str(seconds),
            "--seed", "1", "--checks", "all", "--exclude-checks", LEFT_OUT,
            "--no-color", "--suppress-health-check", "all",
        ], timeout=seconds + 60, check=False, cwd=room.name).returncode != 0]
        alive = issuer.poll() is None
        print("schemathesis:", f"found something in {found}" if found else "nothing found")
        return 0 if not found and alive else 1
    finally:
        issuer.terminate()
        issuer.wait()
        room.cleanup()


sys.exit(main(*sys.argv[1:]))
