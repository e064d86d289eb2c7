"""Start of a code run. Python imports this file at startup, since its folder is first on PYTHONPATH.

The file removes its own traces (path, environment), runs the system's own sitecustomize, and leaves two things:
modules are imported from the working directory, and if the code imports matplotlib, the charts that it shows are
written to the descriptor in SANDGLASS_CHARTS, as a 4-byte little-endian length and JSON, never to the code's output.
"""

import os
import sys


def load(name):
    path = os.path.join(os.path.dirname(folder), name + ".py")
    scope = {"__name__": "_sandglass_" + name, "__file__": path}
    with open(path, encoding="utf-8") as source:
        exec(compile(source.read(), path, "exec"), scope)
    return scope


def remove_traces():
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    rest = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != folder]
    if rest:
        os.environ["PYTHONPATH"] = os.pathsep.join(rest)
    else:
        os.environ.pop("PYTHONPATH", None)


def import_from_working_directory():
    """Python puts the folder of the program's file first on sys.path, and then asks for this class to load the file."""
    from importlib import _bootstrap_external as loaders

    file_loader = loaders.SourceFileLoader
    try:
        working_directory = os.getcwd()
    except OSError:
        return  # it has been removed

    def load(name, file):
        if name == "__main__":
            loaders.SourceFileLoader = file_loader
            if sys.path and sys.path[0] == os.path.dirname(file):
                sys.path[0] = working_directory
        return file_loader(name, file)

    loaders.SourceFileLoader = load


def watch_matplotlib(descriptor):
    try:
        os.set_inheritable(descriptor, False)
    except OSError:
        return  # the descriptor was closed on the way here: charts cannot be delivered
    loaded = {}

    def prepare(matplotlib):
        loaded.update(load("charts"))
        loaded["choose_backend"](matplotlib)

    def install(pyplot):
        loaded["install"](pyplot, emit)

    def emit(chart):
        import json
        import struct

        body = json.dumps(chart, separators=(",", ":")).encode()
        view = memoryview(struct.pack("<I", len(body)) + body)
        try:
            while view:
                view = view[os.write(descriptor, view):]
        except OSError:
            return  # charts are not read any more; the code continues

    actions = {"matplotlib": prepare, "matplotlib.pyplot": install}
    sys.meta_path.insert(0, load("after_import")["AfterImport"](actions))


def run_system_sitecustomize():
    this = sys.modules.pop("sitecustomize", None)
    try:
        __import__("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        if this is not None:
            sys.modules.setdefault("sitecustomize", this)


folder = os.path.dirname(os.path.abspath(__file__))
remove_traces()
number = os.environ.pop("SANDGLASS_CHARTS", "")
if number.isdigit():
    watch_matplotlib(int(number))
run_system_sitecustomize()
import_from_working_directory()
