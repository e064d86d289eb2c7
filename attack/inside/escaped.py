"""Starts processes that leave their session in every possible way: escaped.py MARK leave|kill.

Each one sleeps for MARK seconds. With `kill` they kill their ancestors and whatever has adopted them.
"""
import ctypes
import os
import subprocess
import sys

from attacker import call, is_arm, libc

mark = sys.argv[1]
sleep = ['/bin/sleep', mark]


def twice(action):
    """Run an action in a grandchild whose parent has exited."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            action()
        os._exit(0)
    os.wait()


def quietly():
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.closerange(3, 256)


null = os.open('/dev/null', os.O_RDWR)


def empty_environment():
    quietly()
    os.chdir('/')
    os.execve(sleep[0], sleep, {})


def foreign_environment():
    quietly()
    os.execve(sleep[0], sleep, {'SANDGLASS_SESSION': 'another', 'SANDGLASS_SANDBOX': 'another'})


def overwritten_environment():
    """Clear the memory of the environment while the process keeps running."""
    quietly()
    with open('/proc/self/stat') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    start, end = int(fields[47]), int(fields[48])
    ctypes.memset(start, 0, end - start)
    os.execve(sleep[0], sleep, {})


def undumpable():
    """Not inspectable until it executes another program."""
    libc.prctl(4, 0, 0, 0, 0)
    empty_environment()


def subreaper():
    """Adopts the orphans of a whole family."""
    libc.prctl(36, 1, 0, 0, 0)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            empty_environment()
        os._exit(0)
    empty_environment()


def without_parent():
    """Kills its ancestors."""
    parent = os.getppid()
    if os.fork() == 0:
        os.setsid()
        for pid in {parent, int(os.environ.get('PPID', '0'))} - {0, 1}:
            try:
                os.kill(pid, 9)
            except OSError:
                pass
        empty_environment()
    os._exit(0)


def forking():
    """Never the same process for long."""
    quietly()
    for _ in range(200):
        if os.fork() != 0:
            os._exit(0)
        os.setsid()
    os.execve(sleep[0], sleep, {})


def cloned_parent():
    """Becomes a sibling of its creator with CLONE_PARENT."""
    if call(220 if is_arm else 56, 0x8000 | 17, 0, 0, 0, 0) == 0:
        os.setsid()
        empty_environment()
    os._exit(0)


ways = {
    'leave': (empty_environment, foreign_environment, overwritten_environment, undumpable, subreaper, forking, cloned_parent),
    'kill': (without_parent,),
}
for action in ways[sys.argv[2]]:
    try:
        twice(action)
    except OSError as error:
        print(action.__name__, error)
