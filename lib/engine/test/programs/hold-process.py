"""Traces the main thread of a process like a debugger, until end-of-file on standard input: meanwhile only SIGKILL has
an effect on that process. Prints "held" once it is stopped."""

import ctypes
import os
import sys

SEIZE, INTERRUPT = 0x4206, 0x4207
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
pid = int(sys.argv[1])
for request in (SEIZE, INTERRUPT):
    if libc.ptrace(request, pid, None, None) == -1:
        sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(pid, 0x40000000)
print("held", flush=True)
sys.stdin.read()
