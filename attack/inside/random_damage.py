"""Does random damage inside a sandbox that clients use: random_damage.py SEED. Counts its actions in ~/.damage."""
import json
import os
import random
import signal
import socket
import stat
import sys

from attacker import NAMES, SCRATCH, climb, command_line, descendants, exchange, foreign_pids, libc, magic_folders, pids, ready

home = '/home/daytona'
folders = [SCRATCH, '/tmp', home, f'{home}/fuzz', '/dev/shm', '/run', '/run/keeper']
targets = [f'{folder}{climb(depth)}' for folder in magic_folders(8) for depth in range(5)]
own = {'.damage', 'attacker.py', 'random_damage.py', '__pycache__', 'random_damage.py.ready', 'random_damage.py.log', 'stop'}
done = {}
chance = random.Random(int(sys.argv[1]))


def some_name():
    folder = chance.choice(folders)
    names = [name for name in os.listdir(folder) if name not in own]
    made = f'intruder-{chance.randrange(20)}'
    return f'{folder}/{chance.choice([*names, made])}'


def put_away(path):
    try:
        os.rename(path, f'/tmp/intruder-was-{chance.randrange(50)}')
    except OSError:
        pass


def link():
    path = some_name()
    put_away(path)
    os.symlink(f'{chance.choice(targets)}/{chance.choice(NAMES)}', path)


def hard_link():
    path = some_name()
    os.link(some_name(), path)


def fifo():
    path = some_name()
    put_away(path)
    os.mkfifo(path)


def unix_socket():
    path = some_name()
    put_away(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)


def folder():
    path = some_name()
    put_away(path)
    os.mkdir(path, chance.choice([0o700, 0o000, 0o777]))


def exchanges():
    place, other = f'{home}/fuzz', f'{home}/intruder-link'
    if not os.path.lexists(place):
        os.mkdir(place)
    if not os.path.lexists(other):
        os.symlink(chance.choice(targets), other)
    for _ in range(2 * chance.randrange(1, 40)):
        exchange(place, other)
    if not os.path.islink(place):
        os.unlink(other)


def device():
    kind, number = chance.choice([(stat.S_IFBLK, os.makedev(8, 0)), (stat.S_IFCHR, os.makedev(1, 1)), (stat.S_IFCHR, os.makedev(10, 200))])
    os.mknod(some_name(), kind | 0o600, number)


def mounts():
    where = chance.choice([b'/tmp', b'/home/daytona', b'/run/sandglass', b'/run/keeper', b'/proc', b'/'])
    how = chance.randrange(5)
    if how == 0:
        libc.mount(b'none', where, b'tmpfs', 0, None)
    elif how == 1:
        libc.mount(b'/tmp', where, None, 4096, None)
    elif how == 2:
        libc.umount2(where, 2)
    elif how == 3:
        libc.mount(None, where, None, 32, None)
    elif os.fork() == 0:
        libc.unshare(0x10020000)
        os._exit(0)


def signals():
    """Processes that serve the sandbox get every signal; programs only those after which they can still respond or exit."""
    foreign = set(foreign_pids())
    mine = {os.getpid(), *descendants(os.getpid())}
    pid = chance.choice([each for each in [*pids(), 1, 2, -2**31 + 1] if each not in mine])
    if pid in foreign:
        which = chance.choice([signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGURG, signal.SIGSEGV])
        # If they were always killed, there would be little left to disturb.
        if which == signal.SIGKILL and chance.random() < 0.9:
            which = signal.SIGSTOP
    else:
        which = chance.choice([signal.SIGURG, signal.SIGWINCH, signal.SIGCONT, signal.SIGURG, signal.SIGTERM])
        if which == signal.SIGTERM and chance.random() < 0.8:
            which = signal.SIGWINCH
    os.kill(pid, which)


def noise():
    """Write bytes into the descriptors of other processes: output, status reports, input."""
    pid = chance.choice(pids())
    if pid == os.getpid():
        return
    number = chance.choice(os.listdir(f'/proc/{pid}/fd'))
    descriptor = os.open(f'/proc/{pid}/fd/{number}', os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(descriptor, chance.randbytes(chance.choice([1, 20, 5_000])))
    finally:
        os.close(descriptor)


def theft():
    """Read bytes from the descriptors of other processes."""
    pid = chance.choice(pids())
    number = chance.choice(os.listdir(f'/proc/{pid}/fd'))
    descriptor = os.open(f'/proc/{pid}/fd/{number}', os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.read(descriptor, 100)
    finally:
        os.close(descriptor)


def clean_up():
    """A full home would only obstruct this program itself."""
    for base in (home, '/tmp'):
        for name in os.listdir(base):
            if name.startswith('intruder') and chance.random() < 0.5:
                os.system(f'chmod -R u+rwx {base}/{name} 2>/dev/null; rm -rf {base}/{name}')


signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.nice(10)
actions = [link, hard_link, fifo, unix_socket, folder, exchanges, device, mounts, signals, noise, theft]
ready()
turn = 0
while True:
    act = chance.choice(actions)
    try:
        act()
        done[act.__name__] = done.get(act.__name__, 0) + 1
    except (OSError, IndexError):
        # A refusal is expected; the attempt counts.
        done[act.__name__] = done.get(act.__name__, 0) + 1
    turn += 1
    if turn % 20 == 1:
        try:
            clean_up()
            with open(f'{home}/.damage.new', 'w') as file:
                json.dump(done, file)
            os.rename(f'{home}/.damage.new', f'{home}/.damage')
        except OSError:
            pass
    os.sched_yield()
    libc.usleep(1000)
