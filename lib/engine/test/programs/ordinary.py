"""Does what ordinary Python programs do; prints "fine" if all of it works."""

import asyncio
import fcntl
import mmap
import multiprocessing
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import shared_memory


async def talk():
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    assert await reader.read() == b""
    writer.close()
    process = await asyncio.create_subprocess_exec("echo", "hello", stdout=subprocess.PIPE)
    assert (await process.communicate())[0] == b"hello\n"


def square(number):
    return number * number


def main():
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(square, [1, 2, 3]) == [1, 4, 9]
    with ProcessPoolExecutor(2) as pool, ThreadPoolExecutor(8) as threads:
        assert list(pool.map(square, [2])) == list(threads.map(square, [2])) == [4]
    queue = multiprocessing.Queue()
    queue.put("x")
    assert queue.get() == "x"
    memory = shared_memory.SharedMemory(create=True, size=64)
    memory.close()
    memory.unlink()
    asyncio.run(talk())
    started = threading.Event()
    threading.Thread(target=started.set).start()
    assert started.wait()
    with tempfile.TemporaryFile() as file:
        file.truncate(8192)
        fcntl.lockf(file, fcntl.LOCK_EX)
        mmap.mmap(file.fileno(), 8192)[0:2] = b"ab"
        os.sendfile(os.memfd_create("copy"), file.fileno(), 0, 2)
    os.mkfifo("ordinary-fifo")
    assert "lo" in [name for _, name in socket.if_nameindex()]
    assert socket.getaddrinfo("localhost", 80)
    for family, kind in ((socket.AF_UNIX, socket.SOCK_SEQPACKET), (socket.AF_INET6, socket.SOCK_DGRAM)):
        socket.socket(family, kind).close()
    socket.socketpair()[0].close()
    poller = select.epoll()
    read, write = os.pipe2(os.O_CLOEXEC)
    poller.register(read, select.EPOLLIN)
    os.write(write, b"x")
    assert poller.poll()
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    assert signal.sigwait([signal.SIGALRM]) == signal.SIGALRM
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    os.nice(1)
    print("fine")


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    main()
