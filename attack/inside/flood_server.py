"""Serves HTTP on port 3456, with headers and bodies that never end."""
import itertools
import socket
import threading

from attacker import ready


def serve(client, kind):
    try:
        client.recv(65536)
        client.sendall(b'HTTP/1.1 200 OK\r\n')
        for number in itertools.count():
            if kind == 0:
                client.sendall(f'X-Header-{number}: {"y" * 500}\r\n'.encode())
            elif kind == 1:
                client.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
            else:
                client.sendall(b'\r\n1\r\n' if number else b'Transfer-Encoding: chunked\r\n')
    except OSError:
        pass
    finally:
        client.close()


server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', 3456))
server.listen(64)
ready()
for turn in itertools.count():
    client, _ = server.accept()
    threading.Thread(target=serve, args=[client, turn % 3], daemon=True).start()
