"""Remote inputs and outputs with a belt, by docs/plc/remote-io.md, on pymodbus' simulator.

Says "listening ADDRESS", then "product N good|bin" for each that left (N from 1), counted by the belt
itself and not by the counters. Hears lines: "enter" (a product at the infeed), "pair" (two of
them, half a second apart), "tell coils" (says "coil N on|off" for each that changes by a request), "stray camera" (a product laid down behind the
camera), "take" (the one nearest before the gate is taken off), "jam 0|1" (the input of the heartbeat
stands), "stop 0|1" (emergency stop), "reset" (the module loses its counters).
"""
import asyncio
import sys
import threading
import time

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

# Seconds from the infeed's eye; the belt runs at its own speed.
APPLICATOR, CAMERA, GATE, EXIT = 0.3, 0.6, 2.0, 2.15
WATCHDOG = 1.0
INFEED, APPLIED, MISSED, TRIGGERED, AT_GATE, PASSED, BINNED = range(7)
BEAT, RUN, OPEN, CLEAR, PASS = range(5)


class Floor:
    def __init__(self):
        self.counters = [0] * 7
        self.coils = [False] * 8
        self.products = []  # [number, place, let_pass]
        self.entered = 0
        self.heard_at = time.monotonic()
        self.now = self.heard_at
        self.jam = self.stop = False
        self.stuck = self.tell = False

    def inputs(self):
        beat = self.stuck if self.jam else self.coils[BEAT]
        # Emergency stop, guards and air are closed while all is well.
        return [beat, True, not self.stop, True, False, False, False, True, False]

    def step(self):
        now = time.monotonic()
        passed, self.now = now - self.now, now
        if now - self.heard_at > WATCHDOG:
            self.coils = [False] * 8
        if not self.coils[RUN] or self.stop:
            return
        for product in list(self.products):
            before, after = product[1], product[1] + passed
            product[1] = after
            come_by = lambda place: before < place <= after
            if come_by(APPLICATOR):
                self.counters[APPLIED] += 1
            if come_by(CAMERA):
                self.counters[TRIGGERED] += 1
            if come_by(GATE):
                self.counters[AT_GATE] += 1
                product[2] = self.coils[PASS]
            if come_by(EXIT):
                self.counters[PASSED if product[2] else BINNED] += 1
                self.products.remove(product)
                print("product", product[0], "good" if product[2] else "bin", flush=True)

    def told(self, line):
        word, *rest = line.split()
        if word == "enter":
            self.entered += 1
            self.counters[INFEED] += 1
            self.products.append([self.entered, 0.0, False])
        elif word == "pair":
            for place in (0.0, -0.5):
                self.told("enter")
                self.products[-1][1] = place
        elif word == "tell":
            self.tell = True
            for n, on in enumerate(self.coils):
                print("coil", n, "on" if on else "off", flush=True)
        elif word == "stray":
            self.products.append([0, CAMERA + 0.05, False])
        elif word == "take":
            before_gate = [product for product in self.products if product[1] < GATE]
            self.products.remove(max(before_gate, key=lambda product: product[1]))
        elif word == "jam":
            self.jam, self.stuck = rest == ["1"], self.coils[BEAT]
        elif word == "stop":
            self.stop = rest == ["1"]
        elif word == "reset":
            self.counters = [0] * 7


async def main():
    floor = Floor()
    loop = asyncio.get_running_loop()

    def listen():
        for line in sys.stdin:
            loop.call_soon_threadsafe(floor.told, line)
        loop.call_soon_threadsafe(loop.stop)

    async def action(function, start, address, count, registers, values):
        floor.heard_at = time.monotonic()
        floor.step()
        if values is not None:
            for n, value in enumerate(values):
                floor.coils[address - 16 + n] = bool(value)
                if floor.tell:
                    print("coil", address - 16 + n, "on" if value else "off", flush=True)
        elif function == 4:
            block = [half for count in floor.counters for half in (count & 0xFFFF, count >> 16)]
            registers[:] = (block + [0] * len(registers))[start : start + len(registers)]
        else:
            bits = floor.inputs() if function == 2 else [False] * 16 + floor.coils
            # pymodbus keeps sixteen bits in a word, the first one lowest.
            bits += [False] * (16 * len(registers))
            for word in range(len(registers)):
                registers[word] = sum(bits[16 * word + n] << n for n in range(16))

    bits = [SimData(0, count=32, values=False, datatype=DataType.BITS)]
    words = [SimData(0, count=16, values=0, datatype=DataType.REGISTERS)]
    device = SimDevice(1, simdata=(bits, bits, words, words), action=action)
    server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    await server.listen()
    print("listening", f"127.0.0.1:{server.transport.sockets[0].getsockname()[1]}", flush=True)
    threading.Thread(target=listen, daemon=True).start()
    while True:
        await asyncio.sleep(0.005)
        floor.step()


try:
    asyncio.run(main())
except RuntimeError:
    pass  # Whoever started us is gone.
