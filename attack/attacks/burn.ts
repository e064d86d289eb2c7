import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Attack } from '../attack'
import type { World } from '../world'

const seconds = 3
/** The engine's allowed CPU time per second of an attack, since clients and the neighbour also send requests. */
const maxShare = 0.35
const maxFileBytes = 24 * 1024 * 1024

export const burn: Attack = {
  name: 'burn',
  lines: [7],
  isForPlainProcesses: false,
  defaultSetup: 'root',
  description:
    'floods every descriptor and socket that leads out of the sandbox, and serves a response that never ends',

  async run(world) {
    const sandbox = await world.sandbox()
    await sandbox.bring('burn.py')
    await expectIdle(world, 'a flood of descriptors', async () => {
      const { result } = await sandbox.run(`python3 ~/burn.py ${seconds}`, (seconds + 20) * 1_000)
      return Number.parseFloat(result)
    })
    await sandbox.startBackground('flood_server.py')
    const { text } = await sandbox.control('GET', '/ports/3456/preview-url')
    if (!text.includes('"url":"http')) throw new Error(`there is no preview: ${text}`)
    const ask = () => sandbox.askOnce('GET', '/proxy/3456/', undefined, seconds * 1_000)
    await expectIdle(world, 'endless responses of a port', async () => {
      await Promise.all([ask(), ask(), ask()])
      return seconds
    })
    await expectIdle(world, 'the aftermath of endless responses', async () => {
      await sandbox.run(`sleep ${seconds}`, (seconds + 20) * 1_000)
      return seconds
    })
    // The logs of the toolbox and of the network helper are limited in size.
    for (const name of ['state/toolbox.log', 'network.log', 'state/toolbox.log.1', 'toolbox.log']) {
      const size = statSync(path.join(sandbox.folder, name), { throwIfNoEntry: false })?.size ?? 0
      if (size > maxFileBytes) world.breach(`${name} grew to ${size} bytes`)
    }
    if (readdirSync(world.surroundings.dataDir).length > 40) world.breach('the data directory fills with files')
  },
}

/**
 * Compares CPU time with CPU time, so that a busy machine makes no difference.
 * @param act resolves with the seconds that the attacker worked or waited
 */
async function expectIdle(world: World, what: string, act: () => Promise<number>): Promise<void> {
  const before = world.engineSeconds()
  const spent = await act()
  const used = world.engineSeconds() - before
  if (used > Math.max(spent, 0.5) * maxShare) {
    world.breach(`${what} of ${spent.toFixed(1)} s used ${used.toFixed(1)} s of the engine's CPU time`)
  }
}
