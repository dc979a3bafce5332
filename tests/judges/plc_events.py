"""A PLC by docs/plc/markwright.v1.md on a Modbus server that is not ours.

plc_events.py tcp | rtu_over_tcp | serial DEVICE | pymodbustcp
Says "listening ADDRESS", then "pass TAG" and "command BITS" as they are taken up. Hears lines:
"event KIND TAG", "beats 0|1", "boot N".
"""
import asyncio
import sys
import threading

MODE = sys.argv[1]


class Plc:
    def __init__(self):
        self.input = [0] * 125
        self.holding = [0] * 28
        self.input[0], self.input[1], self.input[3] = 1, 4711, 1
        self.beats = True
        self.lock = threading.RLock()

    def scan(self):
        if self.beats:
            self.input[2] = (self.input[2] + 1) & 0xFFFF
        if self.holding[2] != self.input[4]:
            self.input[4] = self.holding[2]
            print("command", self.holding[1], flush=True)
        while self.input[5] != self.holding[3]:
            number = (self.input[5] + 1) & 0xFFFF
            high, low, verdict = self.holding[4 + number % 8 * 3 :][:3]
            assert verdict == 1
            print("pass", high << 16 | low, flush=True)
            self.input[5] = number

    def read(self, address, count):
        with self.lock:
            self.scan()
            return self.input[address : address + count]

    def write(self, address, values):
        with self.lock:
            self.holding[address : address + len(values)] = values
            self.scan()

    def told(self, line):
        word, *numbers = line.split()
        numbers = [int(number) for number in numbers]
        with self.lock:
            if word == "event":
                number = (self.input[28] + 1) & 0xFFFF
                at = 29 + number % 32 * 3
                self.input[at : at + 3] = [numbers[0], numbers[1] >> 16, numbers[1] & 0xFFFF]
                self.input[28] = number
            elif word == "beats":
                self.beats = bool(numbers[0])
            elif word == "boot":
                self.input[1] = numbers[0]


def listen(plc):
    for line in sys.stdin:
        plc.told(line)
    # Whoever started us is gone.
    import os

    os._exit(0)


async def pymodbus(plc):
    from pymodbus import FramerType
    from pymodbus.server import ModbusSerialServer, ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    async def action(function, start, address, count, registers, values):
        if values is None:
            block = plc.read(0, 125) if function == 4 else plc.holding
            for n in range(count):
                registers[address - start + n] = block[address + n]
        else:
            plc.write(address, list(values))

    bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
    words = lambda count: [SimData(0, count=count, values=0, datatype=DataType.REGISTERS)]
    device = SimDevice(1, simdata=(bits, bits, words(28), words(125)), action=action)
    if MODE == "serial":
        server = ModbusSerialServer(device, framer=FramerType.RTU, port=sys.argv[2], baudrate=115200, parity="N")
        await server.listen()
        print("listening", sys.argv[2], flush=True)
    else:
        framer = FramerType.SOCKET if MODE == "tcp" else FramerType.RTU
        server = ModbusTcpServer(device, framer=framer, address=("127.0.0.1", 0))
        await server.listen()
        port = server.transport.sockets[0].getsockname()[1]
        print("listening", f"127.0.0.1:{port}", flush=True)
    await server.serving


def pymodbustcp(plc):
    from pyModbusTCP.server import DataBank, ModbusServer

    class Bank(DataBank):
        def get_input_registers(self, address, number=1, srv_info=None):
            return plc.read(address, number) if address + number <= 125 else None

        def set_holding_registers(self, address, word_list, srv_info=None):
            if address + len(word_list) > 28:
                return None
            plc.write(address, list(word_list))
            return True

    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=Bank())
    server.start()
    print("listening", f"127.0.0.1:{port}", flush=True)
    threading.Event().wait()


plc = Plc()
threading.Thread(target=listen, args=(plc,), daemon=True).start()
if MODE == "pymodbustcp":
    pymodbustcp(plc)
else:
    asyncio.run(pymodbus(plc))
