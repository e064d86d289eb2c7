"""Run a command with a session keyring that holds a secret: with-keyring.py SECRET COMMAND [ARGUMENT]..."""
import ctypes
import os
import platform
import sys

secret, command = sys.argv[1].encode(), sys.argv[2:]
add_key, keyctl = (248, 250) if platform.machine() == 'x86_64' else (217, 219)
JOIN_SESSION_KEYRING, SESSION_KEYRING = 1, -3
libc = ctypes.CDLL(None)
# A kernel without keyrings has none to leak.
if libc.syscall(keyctl, JOIN_SESSION_KEYRING, None) >= 0:
    libc.syscall(add_key, b'user', b'of-the-engine', secret, len(secret), SESSION_KEYRING)
os.execvp(command[0], command)
