import type { Attack } from '../attack'
import type { HostileSandbox } from '../sandbox'
import { workInSessions, workWithCode, workWithEverything } from '../work'

/** Names that are used once in the life of a sandbox, before programs inside can watch. */
const fixedNames = ['setup-bash', 'setup-sh', 'command.sh', 'input'].map((name) => `/run/sandglass/${name}`)
const perRound = 10

export const scratchNames: Attack = {
  name: 'scratch-names',
  lines: [1, 2],
  isForPlainProcesses: false,
  defaultSetup: 'ordinary',
  description: 'puts links, FIFOs, folders and sockets at every path that the toolbox uses, while a client works',

  async run(world) {
    const sandbox = await world.sandbox()
    const names = await namesInUse(sandbox)
    for (let round = 0; round < perRound * world.effort.rounds; round += 1) {
      await plant(sandbox, 'link', round, names)
      await workInSessions(sandbox, round)
      if (round < 3) await workWithCode(sandbox)
      // One breach is enough.
      if (world.isBroken()) return
    }
    for (const kind of ['fifo', 'folder', 'socket']) {
      const other = await world.sandbox()
      await plant(other, kind, 0, names)
      await workWithEverything(other, 0)
      const { state } = (await other.control('GET')).json<{ state: string }>()
      if (state !== 'started') world.breach(`a ${kind} at a path of the toolbox left the sandbox ${state}`)
      if (world.isBroken()) return
    }
  },
}

/** The names that appear while a client uses every feature. */
async function namesInUse(sandbox: HostileSandbox): Promise<string[]> {
  await sandbox.startBackground('scratch_names.py', ['watch'])
  await workWithEverything(sandbox, 99)
  const seen = (await sandbox.stopBackground('scratch_names.py')).split('\n').filter((name) => name.startsWith('/'))
  const ours = /attacker\.py|scratch_names|work-99|__pycache__|\.ready|\.log/
  return [...new Set([...fixedNames, ...seen])].filter((name) => !ours.test(name)).slice(0, 60)
}

async function plant(sandbox: HostileSandbox, kind: string, round: number, names: readonly string[]): Promise<void> {
  await sandbox.attackWith('scratch_names.py', ['plant', kind, String(round), ...names])
}
