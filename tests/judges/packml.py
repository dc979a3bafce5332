"""Asks PackMLpy which commands each of its states takes.

    python3 tests/judges/packml.py FOLDER     a checkout of github.com/aljoshakoecher/PackMLpy

Prints one line a state: its name, and `command>State` for every command that leads on. The package
on PyPI (1.0.0) lacks `packmlpy.states` and cannot be asked.
"""
import importlib, sys

sys.path.insert(0, sys.argv[1])
STATES = ["Clearing", "Stopped", "Starting", "Idle", "Suspended", "Execute", "Stopping", "Aborting",
          "Aborted", "Holding", "Held", "Unholding", "Suspending", "Unsuspending", "Resetting",
          "Completing", "Complete"]
COMMANDS = ["reset", "start", "stop", "hold", "unhold", "suspend", "unsuspend", "abort", "clear"]


class Recorder:
    """In the place of the machine: what a state does to it is written down."""

    def __init__(self):
        self.next = None

    def setStateAndRunAction(self, state):
        self.next = type(state).__name__.removesuffix("State")


for name in STATES:
    state = getattr(importlib.import_module(f"packmlpy.states.impl.{name}State"), f"{name}State")()
    taken = []
    for command in COMMANDS:
        machine = Recorder()
        getattr(state, command)(machine)
        if machine.next:
            taken.append(f"{command}>{machine.next}")
    print(" ".join([f"{name}:", *taken]))
