#!/usr/bin/env python3
"""A small language server for Python, for machines without pylsp. Comments in a document make it misbehave."""

import json
import re
import sys
import time

documents = {}


def read():
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def symbols(uri):
    for number, line in enumerate(documents[uri].split("\n")):
        if found := re.match(r"\s*(def|class)\s+(\w+)", line):
            start, end = ({"line": number, "character": column} for column in (0, len(line)))
            kind = 12 if found[1] == "def" else 5
            yield {"name": found[2], "kind": kind, "location": {"uri": uri, "range": {"start": start, "end": end}}}


def completions(uri, position):
    before = documents[uri].split("\n")[position["line"]][: position["character"]]
    prefix = re.search(r"\w*$", before)[0]
    words = sorted(set(re.findall(r"\w+", documents[uri])))
    items = [
        {"label": word, "kind": 3, "documentation": f"The word {word}."}
        for word in words
        if word.startswith(prefix) and word != prefix
    ]
    return {"isIncomplete": False, "items": items}


def misbehave(text):
    if "# crash" in text:
        sys.exit("this is a crash")
    if "# silent" in text:
        time.sleep(1000)
    if "# garbage" in text:
        sys.stdout.buffer.write(b"garbage " * 2000)
        sys.stdout.buffer.flush()
    if "# huge" in text:
        sys.stdout.buffer.write(b"Content-Length: 99999999999\r\n\r\n")
        sys.stdout.buffer.flush()
    if "# many" in text:
        # Parsed, these would take the toolbox half a minute.
        body = b"[" + b"{}," * 10_000_000 + b"{}]"
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sys.stdout.buffer.flush()


while message := read():
    method, params = message.get("method"), message.get("params") or {}
    document = params.get("textDocument") or {}
    uri = document.get("uri")
    result = None
    if method == "initialize":
        result = {"capabilities": {"completionProvider": {}, "documentSymbolProvider": True}}
        # Servers ask too, and wait for the response.
        send({"id": "config", "method": "workspace/configuration", "params": {"items": [{}, {}]}})
        assert read() == {"jsonrpc": "2.0", "id": "config", "result": [None, None]}
    elif method == "textDocument/didOpen":
        documents[uri] = document["text"]
        misbehave(document["text"])
    elif method == "textDocument/didChange":
        documents[uri] = params["contentChanges"][0]["text"]
    elif method == "textDocument/didClose":
        del documents[uri]
    elif method == "textDocument/completion":
        result = completions(uri, params["position"])
    elif method == "textDocument/documentSymbol":
        result = list(symbols(uri))
    elif method == "exit":
        sys.exit(0)
    if "id" in message and method:
        send({"id": message["id"], "result": result})
