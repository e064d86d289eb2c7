"""Everything outside of the machine: answers on port 7777, TCP and UDP, at any address."""
import selectors
import socket

PORT = 7777
watched = selectors.DefaultSelector()
for family, everything in ((socket.AF_INET, '0.0.0.0'), (socket.AF_INET6, '::')):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        server = socket.socket(family, kind)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.bind((everything, PORT))
        if kind == socket.SOCK_STREAM:
            server.listen(64)
        watched.register(server, selectors.EVENT_READ)
print('ready', flush=True)
while True:
    for key, _ in watched.select():
        server = key.fileobj
        try:
            if server.type == socket.SOCK_STREAM:
                client, _ = server.accept()
                client.sendall(b'reached\n')
                client.close()
            else:
                _, sender = server.recvfrom(100)
                server.sendto(b'reached\n', sender)
        except OSError:
            continue
