"""Lets schemathesis loose on the fake issuer: its OpenAPI document against what it answers.

    python3 tests/judges/issuer.py MARKWRIGHT [SCHEMATHESIS] [SECONDS]

Starts the issuer on a free port, and lets schemathesis make requests from its document for at most
SECONDS (45 if left out): examples, every boundary of the schemas, and random ones, all from one seed.
Exit code 1 if an answer is a 500 that nobody planned, breaks its own schema, has another status or kind
than the document names, or if a request that the document forbids is taken. Two checks are left out:
`positive_data_acceptance`, because no schema can say check digits, group and template, or a free serial
number; `missing_required_header` would ask for headers that the document names as security.
"""
import json, os, subprocess, sys, tempfile

LEFT_OUT = "positive_data_acceptance,missing_required_header"


def main(markwright, schemathesis="target/test-venv/bin/st", seconds="45"):
    command = [markwright, "sim", "issuer", "--listen", "127.0.0.1:0",
               "--order-takes", "0", "--report-takes", "0"]
    issuer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    # Schemathesis leaves a folder of its own where it runs.
    room = tempfile.TemporaryDirectory()
    try:
        said = json.loads(issuer.stdout.readline())
        token = said["client_token"]
        run = subprocess.run([
            os.path.abspath(schemathesis), "run", said["openapi"], "--url", "http://" + said["listens"],
            "-H", f"clientToken: {token}", "-H", f"Authorization: Bearer {token}",
            "-H", f"X-RegistrationKey: {said['registration_key']}",
            "--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--max-time", seconds,
            "--seed", "1", "--checks", "all", "--exclude-checks", LEFT_OUT,
            "--no-color", "--suppress-health-check", "all",
        ], timeout=int(seconds) + 60, check=False, cwd=room.name)
        alive = issuer.poll() is None
        print("schemathesis:", "nothing found" if run.returncode == 0 else "found something")
        return 0 if run.returncode == 0 and alive else 1
    finally:
        issuer.terminate()
        issuer.wait()
        room.cleanup()


sys.exit(main(*sys.argv[1:]))
