import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Attack } from '../attack'
import type { World } from '../world'

const seconds = 3
/** The engine may work this much for each second of an attack: clients and the neighbour ask it for something too. */
const mostShare = 0.35
const mostFileBytes = 24 * 1024 * 1024

export const burn: Attack = {
  name: 'burn',
  lines: [7],
  isOfPlain: false,
  usually: 'root',
  does: 'floods every descriptor and socket that leads out of the sandbox, and lets an answer of its own server never end',

  async play(world) {
    const sandbox = await world.sandbox()
    await sandbox.bring('burn.py')
    await expectIdle(world, 'a flood of descriptors', async () => {
      const { result } = await sandbox.run(`python3 ~/burn.py ${seconds}`, (seconds + 20) * 1_000)
      return Number.parseFloat(result)
    })
    await sandbox.attackBehind('flood_server.py')
    const { text } = await sandbox.control('GET', '/ports/3456/preview-url')
    if (!text.includes('3456')) throw new Error(`there is no preview: ${text}`)
    const ask = () => sandbox.askOnce('GET', '/proxy/3456/', undefined, seconds * 1_000)
    await expectIdle(world, 'endless answers of a port', async () => {
      await Promise.all([ask(), ask(), ask()])
      return seconds
    })
    await expectIdle(world, 'what is left of endless answers', async () => {
      await sandbox.run(`sleep ${seconds}`, (seconds + 20) * 1_000)
      return seconds
    })
    // Logs of the toolbox and of the network's helper are capped.
    for (const name of ['state/toolbox.log', 'network.log', 'state/toolbox.log.1', 'toolbox.log']) {
      const size = statSync(path.join(sandbox.folder, name), { throwIfNoEntry: false })?.size ?? 0
      if (size > mostFileBytes) world.breach(`${name} grew to ${size} bytes`)
    }
    if (readdirSync(world.around.dataDir).length > 40) world.breach('the data folder fills with files')
  },
}

/**
 * CPU time is compared with CPU time: a busy machine changes nothing.
 * @param act resolves with the seconds that the attacker worked or waited for
 */
async function expectIdle(world: World, what: string, act: () => Promise<number>): Promise<void> {
  const before = world.engineSeconds()
  const spent = await act()
  const used = world.engineSeconds() - before
  if (used > Math.max(spent, 0.5) * mostShare) {
    world.breach(`${what} of ${spent.toFixed(1)} s made the engine work for ${used.toFixed(1)} s`)
  }
}
