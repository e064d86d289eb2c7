"""Answers on many addresses: `out` over TCP and UDP on one port, and every DNS question with one address.

Arguments: port, DNS address, the address that names have, then the addresses. Prints `ready` once all of them answer.
"""
import socket
import struct
import sys
import threading

port, resolver, answer, *addresses = sys.argv[1:]


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def tcp(address, number, serve):
    listener = socket.socket(family(address), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, number))
    listener.listen()

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def udp(address, number, reply):
    bound = socket.socket(family(address), socket.SOCK_DGRAM)
    bound.bind((address, number))

    def loop():
        while True:
            data, sender = bound.recvfrom(4096)
            bound.sendto(reply(data), sender)

    threading.Thread(target=loop, daemon=True).start()


def echo(client):
    """Sends a greeting line, then echoes everything."""
    try:
        client.sendall(b"out\n")
        while data := client.recv(4096):
            client.sendall(data)
    except OSError:
        pass
    client.close()


def resolve(question):
    end = question.index(b"\0", 12) + 5
    head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
    kind = struct.unpack(">H", question[end - 4 : end - 2])[0]
    if kind != 1:
        return question[:2] + struct.pack(">HHHHH", 0x8180, 1, 0, 0, 0) + question[12:end]
    # Names that start with `lan.` resolve to the local network.
    address = resolver if question[12:17] == b"\x03lan." or question[13:16] == b"lan" else answer
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
    return head + question[12:end] + record


def resolve_stream(client):
    size = client.recv(2)
    if len(size) == 2:
        reply = resolve(client.recv(struct.unpack(">H", size)[0]))
        client.sendall(struct.pack(">H", len(reply)) + reply)
    client.close()


for address in addresses:
    tcp(address, int(port), echo)
    udp(address, int(port), lambda data: b"out\n")
udp(resolver, 53, resolve)
tcp(resolver, 53, resolve_stream)
print("ready", flush=True)
threading.Event().wait()
