import type { Sandbox } from '../sandbox/sandbox'
import type { SandboxRecord } from '../sandbox/sandbox-record'
import type { Sandboxes } from '../sandboxes/sandboxes'

type Desired = SandboxRecord['desired']

/** Call the listener when the desired state of a sandbox changes. */
export function onDesiredChange(sandboxes: Sandboxes, listener: (sandbox: Sandbox, before: Desired) => void): void {
  const known = new Map<string, Desired>()
  void sandboxes.opened.then(() => {
    for (const { record } of sandboxes) known.set(record.id, record.desired)
  })
  sandboxes.onChange((sandbox) => {
    const { id, desired } = sandbox.record
    const before = known.get(id) ?? desired
    if (sandbox.state === 'destroyed') known.delete(id)
    else known.set(id, desired)
    if (before !== desired) listener(sandbox, before)
  })
}
