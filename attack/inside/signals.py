"""Sends signals to everything, from outside of every session: signals.py SIGNAL PID..."""
import os
import signal
import sys

from attacker import pids

which = getattr(signal, sys.argv[1])
if os.fork() != 0:
    os._exit(0)
os.setsid()
mine = os.getpid()
# Itself last, and not by -1: that one spares nobody.
for pid in [int(each) for each in sys.argv[2:]] or pids():
    if pid == mine:
        continue
    try:
        os.kill(pid, which)
    except OSError:
        pass
for group in range(1, 40) if len(sys.argv) == 2 else []:
    try:
        if group != os.getpgid(0):
            os.killpg(group, which)
    except OSError:
        pass
