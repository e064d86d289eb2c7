"""An import hook that runs an action right after the first import of a module."""

import sys


class AfterImport:
    """Calls `actions[name](module)` right after the first import of the module `name`."""

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
