"""Tries what no program inside should be able to do: access to other processes, keys, rarely used parts of the kernel.

Prints one line of JSON: forbidden actions that worked, and everything that could be read.
"""
import ctypes
import fcntl
import glob
import json
import os
import re
import signal
import socket
import stat
import struct
import sys
import time

from attacker import NAMES, call, climb, command_line, descendants, foreign_pids, is_arm, libc, pids

got = {}
read = []


def attempt(name, action):
    """Record an action that worked. Refusals are expected."""
    try:
        result = action()
    except (OSError, ValueError, OverflowError, AttributeError):
        return
    if result is not None and result is not False:
        got[name] = str(result)[:120]


def apart(name, action):
    """Like `attempt`, in a child process, because a successful action would change this one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            result = action()
            if result is not None and result is not False:
                os.write(writing, str(result)[:120].encode())
        except BaseException:
            pass
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, 'rb') as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    if text:
        got[name] = text.decode(errors='replace')


def number(intel, arm):
    return arm if is_arm else intel


# ── other processes ──
mine = {os.getpid(), os.getppid(), *descendants(os.getpid())}
foreign = foreign_pids()
PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_DETACH = 16, 0x4206, 17


def trace(pid, request):
    if libc.ptrace(request, pid, 0, 0) != 0:
        return False
    if request == PTRACE_ATTACH:
        os.waitpid(pid, 0x40000000)
    libc.ptrace(PTRACE_DETACH, pid, 0, 0)
    return True


class Vector(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]


def copy_memory(pid, system_call, address):
    buffer = ctypes.create_string_buffer(16)
    local, remote = Vector(ctypes.cast(buffer, ctypes.c_void_p), 16), Vector(address, 16)
    return call(system_call, pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)


def first_address(pid):
    with open(f'/proc/{pid}/maps') as file:
        return int(file.readline().split('-')[0], 16)


def steal(pid):
    handle = call(434, pid, 0)
    taken = []
    try:
        for descriptor in range(0, 64):
            try:
                copy = call(438, handle, descriptor, 0)
            except OSError:
                continue
            taken.append(f'{descriptor}={os.readlink(f"/proc/self/fd/{copy}")}')
            os.close(copy)
    finally:
        os.close(handle)
    return taken or None


for pid in foreign:
    name = f'process {pid} ({command_line(pid).split(" ")[0]})'
    for request, what in ((PTRACE_ATTACH, 'attach'), (PTRACE_SEIZE, 'seize')):
        apart(f'{what} to {name}', lambda: trace(pid, request))
    attempt(f'read the memory of {name}', lambda: copy_memory(pid, number(310, 270), first_address(pid)))
    attempt(f'write the memory of {name}', lambda: copy_memory(pid, number(311, 271), first_address(pid)))
    attempt(f'take descriptors of {name}', lambda: steal(pid))
    for entry in ('mem', 'environ', 'maps', 'stack', 'syscall', 'auxv', 'pagemap', 'clear_refs', 'io', 'personality'):
        try:
            with open(f'/proc/{pid}/{entry}', 'rb') as file:
                read.append(f'{entry}: {file.read(2000)}')
                # The environment of an init only contains a mark; the canaries show whether it contains a secret.
                if entry not in ('environ', 'maps', 'io', 'auxv', 'personality'):
                    got[f'open {entry} of {name}'] = 'yes'
        except (OSError, ValueError):
            pass
    for entry in ('mem', 'oom_score_adj', 'clear_refs', 'coredump_filter', 'comm', 'sched', 'autogroup', 'uid_map', 'setgroups'):
        attempt(f'open {entry} of {name} for writing', lambda: os.close(os.open(f'/proc/{pid}/{entry}', os.O_WRONLY)) is None)
    attempt(f'change the timer of {name}', lambda: os.write(os.open(f'/proc/{pid}/timerslack_ns', os.O_WRONLY), b'60000') > 0)
    for entry in ('cwd', 'root', 'exe', 'ns/mnt', 'ns/net', 'ns/pid', 'ns/user'):
        attempt(f'follow {entry} of {name}', lambda: os.readlink(f'/proc/{pid}/{entry}'))
        apart(f'enter {entry} of {name}', lambda: libc.setns(os.open(f'/proc/{pid}/{entry}', os.O_RDONLY), 0) == 0)
    for entry in ('fd', 'map_files', f'task/{pid}/fd'):
        attempt(f'list {entry} of {name}', lambda: os.listdir(f'/proc/{pid}/{entry}') or None)

# ── every path upwards from any open file ──
ways = []
for pid in pids():
    for entry in ('cwd', 'root', 'exe'):
        ways.append(f'/proc/{pid}/{entry}')
    try:
        tasks = os.listdir(f'/proc/{pid}/task')
    except OSError:
        tasks = []
    for task in tasks[:4]:
        for number_of in range(0, 24):
            ways.append(f'/proc/{pid}/task/{task}/fd/{number_of}')
        ways.append(f'/proc/{pid}/task/{task}/cwd')
for way in ways:
    for depth in range(0, 5):
        for name in NAMES:
            try:
                with open(f'{way}{climb(depth)}/{name}', 'rb') as file:
                    read.append(f'{way}{climb(depth)}/{name}: {file.read(200)}')
            except OSError:
                continue
    try:
        read.append(f'{way}: {os.listdir(way + climb(1))[:50]}')
    except OSError:
        pass

# ── descriptors that this program has inherited ──
def beyond(descriptor):
    """Descriptors and signals of the process at the other end of a socket, which the kernel identifies across namespaces."""
    with socket.socket(fileno=os.dup(descriptor)) as inherited:
        if inherited.family != socket.AF_UNIX:
            return False
        handle = inherited.getsockopt(socket.SOL_SOCKET, 77)
    taken = []
    for number_of in range(64):
        try:
            copy = call(438, handle, number_of, 0)
        except OSError:
            continue
        taken.append(f'{number_of}={os.readlink(f"/proc/self/fd/{copy}")}')
        for name in NAMES:
            try:
                read.append(open(f'/proc/self/fd/{copy}/../{name}').read(200))
            except OSError:
                pass
    try:
        call(424, handle, signal.SIGURG, None, 0)
        taken.append('a signal')
    except OSError:
        pass
    apart('the namespaces of the other end', lambda: libc.setns(handle, 0x20000) == 0)
    return taken or None


for name in os.listdir('/proc/self/fd'):
    try:
        target = os.readlink(f'/proc/self/fd/{name}')
    except OSError:
        continue
    if target.startswith('socket:'):
        attempt(f'the other end of inherited descriptor {name}', lambda: beyond(int(name)))
        continue
    kind = os.stat(f'/proc/self/fd/{name}').st_mode
    if stat.S_ISFIFO(kind) or stat.S_ISCHR(kind) or target.startswith(('/proc/', '/tmp/found.')) or 'kernel_surface' in target:
        continue
    got[f'inherited descriptor {name}'] = target

# ── keys ──
SESSION_KEYRING = -3
for keyring in (-1, -2, -3, -4, -5):
    attempt(f'keyctl describe {keyring}', lambda: call(number(250, 219), 6, keyring, None, 0) > 0)
attempt('add_key', lambda: call(number(248, 217), b'user', b'intruder', b'x', 1, SESSION_KEYRING) > 0)
attempt('request_key', lambda: call(number(249, 218), b'user', b'of-the-engine', None, 0) > 0)


def read_keys():
    buffer = ctypes.create_string_buffer(4096)
    size = call(number(250, 219), 11, SESSION_KEYRING, buffer, 4096)
    for at in range(0, size, 4):
        key = struct.unpack_from('i', buffer, at)[0]
        text = ctypes.create_string_buffer(4096)
        length = call(number(250, 219), 11, key, text, 4096)
        read.append(f'key: {text.raw[:length]}')
    return size


attempt('read the session keyring', read_keys)
for name in ('/proc/keys', '/proc/key-users'):
    try:
        with open(name) as file:
            for line in file.read().splitlines():
                read.append(line)
                if 'of-the-engine' in line:
                    got[f'a key of the engine in {name}'] = line
    except OSError:
        pass

# ── parts of the kernel that ordinary programs do not need ──
attempt('io_uring_setup', lambda: call(425, 8, ctypes.create_string_buffer(120)) >= 0)
attempt('userfaultfd', lambda: call(number(323, 282), 1) >= 0)
attempt('bpf', lambda: call(number(321, 280), 0, struct.pack('IIIII', 2, 4, 4, 1, 0) + bytes(100), 72) >= 0)
attempt('perf_event_open', lambda: call(number(298, 241), struct.pack('IIQ', 1, 120, 0) + bytes(104), 0, -1, -1, 0) >= 0)
attempt('fanotify_init', lambda: call(number(300, 262), 0, 0) >= 0)
attempt('kcmp with init', lambda: call(number(312, 272), os.getpid(), 1, 0, 0, 0) >= 0)
attempt('open_by_handle_at', lambda: call(number(304, 265), -100, ctypes.create_string_buffer(struct.pack('Ii', 8, 1) + bytes(8)), 0) >= 0)
for flag, name in ((0x10000000, 'user'), (0x20000, 'mount'), (0x40000000, 'network'), (0x20000000, 'pid'), (0x08000000, 'ipc'), (0x04000000, 'uts'), (0x02000000, 'cgroup'), (0x80, 'time')):
    apart(f'unshare the {name} namespace', lambda: libc.unshare(flag) == 0)
    if flag > 0xFF:
        apart(f'clone with a new {name} namespace', lambda: call(number(56, 220), flag | signal.SIGCHLD, 0, 0, 0, 0) > 0)
    apart(f'clone3 with a new {name} namespace', lambda: call(435, struct.pack('11Q', flag, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0), 88) > 0)
for entry in ('mnt', 'net', 'pid', 'user', 'uts', 'ipc', 'cgroup', 'time'):
    apart(f'setns into its own {entry}', lambda: libc.setns(os.open(f'/proc/self/ns/{entry}', os.O_RDONLY), 0) == 0)
apart('mount', lambda: libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0)
apart('bind mount', lambda: libc.mount(b'/tmp', b'/home/daytona', None, 4096, None) == 0)
apart('remount', lambda: libc.mount(None, b'/', None, 32, None) == 0)
apart('move a mount', lambda: libc.mount(b'/tmp', b'/home/daytona', None, 8192, None) == 0)
for mounted in ('/', '/proc', '/home/daytona', '/tmp', '/run/sandglass', '/opt/sandglass', '/dev', '/run'):
    apart(f'unmount {mounted}', lambda: libc.umount2(mounted.encode(), 2) == 0)
apart('pivot_root', lambda: call(number(155, 41), b'/tmp', b'/tmp') == 0)
apart('open_tree', lambda: call(428, -100, b'/tmp', 1) >= 0)
apart('fsopen', lambda: call(430, b'tmpfs', 0) >= 0)
apart('mount_setattr', lambda: call(442, -100, b'/tmp', 0, bytes(32), 32) == 0)
apart('chroot', lambda: os.chroot('/tmp') is None)
apart('setuid 0', lambda: os.setuid(0) is None)
apart('setgroups', lambda: os.setgroups([0]) is None)
apart('device of a disk', lambda: os.mknod('/tmp/intruder-disk', 0o60600, os.makedev(8, 0)) is None)
apart('device of memory', lambda: os.mknod('/tmp/intruder-mem', 0o20600, os.makedev(1, 1)) is None)
apart('host name', lambda: libc.sethostname(b'intruder', 8) == 0)
apart('domain name', lambda: libc.setdomainname(b'intruder', 8) == 0)
now = struct.pack('qq', int(time.time()), 0)
apart('clock', lambda: call(number(227, 112), 0, now) == 0)
apart('time of day', lambda: call(number(164, 170), now, None) == 0)
apart('kernel log', lambda: libc.klogctl(3, ctypes.create_string_buffer(4096), 4096) > 0)
apart('module', lambda: call(number(175, 105), b'', 0, b'') == 0)
apart('swap', lambda: libc.swapoff(b'/tmp') == 0)
apart('accounting', lambda: libc.acct(None) == 0)
if not is_arm:
    apart('ports of the machine', lambda: call(172, 3) == 0)
apart('negative out-of-memory preference', lambda: os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000') > 0)
apart('higher limit of processes', lambda: call(number(302, 261), 0, 6, struct.pack('QQ', 2**40, 2**40), None) == 0)
apart('real-time scheduling', lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10)) is None)
apart('higher priority', lambda: os.nice(-5) < 0)

# ── files of the kernel ──
for name in (
    '/proc/sys/kernel/core_pattern',
    '/proc/sys/kernel/hostname',
    '/proc/sys/kernel/modprobe',
    '/proc/sys/fs/binfmt_misc/register',
    '/proc/sys/vm/drop_caches',
    '/proc/sys/net/ipv4/ip_forward',
    '/proc/sysrq-trigger',
    '/proc/kcore',
    '/proc/kmsg',
    '/sys/kernel/uevent_helper',
    '/sys/power/state',
    '/dev/mem',
    '/dev/kmsg',
    '/dev/fuse',
    '/dev/kvm',
    '/dev/net/tun',
    '/dev/vda',
    '/dev/loop-control',
):
    attempt(f'write to {name}', lambda: os.close(os.open(name, os.O_WRONLY | os.O_NONBLOCK)) is None)
for name in ('/proc/kcore', '/proc/kmsg', '/dev/mem', '/dev/kmsg', '/dev/vda', '/etc/shadow'):
    attempt(f'read {name}', lambda: os.read(os.open(name, os.O_RDONLY | os.O_NONBLOCK), 10) or None)
for folder, _, names in os.walk('/sys'):
    for name in names:
        path = f'{folder}/{name}'
        if os.path.islink(path):
            continue
        if os.access(path, os.W_OK):
            attempt(f'write to {path}', lambda: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK)) is None)
# Settings of its own namespaces may be writable.
namespaced = re.compile('/proc/sys/(fs/mqueue/|kernel/(auto_msgmni|msg|sem|shm|ns_last_pid|pid_max|next_id)|kernel/.*_next_id|net/|user/)')
for folder, folders, names in os.walk('/proc/sys'):
    for name in names:
        if not namespaced.match(f'{folder}/{name}') and os.access(f'{folder}/{name}', os.W_OK):
            attempt(f'write to {folder}/{name}', lambda: os.close(os.open(f'{folder}/{name}', os.O_WRONLY)) is None)
for folder in ('/', '/usr', '/etc', '/bin', '/opt', '/opt/sandglass', '/dev', '/run', '/run/sandglass', '/home', '/var', '/proc'):
    attempt(f'make a file in {folder}', lambda: os.close(os.open(f'{folder}/intruder', os.O_CREAT | os.O_WRONLY)) is None)
for name in ('/etc/passwd', '/etc/resolv.conf', '/usr/bin/env', '/opt/sandglass/toolbox.cjs', '/opt/sandglass-node'):
    attempt(f'change {name}', lambda: os.close(os.open(name, os.O_WRONLY)) is None)

# ── terminals, sockets, shared memory ──
# In a terminal of its own, /dev/tty is that terminal.
if not os.isatty(0):
    attempt('controlling terminal of the engine', lambda: os.open('/dev/tty', os.O_RDWR))
for family, kind, name in ((17, 3, 'packet'), (2, 3, 'raw'), (10, 3, 'raw IPv6'), (40, 1, 'vsock'), (15, 3, 'key'), (21, 5, 'rds'), (30, 1, 'tipc'), (29, 3, 'can')):
    attempt(f'{name} socket', lambda: socket.socket(family, kind))


def set_link_down():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        request = struct.pack('IHHII', 32, 16, 5, 1, 0) + struct.pack('BBHiII', 0, 0, 0, 1, 0, 1)
        netlink.send(request)
        answer = netlink.recv(4096)
        return struct.unpack_from('i', answer, 16)[0] == 0


attempt('change a network interface', set_link_down)
with open('/proc/net/unix') as file:
    for line in file.read().splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8:
            continue

        def connect():
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(2)
            client.connect('\0' + fields[7][1:] if fields[7].startswith('@') else fields[7])
            client.sendall(b'GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
            return client.recv(200)

        attempt(f'socket {fields[7]}', connect)
        read.append(line)
for name in ('/proc/sysvipc/shm', '/proc/sysvipc/sem', '/proc/sysvipc/msg'):
    try:
        with open(name) as file:
            if len(file.readlines()) > 1:
                got[f'shared memory of others in {name}'] = 'yes'
    except OSError:
        pass
with open('/proc/self/status') as file:
    status = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
    if status[name] != '0' * 16:
        got[name] = status[name]
if status['NoNewPrivs'] != '1':
    got['privileges through set-uid programs'] = 'yes'
if status.get('Seccomp') != '2':
    got['every system call (no filter)'] = f'Seccomp {status.get("Seccomp")}'
for pid in pids():
    for name in ('environ', 'cmdline', 'cgroup', 'mountinfo', 'maps'):
        try:
            with open(f'/proc/{pid}/{name}', 'rb') as file:
                read.append(file.read(100_000).decode(errors='replace'))
        except OSError:
            pass
read.append(str(dict(os.environ)))

print(json.dumps({'got': got, 'read': read}))
