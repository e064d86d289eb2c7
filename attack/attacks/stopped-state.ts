import { spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Attack } from '../attack'
import type { HostileSandbox } from '../sandbox'
import type { World } from '../world'

type Replace = (file: string, secret: string) => void

/** What an attacker with write access would put in place of each state file. */
const kinds: Record<string, Replace> = {
  link: (file, secret) => symlinkSync(secret, file),
  'link to a device': (file) => symlinkSync('/dev/zero', file),
  FIFO: (file) => {
    spawnSync('mkfifo', [file])
  },
  folder: (file) => mkdirSync(file),
  'file without end': (file) => {
    writeFileSync(file, '')
    truncateSync(file, 2 ** 40)
  },
  nonsense: (file) => writeFileSync(file, '{"op":"new","id":"\u0000"}\n[[[[[[\n{}\n'.repeat(50)),
}

/** Time within which the engine must report that it cannot read something. */
const readTimeoutMs = 15_000

export const stoppedState: Attack = {
  name: 'stopped-state',
  lines: [4],
  isForPlainProcesses: false,
  defaultSetup: 'root',
  description:
    'leaves links, FIFOs, devices, folders and endless files in the state of a stopped sandbox, which clients then read',

  async run(world) {
    const secret = path.join(world.surroundings.home, 'root-only.txt')
    for (const [kind, replace] of Object.entries(kinds)) {
      const sandbox = await world.sandbox()
      const commands = await leaveTraces(sandbox)
      await sandbox.control('POST', '/stop', undefined, 30_000)
      for (const file of filesBelow(path.join(sandbox.folder, 'state'))) {
        rmSync(file)
        replace(file, secret)
      }
      await readEverything(world, sandbox, commands, `a ${kind} in its state`)
      // A start also reads the state, and then writes to it.
      await sandbox.control('POST', '/start', undefined, 30_000)
      await readEverything(world, sandbox, commands, `a ${kind} in its state, started again,`)
      await deleteNow(world, sandbox)
      if (world.isBroken()) return
    }
  },
}

export const forgedRecords: Attack = {
  name: 'forged-records',
  lines: [4, 5],
  isForPlainProcesses: false,
  defaultSetup: 'root',
  description:
    'adds records whose ids are paths of the host to the state of a stopped sandbox, and alters existing ones',

  async run(world) {
    const secret = path.join(world.surroundings.home, 'root-only.txt')
    const sandbox = await world.sandbox()
    await leaveTraces(sandbox)
    await sandbox.control('POST', '/stop', undefined, 30_000)
    const state = path.join(sandbox.folder, 'state')
    // The journal of an execution is named by its id and a suffix, so add a link to the secret for each suffix.
    const cover = path.join(sandbox.folder, 'tmp', 'cover')
    for (const ending of ['.data', '.index', '.attachment', '.cast', '.json', '']) symlinkSync(secret, cover + ending)
    const folders = filesBelow(state)
      .filter((file) => file.endsWith('.jsonl'))
      .map((file) => path.dirname(file))
    const ids: string[] = []
    for (const folder of folders) {
      for (const target of [cover, path.join(world.surroundings.home, 'root-only.txt')]) {
        const id = path.relative(folder, target)
        ids.push(id, `x/../${id}`, target)
        for (const each of [id, `x/../${id}`, target]) appendRecord(path.join(folder, 'executions.jsonl'), each)
      }
    }
    if (ids.length === 0) throw new Error('no records were found to forge')
    for (const id of new Set(ids)) {
      for (const written of [encodeURIComponent(id), encodeURIComponent(encodeURIComponent(id)), id]) {
        for (const route of [
          `/process/session/work/command/${written}/logs`,
          `/process/session/work/command/${written}/journal/download`,
          `/process/session/work/command/${written}`,
          `/process/session/testimony/command/${written}/logs`,
          `/process/run/${written}/journal/download`,
          `/process/run/${written}/journal`,
          `/process/run/${written}`,
          `/process/pty-recording/${written}/download`,
          `/process/pty-recording/${written}`,
        ]) {
          await sandbox.ask('GET', route, undefined, readTimeoutMs)
        }
      }
    }
    await sandbox.ask('GET', '/process/session', undefined, readTimeoutMs)
    const runs = await sandbox.ask('GET', '/process/run?limit=200', undefined, readTimeoutMs)
    if (runs.text.includes('forged by an attacker') && !/verif/i.test(runs.text)) {
      world.breach('a forged run is shown as genuine')
    }
    await alterTestimony(world, sandbox, state)
    await deleteNow(world, sandbox)
  },
}

