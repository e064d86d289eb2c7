"""Tries to reach addresses from inside a sandbox and prints what came of each as one JSON object.

An attempt is `[name, way, host, port]`; what comes of it is `answer`, `silence` or the name of an error.
"""
import errno
import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

BIND_TO_DEVICE = 25
PACKET_INFO = 8
PATIENCE = 3


def stream(host, port, prepare=None, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENCE)
        if prepare:
            prepare(client)
        client.connect((host, port))
        return "answer" if client.recv(4) == b"out\n" else "silence"


def datagram(host, port, prepare=None, family=socket.AF_INET, ancillary=()):
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        if prepare:
            prepare(client)
        client.sendmsg([b"x"], ancillary, 0, (host, port))
        return "answer" if client.recv(4) == b"out\n" else "silence"


def device(client):
    client.setsockopt(socket.SOL_SOCKET, BIND_TO_DEVICE, b"tap0")


def direct(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
    device(client)


def broadcast(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    device(client)


def multicast(client):
    client.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.2.100"))


def source_route(client):
    """A loose source route whose last hop is the resolver, which is allowed."""
    client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x83\x07\x04" + socket.inet_aton("10.0.2.3") + b"\x00")


def packet_info():
    index = socket.if_nametoindex("tap0")
    return [(socket.IPPROTO_IP, PACKET_INFO, index.to_bytes(4, sys.byteorder) + bytes(8))]


ways = {
    "tcp": stream,
    "udp": datagram,
    "tcp by device": lambda host, port: stream(host, port, device),
    "udp by device": lambda host, port: datagram(host, port, device),
    "udp by packet info": lambda host, port: datagram(host, port, ancillary=packet_info()),
    "udp without route": lambda host, port: datagram(host, port, direct),
    "tcp by source route": lambda host, port: stream(host, port, source_route),
    "tcp mapped": lambda host, port: stream("::ffff:" + host, port, family=socket.AF_INET6),
    "udp mapped": lambda host, port: datagram("::ffff:" + host, port, family=socket.AF_INET6),
    "tcp6": lambda host, port: stream(host, port, family=socket.AF_INET6),
    "tcp6 by device": lambda host, port: stream(host, port, device, family=socket.AF_INET6),
    "udp6": lambda host, port: datagram(host, port, family=socket.AF_INET6),
    "multicast": lambda host, port: datagram(host, port, multicast),
    "broadcast": lambda host, port: datagram(host, port, broadcast),
    "name": lambda host, port: stream(socket.gethostbyname(host), port),
}


def attempt(entry):
    name, way, host, port = entry
    try:
        return name, ways[way](host, port)
    except socket.gaierror:
        return name, "no name"
    except TimeoutError:
        return name, "silence"
    except OSError as error:
        return name, errno.errorcode.get(error.errno, str(error))


with ThreadPoolExecutor(64) as pool:
    print(json.dumps(dict(pool.map(attempt, json.load(sys.stdin)))))
