/** Memory of the engine's processes during an operation. */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { allProcessesOf } from './processes'

const sampleIntervalMs = 25

/** The maximum growth in resident bytes of the control plane and all toolboxes of a data directory, while `work` runs. */
export async function growthDuring<Outcome>(
  dataDir: string,
  work: () => Promise<Outcome>,
): Promise<{ outcome: Outcome; growth: number; before: number }> {
  const isOurs = /\b(engine\.mjs|toolbox\.cjs)\b/
  const engines = (await allProcessesOf(dataDir)).filter(
    ({ command }) => isOurs.test(command) && !/(^|\/)bwrap\b/.test(command),
  )
  for (const program of ['engine.mjs', 'toolbox.cjs']) {
    if (!engines.some(({ command }) => command.includes(program))) throw new Error(`no process of ${program} was found`)
  }
  const resident = async () => {
    const sizes = await Promise.all(engines.map(({ pid }) => residentBytes(pid)))
    return sizes.reduce((total, size) => total + size, 0)
  }
  const before = await resident()
  let peak = before
  const controller = new AbortController()
  const sampling = (async () => {
    while (!controller.signal.aborted) {
      peak = Math.max(peak, await resident())
      await delay(sampleIntervalMs)
    }
  })()
  try {
    return { outcome: await work(), growth: Math.max(0, peak - before), before }
  } finally {
    controller.abort()
    await sampling
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
