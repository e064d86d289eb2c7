import type { Attack } from '../attack'
import type { HostileSandbox } from '../sandbox'
import type { World } from '../world'
import { intruder } from '../world'

/** Folders whose meaning depends on the process that resolves them, and folders for the toolbox alone. */
function folders(world: World, sandbox: HostileSandbox): string[] {
  const numbers = Array.from({ length: 24 }, (_, number) => number)
  return [
    '/run/keeper',
    '/run/keeper/.',
    '/run/keeper/..',
    '/run/keeper/scratch',
    '/run/keeper/pipes',
    '/run/sandglass',
    '/run/sandglass/..',
    '/run/sandglass/named',
    '/proc/self',
    '/proc/self/cwd',
    '/proc/self/root',
    '/proc/thread-self/cwd',
    '/proc/1/cwd',
    '/proc/1/root',
    '/proc/2/root',
    '/proc/2/cwd',
    '/dev/fd',
    '/dev/stdin',
    '/',
    '',
    '.',
    '..',
    './../../run/keeper',
    '~',
    'pipes',
    'scratch',
    world.surroundings.home,
    world.surroundings.dataDir,
    sandbox.folder,
    ...numbers.flatMap((number) => [`/proc/self/fd/${number}`, `/proc/1/fd/${number}`, `/dev/fd/${number}`]),
  ]
}

export const specialPaths: Attack = {
  name: 'special-paths',
  lines: [1, 3],
  isForPlainProcesses: false,
  defaultSetup: 'ordinary',
  description:
    'uses folders of the toolbox, of processes and of the host in every route with a path, also through links',

  async run(world) {
    const sandbox = await world.sandbox()
    const links: string[] = []
    for (const folder of folders(world, sandbox)) links.push(`ln -sfn '${folder}' ~/link-${links.length}`)
    await sandbox.run(links.join('; '))
    for (const [number, folder] of folders(world, sandbox).entries()) {
      for (const name of [folder, `link-${number}`]) await tryEverything(world, sandbox, name, folder !== '/')
      // Starting programs is slow, so only do it for the most interesting folders.
      if (number < 30) await startIn(sandbox, folder)
      if (world.gotMore(folder)) return
    }
  },
}

/** @param isSearched false for the whole system, which takes long to search and contains nothing else of interest */
async function tryEverything(
  world: World,
  sandbox: HostileSandbox,
  folder: string,
  isSearched: boolean,
): Promise<void> {
  const inside = folder === '' ? 'notes.txt' : `${folder}/notes.txt`
  const at = encodeURIComponent(folder)
  const file = encodeURIComponent(inside)
  const fresh = encodeURIComponent(`${folder}/${intruder}`)
  await sandbox.ask('GET', `/files?path=${at}&depth=2`)
  await sandbox.ask('GET', `/files/download?path=${file}`)
  if (isSearched) await sandbox.ask('GET', `/files/find?path=${at}&pattern=CANARY`, undefined, 30_000)
  await sandbox.ask('POST', '/files/bulk-download', { paths: [inside, `${folder}/toolbox.sock`, `${folder}/api-key`] })
  await sandbox.ask('POST', `/files/permissions?path=${at}&mode=777`)
  await sandbox.ask('POST', `/files/permissions?path=${file}&mode=777`)
  await sandbox.ask('POST', `/files/folder?path=${fresh}&mode=755`)
  const form = new FormData()
  form.append('file', new Blob([`written by an ${intruder}`]), 'file')
  await sandbox.ask('POST', `/files/upload?path=${file}`, form)
  await sandbox.ask('POST', `/files/move?source=${file}&destination=${encodeURIComponent(`taken-${Date.now()}`)}`)
  await sandbox.ask('POST', '/files/replace', { files: [inside], pattern: 'CANARY', newValue: intruder })
  await sandbox.ask('DELETE', `/files?path=${file}`)
  // The sandbox may read and change its own root and home; the canaries show whether anything else was changed.
  for (const change of world.canaries.changes()) world.breach(`${folder}: ${change}`)
}

async function startIn(sandbox: HostileSandbox, cwd: string): Promise<void> {
  await sandbox.ask('POST', '/process/execute', { command: 'cat notes.txt; ls -A . ..', cwd })
  await sandbox.ask('POST', '/process/session', { sessionId: 'special', cwd })
  await sandbox.ask('POST', '/process/session/special/exec', { command: 'cat notes.txt; ls -A . ..' })
  await sandbox.ask('DELETE', '/process/session/special')
}
