/** The resources that a process of the engine holds, from /proc. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface Holding {
  readonly pid: number
  readonly descriptors: number
  readonly threads: number
  readonly residentBytes: number
  /** Command lines of its descendants. */
  readonly descendants: string[]
  readonly zombies: number
}

export interface Watched {
  readonly name: string
  readonly pid: number
}

/** Allowed growth: pools and caches of the runtime do not grow with the number of requests. */
const slack = { descriptors: 12, threads: 4, residentBytes: 64 * 1024 * 1024, descendants: 2, zombies: 0 }
const settleMs = 90_000

/** The engine, and the toolboxes of these sandboxes. */
export async function watchedProcesses(enginePid: number, dataDir: string, sandboxIds: readonly string[]) {
  const watched: Watched[] = [{ name: 'engine', pid: enginePid }]
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (!command.includes('toolbox.cjs')) continue
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    const id = sandboxIds.find((each) => environment.includes(each))
    if (id && !/bwrap/.test(command)) watched.push({ name: `toolbox ${id}`, pid: Number(name) })
  }
  if (watched.length !== sandboxIds.length + 1) {
    throw new Error(
      `only ${watched.length - 1} of ${sandboxIds.length} toolboxes in ${path.basename(dataDir)} were found`,
    )
  }
  return watched
}

export async function holdingOf(pid: number): Promise<Holding> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  const below = await descendantsOf(pid)
  return {
    pid,
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    threads: number('Threads'),
    residentBytes: number('VmRSS') * 1024,
    descendants: below.filter(({ state }) => state !== 'Z').map(({ command }) => command),
    zombies: below.filter(({ state }) => state === 'Z').length,
  }
}

/** Wait until no more resources are held than before, within the slack. Resolves with what remains at the timeout. */
export async function leftOver(before: ReadonlyMap<Watched, Holding>): Promise<string[]> {
  const deadline = performance.now() + settleMs
  for (;;) {
    const found: string[] = []
    for (const [{ name, pid }, then] of before) found.push(...growthOf(name, then, await holdingOf(pid)))
    if (found.length === 0) return []
    if (performance.now() > deadline) return [...found, ...(await describeDescriptors(before))]
    await delay(250)
  }
}

function growthOf(name: string, before: Holding, now: Holding): string[] {
  const kinds = ['descriptors', 'threads', 'residentBytes', 'zombies'] as const
  const found = kinds
    .filter((kind) => now[kind] > before[kind] + slack[kind])
    .map((kind) => `${name}: ${kind} ${before[kind]} → ${now[kind]}`)
  const [had, has] = [before.descendants.length, now.descendants.length]
  if (has > had + slack.descendants) {
    found.push(`${name}: ${had} → ${has} processes: ${now.descendants.join(' | ')}`)
  }
  return found
}

async function describeDescriptors(before: ReadonlyMap<Watched, Holding>): Promise<string[]> {
  const lines: string[] = []
  for (const [{ name, pid }, { descriptors }] of before) {
    const open = await readdir(`/proc/${pid}/fd`)
    if (open.length <= descriptors + slack.descriptors) continue
    const kinds = new Map<string, number>()
    for (const fd of open) {
      const target = (await readlink(`/proc/${pid}/fd/${fd}`).catch(() => 'gone')).replace(/\d{3,}/g, 'N')
      kinds.set(target, (kinds.get(target) ?? 0) + 1)
    }
    lines.push(`${name} has open: ${[...kinds].map(([target, count]) => `${count} × ${target}`).join(', ')}`)
  }
  return lines
}

async function descendantsOf(pid: number): Promise<{ command: string; state: string }[]> {
  const found: { command: string; state: string }[] = []
  for (const task of await readdir(`/proc/${pid}/task`).catch(() => [])) {
    const children = await readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')
    for (const child of children.split(' ').filter(Boolean)) {
      const stat = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => '')
      const state = /\) (\S)/.exec(stat)?.[1] ?? ''
      const command = (await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim()
      if (state) found.push({ command, state }, ...(await descendantsOf(Number(child))))
    }
  }
  return found
}
