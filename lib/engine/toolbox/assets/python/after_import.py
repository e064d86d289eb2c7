"""A hook that acts on a module right after its first import; nothing else is imported or slowed by it."""

import sys


class AfterImport:
    """Calls a function with a module right after the module was imported for the first time."""

    def __init__(self, actions):
        self.actions = actions

    def find_spec(self, name, path, target=None):
        action = self.actions.get(name)
        if action is None:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(name, path, target) if hasattr(finder, "find_spec") else None
            if spec is None or spec.loader is None:
                continue
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                self.actions.pop(name, None)
                action(module)

            spec.loader.exec_module = exec_module
            return spec
        return None
