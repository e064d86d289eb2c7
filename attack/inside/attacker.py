"""Shared code of the attacking programs inside a sandbox. It does not know the contents of the canaries."""
import ctypes
import errno
import os
import platform
import sys

libc = ctypes.CDLL(None, use_errno=True)
is_arm = platform.machine() == 'aarch64'
AT_FDCWD = -100
RENAME_EXCHANGE = 2
SCRATCH = '/run/sandglass'
# Names that an attacker could guess, in every folder between the state folder and the root of the host.
NAMES = ['notes.txt', 'root-only.txt', 'id_ed25519', 'authorized_keys', 'project/inside.txt']


def call(number, *arguments):
    """Make a system call by number. Raises OSError."""
    result = libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def exchange(one, other):
    """Swap two names atomically. Returns whether that worked."""
    return libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0


def climb(depth):
    return '/..' * depth


def magic_folders(most=12):
    """Folders whose meaning depends on the process that resolves them."""
    yield from (f'/proc/self/fd/{number}' for number in range(3, most))
    yield '/proc/self/cwd'
    yield '/proc/self/root'
    yield '/proc/thread-self/fd/3'
    yield '/proc/thread-self/cwd'
    yield '/dev/fd/3'
    yield '/proc/1/root'
    yield '/proc/1/cwd'
    yield '/proc/1/fd/3'
    yield '/proc/2/root'
    yield '/proc/2/cwd'
    yield '/proc/2/fd/3'


def pids():
    return sorted(int(name) for name in os.listdir('/proc') if name.isdigit())


def command_line(pid):
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as file:
            return file.read().replace(b'\0', b' ').decode(errors='replace').strip()
    except OSError:
        return ''


def descendants(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children') as file:
            children = [int(each) for each in file.read().split()]
    except OSError:
        return []
    return children + [each for child in children for each in descendants(child)]


def foreign_pids():
    """Processes that do not belong to the sandbox's user but serve the sandbox."""
    return [pid for pid in pids() if pid == 1 or command_line(pid).startswith(('/opt/sandglass', 'sandglass'))]


def ready():
    """Signal to the waiting client that the race has started."""
    with open(os.environ['READY'], 'w'):
        pass
