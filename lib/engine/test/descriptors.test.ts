/** The open descriptors of every process in an isolated sandbox, read from outside, where nothing can hide them. */
import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '@/lib/settings/programs'
import { commandLineOf, type ProcessEntry, ProcessSnapshot } from '../linux/process-table'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

const isRoot = process.getuid?.() === 0

/** Ways to start a program. The numbers identify the processes by their command lines. */
const starts = {
  execute: 71001,
  run: 71002,
  code: 71003,
  session: 71004,
  background: 71005,
  terminal: 71006,
  interpreter: 71007,
} as const

describe.runIf(findProgram('bwrap'))('descriptors in a sandbox', () => {
  let engine: EngineFixture
  let id: string
  const sleep = (way: keyof typeof starts) => `sleep ${starts[way]}`
  const python = (way: keyof typeof starts) =>
    `import subprocess; subprocess.run(['sleep', '${starts[way]}'], close_fds=False)`

  beforeAll(async () => {
    engine = await startEngine({ isolation: 'bubblewrap' })
    id = (await engine.createSandbox()).id
    const post = async (route: string, body: unknown) => {
      const answer = await engine.toolbox(id, 'POST', `/process/${route}`, body)
      if (answer.status >= 400) throw new Error(`${route} answered ${answer.status}: ${answer.text}\n${engine.log}`)
      return answer
    }
    // Gets its response only when the sandbox is deleted.
    for (const [route, body] of [
      ['execute', { command: sleep('execute') }],
      ['code-run', { language: 'python', code: python('code') }],
    ] as const)
      post(route, body).catch(() => {})
    await post('run', { kind: 'command', command: sleep('run'), stdin: 'open' })
    await post('session', { sessionId: 's' })
    await post('session/s/exec', { command: `${sleep('background')} &` })
    await post('session/s/exec', { command: sleep('session'), runAsync: true })
    await post('pty', { id: 'p' })
    const terminal = engine.webSocket(`/toolbox/${id}/process/pty/p/connect`)
    terminal.on('open', () => terminal.send(`${sleep('terminal')}\r`))
    const { id: contextId } = (await post('interpreter/context', { language: 'python' })).json<{ id: string }>()
    const interpreter = engine.webSocket(`/toolbox/${id}/process/interpreter/execute`)
    interpreter.on('open', () => interpreter.send(JSON.stringify({ code: python('interpreter'), contextId })))
  })
  afterAll(() => engine.stop())

  test.each(Object.entries(starts))(
    'a program started by way of %s holds its standard streams only',
    async (_, number) => {
      const { pid } = await eventually(`sleep ${number} runs`, () => sleeping(number))
      expect(Object.keys(descriptorsOf(pid))).toEqual(['0', '1', '2'])
    },
  )

  test('no process inside holds a folder, a file of the host, or a terminal that it does not use', async () => {
    const programs = await Promise.all(
      Object.values(starts).map((number) => eventually(`sleep ${number} runs`, () => sleeping(number))),
    )
    const inside = processesBeside(programs[0]?.pid ?? 0)
    const first = inside.filter(({ name }) => name === 'sandglass-init')
    expect(first).toHaveLength(1)
    expect(inside.length).toBeGreaterThan(programs.length)
    // An ordinary user cannot read these descriptors, and neither can the sandbox.
    const readable = isRoot ? inside : inside.filter(({ name }) => !isOwn(name))
    const open = readable.flatMap(({ pid, name }) =>
      Object.entries(descriptorsOf(pid)).map(([number, found]) => ({ name, number, ...found })),
    )
    expect(open.length).toBeGreaterThan(0)
    expect(open.filter((each) => !isListed(each))).toEqual([])
  })

  test('the first process and the supervisors cannot be inspected from inside', async () => {
    const command = `for process in /proc/[0-9]*; do
      case "$(cat $process/comm)" in sandglass-*) ls $process/fd >/dev/null 2>&1 && echo open || echo closed;; esac
    done | sort | uniq`
    const answer = await engine.toolbox(id, 'POST', '/process/execute', { command })
    expect(answer.json<{ result: string }>().result).toBe('closed\n')
  })
})

interface Descriptor {
  readonly kind: 'folder' | 'file' | 'pipe' | 'socket' | 'device' | 'other'
  readonly target: string
}

/** Whether a process of this name may hold this descriptor. */
function isListed({ name, number, kind, target }: Descriptor & { name: string; number: string }): boolean {
  if (target === '/dev/null') return true
  if (name === 'sandglass-init') {
    // Its socket to the toolbox, what tells the network's helper of its end, and its own: pipes, a signal descriptor, the
    // preference for programs that it starts, and the folder of the toolbox's pipes, which is a file system of its own.
    if (number === '3') return kind === 'socket'
    if (number === '4') return kind === 'pipe'
    const isOwnFile = target === 'anon_inode:[signalfd]' || target.endsWith('/oom_score_adj')
    return kind === 'pipe' || isOwnFile || (kind === 'folder' && target === '/')
  }
  if (name === 'sandglass-wait') return number === '3' && kind === 'pipe'
  if (kind === 'device') return /^\/dev\/pts\/\d+$/.test(target)
  // Input and scripts that the toolbox wrote for this process, in memory.
  if (kind === 'file') return /^(\/run\/sandglass)?\/[\w.-]+( \(deleted\))?$/.test(target)
  return kind === 'pipe' || kind === 'socket'
}

function isOwn(name: string): boolean {
  return name.startsWith('sandglass-')
}

function sleeping(number: number): ProcessEntry | undefined {
  return [...new ProcessSnapshot().entries.values()].find((entry) => commandLineOf(entry) === `sleep ${number}`)
}

/** All processes in the PID namespace of this one. */
function processesBeside(pid: number): ProcessEntry[] {
  const namespaceOf = (each: number) => link(`/proc/${each}/ns/pid`)
  const mine = namespaceOf(pid)
  return [...new ProcessSnapshot().entries.values()].filter((entry) => mine !== null && namespaceOf(entry.pid) === mine)
}

/** The targets of the descriptors, by number. */
function descriptorsOf(pid: number): Record<string, Descriptor> {
  const folder = `/proc/${pid}/fd`
  return Object.fromEntries(
    readdirSync(folder).flatMap((number) => {
      const target = link(`${folder}/${number}`)
      return target === null ? [] : [[number, { target, kind: kindOf(`${folder}/${number}`) }]]
    }),
  )
}

function kindOf(name: string): Descriptor['kind'] {
  const stat = statSync(name)
  if (stat.isDirectory()) return 'folder'
  if (stat.isFile()) return 'file'
  if (stat.isFIFO()) return 'pipe'
  if (stat.isSocket()) return 'socket'
  return stat.isCharacterDevice() ? 'device' : 'other'
}

function link(name: string): string | null {
  try {
    return readlinkSync(name)
  } catch {
    // The process has exited or is not readable.
    return null
  }
}