/** Alter the record of a command that has exited: it must not be shown as genuine. */
async function alterTestimony(world: World, sandbox: HostileSandbox, state: string): Promise<void> {
  const before = await sandbox.forgery()
  if (before) world.breach(`forged records changed other records: ${before}`)
  for (const file of filesBelow(state).filter((each) => each.endsWith('.jsonl'))) {
    const altered = spawnSync('sed', [
      '-i',
      's/"exitCode":3/"exitCode":0/g; s/"state":"failed"/"state":"succeeded"/g',
      file,
    ])
    if (altered.status !== 0) throw new Error(String(altered.stderr))
  }
  const { status, text } = await sandbox.ask('GET', sandbox.testimonyPath, undefined, readTimeoutMs)
  if (status === 200 && /"exitCode":0/.test(text) && !/verif/i.test(text)) {
    world.breach(`an altered exit code is shown as genuine: ${text.slice(0, 300)}`)
  }
}

function appendRecord(file: string, id: string): void {
  const now = new Date().toISOString()
  const line = {
    op: 'new',
    id,
    order: 900,
    state: 'succeeded',
    exitCode: 0,
    signal: null,
    reason: 'exited',
    message: null,
    queuedAt: now,
    startedAt: now,
    endedAt: now,
    durationMs: 1,
    output: { bytes: 31, stdoutBytes: 31, stderrBytes: 0, droppedBytes: 0 },
    onlyPiece: { sinceStartUs: 1, wallMs: Date.now() },
    isAttachmentApart: true,
    details: {
      command: 'forged by an attacker',
      mode: 'wait',
      stdin: 'closed',
      suppressInputEcho: false,
      kind: 'command',
      title: 'forged by an attacker',
      language: null,
      cwd: '/',
      timeout: null,
    },
  }
  writeFileSync(file, `${JSON.stringify(line)}\n`, { flag: 'a' })
}

/** Create one of everything that is recorded. */
async function leaveTraces(sandbox: HostileSandbox): Promise<string[]> {
  await sandbox.ask('POST', '/process/session', { sessionId: 'work' })
  const ids: string[] = []
  for (const command of ['seq 1 300', 'seq 1 300; echo error >&2']) {
    const { cmdId } = (await sandbox.ask('POST', '/process/session/work/exec', { command })).json<{ cmdId: string }>()
    ids.push(`/process/session/work/command/${cmdId}`)
  }
  const long = `# ${'a long request '.repeat(1_000)}\nseq 1 300`
  for (const command of ['seq 1 300', long]) {
    const made = await sandbox.ask('POST', '/process/run', { kind: 'command', command })
    if (made.status < 300) ids.push(`/process/run/${made.json<{ id: string }>().id}`)
  }
  await sandbox.ask('POST', '/process/pty', { id: 'traces' })
  await sandbox.ask('POST', '/process/pty/traces/recording', { action: 'start' })
  await sandbox.converse('/process/pty/traces/connect', ['echo seen; exit\n'], 5_000, /seen\r\n/)
  return ids
}

async function readEverything(world: World, sandbox: HostileSandbox, ids: string[], what: string): Promise<void> {
  const routes = [
    '/process/session',
    '/process/session/work',
    '/process/session/entrypoint',
    '/process/session/entrypoint/logs',
    '/process/run?limit=200',
    '/process/pty-recording',
    '/process/pty-recording/traces.cast/download',
    ...ids.flatMap((id) => [
      id,
      `${id}/logs`,
      `${id}/charts`,
      `${id}/journal`,
      `${id}/journal/download`,
      `${id}/journal/place?time=0`,
      `${id}/journal/search?pattern=1`,
    ]),
  ]
  for (const route of routes) {
    const { status, text } = await sandbox.ask('GET', route, undefined, readTimeoutMs)
    if (status === 0) world.breach(`with ${what} GET ${route} got no response: ${text.slice(0, 100)}`)
  }
}

async function deleteNow(world: World, sandbox: HostileSandbox): Promise<void> {
  world.release(sandbox)
  const { status, text } = await sandbox.control('DELETE', '', undefined, 30_000)
  if (status !== 200) world.breach(`the sandbox could not be deleted: ${status} ${text.slice(0, 200)}`)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name)
    const stats = lstatSync(file)
    if (stats.isDirectory()) return filesBelow(file)
    return stats.isFile() && !isPlanted(name) ? [file] : []
  })
}

/** The canaries of this test suite. */
function isPlanted(name: string): boolean {
  return name === 'notes.txt' || name === 'root-only.txt' || name.startsWith('CANARY')
}
