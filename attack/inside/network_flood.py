"""Sends as many datagrams as possible: network_flood.py ADDRESS SECONDS. Prints its own CPU time."""
import os
import socket
import sys
import time

until = time.monotonic() + float(sys.argv[2])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
    while time.monotonic() < until:
        try:
            flood.sendto(b'x' * 30, (sys.argv[1], 9))
        except OSError:
            continue
times = os.times()
print(times.user + times.system)
