"""Fills the home with everything that could break a copy, and swaps folders for links while the copy is made.

Arguments: paths of folders and files of the host.
"""
import os
import socket
import sys

from attacker import exchange, ready

home = '/home/daytona'
trap = f'{home}/trap'
os.makedirs(trap, exist_ok=True)
for number, target in enumerate(sys.argv[1:]):
    for name in (f'{trap}/link{number}', f'{home}/.profile{number}'):
        if not os.path.islink(name):
            os.symlink(target, name)
for name in ('one', 'two'):
    for depth in range(6):
        os.makedirs(f'{trap}/{name}/' + 'deeper/' * depth, exist_ok=True)
        with open(f'{trap}/{name}/' + 'deeper/' * depth + 'notes.txt', 'w') as file:
            file.write('harmless\n' * 2000)
if not os.path.exists(f'{trap}/fifo'):
    os.mkfifo(f'{trap}/fifo')
    socket.socket(socket.AF_UNIX).bind(f'{trap}/socket')
    os.link(f'{trap}/one/notes.txt', f'{trap}/second-name')
    os.mkdir(f'{trap}/closed', 0o000)
    with open(f'{trap}/closed-file', 'w') as file:
        file.write('x')
    os.chmod(f'{trap}/closed-file', 0o000)
    with open(f'{trap}/' + '-rf --checkpoint=1 --checkpoint-action=exec=sh', 'w') as file:
        file.write('a name like an option')
    with open(f'{trap}/new\nline', 'w') as file:
        file.write('x')
ready()
turn = 0
links = [f'{trap}/link{number}' for number in range(len(sys.argv) - 1)]
places = [f'{trap}/one', f'{trap}/one/deeper', f'{trap}/two/deeper/deeper', f'{trap}/one/notes.txt']
while True:
    for place in places:
        link = links[turn % len(links)]
        exchange(place, link)
        exchange(place, link)
    turn += 1
