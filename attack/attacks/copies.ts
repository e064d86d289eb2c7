import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { SandboxDto } from '../../lib/process-api/sandbox'
import type { Attack } from '../attack'
import { HostileSandbox } from '../sandbox'
import type { World } from '../world'

export const copies: Attack = {
  name: 'copies',
  lines: [3, 10, 11],
  isForPlainProcesses: false,
  defaultSetup: 'root',
  description:
    'fills its home with links to the host and swaps folders for them while the home is forked, saved, stopped and started',

  async run(world) {
    const sandbox = await world.sandbox()
    const { base, home, dataDir } = world.surroundings
    const targets = [
      home,
      base,
      `${home}/project`,
      `${home}/id_ed25519`,
      `${dataDir}/api-key`,
      '/etc/shadow',
      '/proc/1/root',
    ]
    await sandbox.startBackground('copy_race.py', targets)
    for (let round = 0; round < 3 * world.effort.rounds; round += 1) {
      await forkAndLook(world, sandbox)
      await saveAndLook(world, sandbox, `snapshot-${process.pid}-${round}`)
    }
    await sandbox.control('POST', '/stop', undefined, 30_000)
    await forkAndLook(world, sandbox)
    await saveAndLook(world, sandbox, `snapshot-${process.pid}-stopped`)
    const { status, text } = await sandbox.control('POST', '/start', undefined, 30_000)
    if (status !== 200) world.breach(`the sandbox could not be restarted: ${status} ${text.slice(0, 200)}`)
  },
}

async function forkAndLook(world: World, sandbox: HostileSandbox): Promise<void> {
  const reply = await sandbox.control('POST', '/fork', {}, 60_000)
  // A copy may be refused when the home changes meanwhile; then nothing is copied.
  if (reply.status !== 200) return
  const dto = reply.json<SandboxDto>()
  const fork = new HostileSandbox(dto, world.client, path.join(world.surroundings.dataDir, 'sandboxes', dto.id))
  await fork.run('cat trap/notes.txt trap/*/notes.txt .profile* trap/link* 2>&1; ls -RA . | head -200')
  for (const leak of world.canaries.leaksBelow(path.join(fork.folder, 'home'))) world.breach(`in a fork: ${leak}`)
  await fork.control('DELETE', '', undefined, 30_000)
}

async function saveAndLook(world: World, sandbox: HostileSandbox, name: string): Promise<void> {
  const reply = await sandbox.control('POST', '/snapshot', { name }, 60_000)
  const folder = path.join(world.surroundings.dataDir, 'snapshots')
  for (const leak of world.canaries.leaksBelow(folder)) world.breach(`in a snapshot: ${leak}`)
  if (reply.status >= 300) {
    if (readdirSync(folder).length > 0) world.breach('a failed snapshot left files behind')
    return
  }
  const made = await world.client.ask('POST', '/api/sandbox', { snapshot: name }, {}, 60_000)
  if (made.status === 200) {
    const { id } = made.json<SandboxDto>()
    for (const leak of world.canaries.leaksBelow(path.join(world.surroundings.dataDir, 'sandboxes', id, 'home'))) {
      world.breach(`in a sandbox from a snapshot: ${leak}`)
    }
    await world.client.ask('DELETE', `/api/sandbox/${id}`)
  }
  const list = (await world.client.ask('GET', '/api/snapshots')).json<{ items: { id: string; name: string }[] }>()
  for (const { id } of list.items.filter((each) => each.name === name)) {
    await world.client.ask('DELETE', `/api/snapshots/${id}`)
  }
}
