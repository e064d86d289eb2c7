/** Code inside the sandbox under test that does as much damage as it can, while cases and bystander run. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { Canaries } from '@/attack/canaries'
import { intruder } from '@/attack/world'
import type { EngineFixture } from '@/lib/engine/test/engine-fixture'

export interface Attacker {
  /** Start it, with the next seed. */
  start(): Promise<void>
  /** End it and clean up the home. Resolves with everything that it obtained. */
  stop(): Promise<string[]>
  /** Check the text of a response for leaks. */
  heard(text: string): void
  /** How often each action was tried. */
  readonly tried: Readonly<Record<string, number>>
}

const programs = path.join(import.meta.dirname, '..', 'attack', 'inside')
const running = '[p]ython3 [^ ]*random_damage.py'

export function plantAttacker(engine: EngineFixture, sandboxId: string, seed: number): Attacker {
  const canaries = new Canaries()
  const owner = { uid: statSync(engine.dataDir).uid, gid: statSync(engine.dataDir).gid }
  const folder = path.join(engine.dataDir, 'sandboxes', sandboxId)
  canaries.plant(engine.dataDir, owner)
  canaries.plant(folder, owner, { few: true })
  const leaks = new Set<string>()
  const tried: Record<string, number> = {}
  let turn = 0

  const run = async (command: string) => {
    const response = await engine.toolbox(sandboxId, 'POST', '/process/execute', { command, timeout: 30 })
    return response.status === 200 ? response.json<{ result: string }>().result : ''
  }
  return {
    tried,
    heard(text) {
      for (const { place } of canaries.leaksIn(text)) leaks.add(`a response reveals ${place}`)
    },
    async start() {
      for (const name of ['attacker.py', 'random_damage.py']) {
        const text = readFileSync(path.join(programs, name), 'utf8')
        const form = new FormData()
        form.append('file', new Blob([text]), name)
        const target = `${engine.toolboxUrl}/${sandboxId}/files/upload?path=${encodeURIComponent(`/home/daytona/${name}`)}`
        const headers = { authorization: `Bearer ${engine.apiKey}` }
        const { status } = await fetch(target, { method: 'POST', body: form, headers })
        if (status !== 200) throw new Error(`${name} could not be uploaded: ${status}`)
      }
      const ready = '/tmp/random_damage.py.ready'
      const result = await run(
        `rm -rf ${ready}; READY=${ready} setsid python3 ~/random_damage.py ${(seed + turn) >>> 0} > /tmp/random_damage.py.log 2>&1 < /dev/null &
         for i in $(seq 500); do [ -e ${ready} ] && exit; sleep 0.02; done; cat /tmp/random_damage.py.log`,
      )
      turn += 1
      // The output is no proof, because the attacker may already have written into it.
      if (!existsSync(path.join(folder, 'tmp', path.basename(ready))))
        throw new Error(`the attacker did not start: ${result}`)
    },
    async stop() {
      await run(`pkill -9 -f '${running}'`)
      // Not read by the sandbox, because the attacker writes into the output of other programs.
      const counts = readFileSync(path.join(folder, 'home', '.damage'), 'utf8')
      await run(
        `chmod -R u+rwx ~ /tmp 2>/dev/null; rm -rf ~/fuzz ~/.damage* ~/${intruder}* /tmp/${intruder}* /dev/shm/*`,
      )
      const counted: Record<string, number> = JSON.parse(counts)
      for (const [what, count] of Object.entries(counted)) tried[what] = (tried[what] ?? 0) + count
      const found = [...leaks, ...canaries.changes()]
      for (const name of ['home', 'tmp']) found.push(...canaries.leaksBelow(path.join(folder, name)))
      leaks.clear()
      return found.map((what) => `attacker: ${what}`)
    },
  }
}
