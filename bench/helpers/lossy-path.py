"""Carries IP packets between two TUN devices as a long line does that loses some: each direction has a rate, a delay, a buffer
in front of it that drops what does not fit, and a share of packets that it loses by chance, the same ones in every run.

    lossy-path.py NEAR FAR BYTES_PER_SECOND DELAY_SECONDS LOSS BUFFER_BYTES

Says "open" when the devices are there, and at the end of its input in one line of JSON what has passed.
"""
import collections
import contextlib
import fcntl
import json
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
LARGEST_PACKET = 65536


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    return device


class Direction:
    def __init__(self, source, target, rate, delay, loss, buffer_bytes, seed):
        self.source, self.target = source, target
        self.rate, self.delay, self.loss, self.buffer_bytes = rate, delay, loss, buffer_bytes
        self.chance = random.Random(seed).random
        self.packets = collections.deque()
        self.free_at = 0.0
        self.passed_bytes = self.passed = self.lost = self.dropped = 0

    def take(self):
        for _ in range(64):
            try:
                packet = os.read(self.source, LARGEST_PACKET)
            except BlockingIOError:
                return
            now = time.monotonic()
            if self.chance() < self.loss:
                self.lost += 1
            elif (self.free_at - now) * self.rate > self.buffer_bytes:
                self.dropped += 1
            else:
                self.free_at = max(now, self.free_at) + len(packet) / self.rate
                self.packets.append((self.free_at + self.delay, packet))

    def give(self, now):
        while self.packets and self.packets[0][0] <= now:
            packet = self.packets.popleft()[1]
            os.write(self.target, packet)
            self.passed += 1
            self.passed_bytes += len(packet)


def main():
    near, far = open_device(sys.argv[1]), open_device(sys.argv[2])
    line = [float(argument) for argument in sys.argv[3:]]
    directions = [Direction(near, far, *line, seed=1), Direction(far, near, *line, seed=2)]
    print("open", flush=True)
    sources = {direction.source: direction for direction in directions}
    while True:
        due = min((direction.packets[0][0] for direction in directions if direction.packets), default=None)
        wait = None if due is None else max(0.0, due - time.monotonic())
        ready = select.select([sys.stdin, *sources], [], [], wait)[0]
        if sys.stdin in ready:
            break
        for source in ready:
            sources[source].take()
        now = time.monotonic()
        for direction in directions:
            direction.give(now)
    counts = ("passed", "passed_bytes", "lost", "dropped")
    passed = [{count: getattr(direction, count) for count in counts} for direction in directions]
    # Nobody listens any more when the benchmark was broken off.
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(passed), flush=True)


main()
