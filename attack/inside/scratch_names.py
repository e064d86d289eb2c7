"""Puts files of the attacker at every path that the toolbox uses.

scratch_names.py watch              print the names that appear in the toolbox's folders
scratch_names.py plant KIND ROUND NAME... put a link, a FIFO, a folder or a socket at each path
"""
import ctypes
import os
import re
import select
import socket
import struct
import sys
import time

from attacker import NAMES, SCRATCH, climb, libc, magic_folders, ready

FOLDERS = [SCRATCH, '/tmp', '/home/daytona', '/dev/shm']
CREATE, MOVED_TO, OPEN = 0x100, 0x80, 0x20


def watch():
    watcher = libc.inotify_init()
    paths = {}
    for folder in FOLDERS:
        number = libc.inotify_add_watch(watcher, folder.encode(), CREATE | MOVED_TO | OPEN)
        if number >= 0:
            paths[number] = folder
    ready()
    # The client kills this process when it has done its work.
    while select.select([watcher], [], []):
        events = os.read(watcher, 65536)
        while events:
            number, _, _, length = struct.unpack_from('iIII', events)
            name = events[16 : 16 + length].rstrip(b'\0').decode(errors='replace')
            if name:
                print(f'{paths[number]}/{name}', flush=True)
            events = events[16 + length :]


def targets(round_number):
    """One target on the host per round: through every descriptor, from every level, every name."""
    folders = list(magic_folders())
    folder = folders[round_number % len(folders)]
    depth = 4 - (round_number // len(folders)) % 4
    return [f'{folder}{climb(depth)}/{name}' for name in NAMES]


def later(path):
    """The next names of numbered files."""
    yield path
    for digits in re.findall(r'\d+', os.path.basename(path)):
        for step in range(1, 8):
            yield os.path.dirname(path) + '/' + os.path.basename(path).replace(digits, str(int(digits) + step), 1)


def plant(kind, paths, round_number):
    planted = 0
    choice = targets(round_number)
    for at, path in enumerate(dict.fromkeys(name for path in paths for name in later(path))):
        try:
            os.rename(path, f'{path}.was')
        except OSError:
            pass
        try:
            if kind == 'link':
                os.symlink(choice[at % len(choice)], path)
            elif kind == 'fifo':
                os.mkfifo(path)
            elif kind == 'folder':
                os.mkdir(path)
            elif kind == 'socket':
                socket.socket(socket.AF_UNIX).bind(path)
            planted += 1
        except OSError:
            continue
    print(planted)


if sys.argv[1] == 'watch':
    watch()
else:
    plant(sys.argv[2], sys.argv[4:], int(sys.argv[3]))
