"""Runs inside a sandbox and tries to get out of it. Prints one JSON object: what worked.

Arguments: the folder of the data on the host, the port of a listener on the host's loopback, a secret text that must
not be found anywhere.
"""
import ctypes
import errno
import json
import os
import socket
import sys

data_dir, port, secret = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
libc = ctypes.CDLL(None, use_errno=True)
me = os.getpid()
descriptors = sorted(int(name) for name in os.listdir('/proc/self/fd'))
pids = sorted(int(name) for name in os.listdir('/proc') if name.isdigit())
found = {}


def command_line(pid):
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as file:
            return file.read().replace(b'\0', b' ').decode(errors='replace').strip()
    except OSError:
        return ''


# The init of the sandbox and the supervisors of programs. The toolbox has no entry at all.
hands = [pid for pid in pids if command_line(pid).startswith('/opt/sandglass-hand')]
assert 1 in hands and len(hands) > 1, hands
toolboxes = [pid for pid in pids if 'toolbox.cjs' in command_line(pid)]
if toolboxes:
    found['the toolbox among the processes'] = toolboxes


def attempt(name, action):
    """Record an attempt that succeeded."""
    try:
        result = action()
    except (OSError, ValueError):
        return
    if result is not None and result is not False:
        found[name] = str(result)[:200]


def syscall(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def read(path):
    def action():
        with open(path, 'rb') as file:
            return file.read(4096) or None

    return action


# Their descriptors are connected to the toolbox and its pipes.
for hand in hands:
    for name in ('environ', 'mem', 'auxv', 'maps', 'stack', 'syscall', 'io', 'pagemap'):
        attempt(f'read /proc/hand/{name}', read(f'/proc/{hand}/{name}'))
    for name in ('map_files', 'cwd', 'root'):
        attempt(f'list /proc/hand/{name}', lambda: os.listdir(f'/proc/{hand}/{name}') or None)
    for name in ('cwd', 'root', 'exe', 'ns/mnt', 'ns/net'):
        attempt(f'readlink /proc/hand/{name}', lambda: os.readlink(f'/proc/{hand}/{name}'))
    for number in range(80):
        attempt(f'open hand fd {number}', lambda: os.open(f'/proc/{hand}/fd/{number}', os.O_RDONLY))
        attempt(f'link of hand fd {number}', lambda: os.readlink(f'/proc/{hand}/fd/{number}'))
    attempt('ptrace a hand', lambda: libc.ptrace(16, hand, 0, 0) == 0)
buffer = ctypes.create_string_buffer(16)


class Vector(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]


local = Vector(ctypes.cast(buffer, ctypes.c_void_p), 16)
remote = Vector(ctypes.c_void_p(0x400000), 16)
for hand in hands:
    attempt('process_vm_readv', lambda: syscall(310, hand, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0))


def steal_descriptor(hand):
    handle = syscall(434, hand, 0)
    for number in range(80):
        try:
            return syscall(438, handle, number, 0)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EBADF):
                raise
    return None


for hand in hands:
    attempt('pidfd_getfd', lambda: steal_descriptor(hand))

# Every other process: from a descriptor of a folder outside, ".." would lead out.
for pid in pids:
    if pid == me or pid in hands:
        continue
    attempt(f'host folder through /proc/{pid}/root', lambda: os.listdir(f'/proc/{pid}/root{data_dir}'))
    try:
        names = os.listdir(f'/proc/{pid}/fd')
    except OSError:
        continue
    for name in names:
        attempt(f'folder behind fd {name} of {pid}', lambda: os.listdir(f'/proc/{pid}/fd/{name}/..'))

# Host files by path.
for path in (data_dir, f'{data_dir}/api-key', f'{data_dir}/sandboxes', '/etc/shadow', '/root/.ssh'):
    attempt(f'stat {path}', lambda: os.stat(path) and path)
for path in ('/run/keeper', '/run/keeper/runs', '/run/keeper/toolbox.sock', '/run/sandglass/../keeper/sessions'):
    attempt(f'list {path}', lambda: os.listdir(path) or path)
    attempt(f'open {path}', lambda: os.open(path, os.O_RDONLY))
for name in ('setup', 'named/setup-bash', 'named/x'):
    attempt(f'make {name}', lambda: os.symlink('/proc/self/fd/3/../../x', f'/run/sandglass/{name}') is None)
attempt('dot dot from home', lambda: os.path.exists('/home/daytona/../../..' + data_dir) or None)

# Names and secrets of the host in readable process information.
for pid in pids:
    for name in ('cmdline', 'environ'):
        try:
            with open(f'/proc/{pid}/{name}', 'rb') as file:
                if pid != me and secret in file.read():
                    found[f'secret in {name} of {pid}'] = command_line(pid)
        except OSError:
            continue
strangers = [command_line(pid) for pid in pids if pid != me and pid not in hands]
found_processes = [line for line in strangers if 'vitest' in line or 'slirp4netns' in line or 'engine.mjs' in line]
if found_processes:
    found['processes of the host'] = found_processes

# The host's loopback, and the toolbox's socket.
for host in ('127.0.0.1', '10.0.2.2', 'localhost', '::1'):
    def reach():
        socket.create_connection((host, port), timeout=2).close()
        return True

    attempt(f'connect {host}', reach)
with open('/proc/net/unix') as file:
    for line in file.read().splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8:
            continue
        address = fields[7]

        def connect():
            client = socket.socket(socket.AF_UNIX)
            client.connect(('\0' + address[1:]) if address.startswith('@') else address)
            client.sendall(b'GET /version HTTP/1.1\r\nHost: toolbox\r\nConnection: close\r\n\r\n')
            return client.recv(100)

        attempt(f'unix socket {address}', connect)

# Privileges.
CLONE_NEWUSER = 0x10000000
attempt('new user namespace', lambda: libc.unshare(CLONE_NEWUSER) == 0)
attempt('mount', lambda: libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0)
attempt('unmount', lambda: libc.umount2(b'/home/daytona', 2) == 0)
attempt('remount', lambda: libc.mount(None, b'/', None, 32, None) == 0)
attempt('chroot', lambda: os.chroot('/tmp') is None)
attempt('setuid 0', lambda: os.setuid(0) is None)
attempt('setgroups', lambda: os.setgroups([0]) is None)
attempt('mknod', lambda: os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0)) is None)
attempt('set the host name', lambda: libc.sethostname(b'x', 1) == 0)
for path in ('/x', '/usr/x', '/etc/x', '/bin/x', '/opt/x', '/opt/sandglass/x', '/dev/x', '/run/x', '/run/sandglass/x', '/run/sandglass/named/x', '/run/keeper/x', '/home/x', '/var/x'):
    attempt(f'write {path}', lambda: os.close(os.open(path, os.O_CREAT | os.O_WRONLY)) is None)
for path in ('/etc/passwd', '/etc/resolv.conf', '/usr/bin/env', '/opt/sandglass/toolbox.cjs', '/opt/sandglass-node'):
    attempt(f'change {path}', lambda: os.close(os.open(path, os.O_WRONLY)) is None)
for path in ('/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches'):
    attempt(f'write {path}', lambda: os.close(os.open(path, os.O_WRONLY)) is None)

with open('/proc/self/status') as file:
    status = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
print(
    json.dumps(
        {
            'found': found,
            'capabilities': sorted({status[name] for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')}),
            'noNewPrivileges': status['NoNewPrivs'],
            'uid': os.getuid(),
            'groups': os.getgroups(),
            'descriptors': descriptors,
        }
    )
)
