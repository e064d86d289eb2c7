import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Attack } from '../attack'
import { connected, internet, makeOutside, own, special } from '../network/surroundings'
import type { HostileSandbox } from '../sandbox'
import { secondsOf, type World } from '../world'

/** The machine's loopback under every address that it may have inside. */
const loopback = ['127.0.0.1', '127.0.0.2', '10.0.2.2', '10.0.2.3', '10.0.2.100', '0.0.0.0', '::1', '::']
const floodSeconds = 3
/** As a share of the attacker's own CPU time. */
const maxShare = 0.35
const forbidden = [...loopback, ...own, ...connected, ...special]

export const network: Attack = {
  name: 'network',
  lines: [8],
  isForPlainProcesses: false,
  description:
    'connects to the machine, its networks, and private and metadata addresses in every way that sockets offer',
  isFor: ({ stage }) => stage === 'network',

  async run(world) {
    const outside = await makeOutside()
    try {
      // A sandbox without restrictions reaches them; otherwise, the checks below would prove nothing.
      const open = await world.sandbox({ networkPolicy: 'all' })
      if (!(await reached(open, ['10.77.0.2', '169.254.169.254'])).length)
        throw new Error('nothing is reachable at all')

      const usual = await world.sandbox()
      await expectNothing(world, usual, forbidden, 'by default')
      await expectInternet(world, usual, internet)
      await expectBoundHelper(world, usual)
      // The policy must survive everything that follows.
      await usual.control('POST', '/network-settings', { networkBlockAll: true })
      await expectNothing(world, usual, [...forbidden, ...internet], 'with the network blocked')
      await usual.control('POST', '/network-settings', { networkBlockAll: false })
      await expectNothing(world, usual, own.concat(connected, special), 'after it was blocked for a while')
      await usual.control('POST', '/stop', undefined, 30_000)
      await usual.control('POST', '/start', undefined, 30_000)
      await expectNothing(world, usual, own.concat(connected, special), 'after a restart')
      await world.engine.kill9()
      await world.engine.restart()
      await expectNothing(world, usual, own.concat(connected, special), 'after the engine was killed and started again')

      const none = await world.sandbox({ networkBlockAll: true })
      await expectNothing(world, none, [...forbidden, ...internet], 'created without a network')
      const listed = await world.sandbox({ networkAllowList: '203.0.113.7/32' })
      await expectNothing(world, listed, [...forbidden, '11.22.33.44', '192.0.2.77'], 'with a list')
      await expectInternet(world, listed, ['203.0.113.7'])
    } finally {
      outside.close()
    }
  },
}

async function reached(sandbox: HostileSandbox, addresses: readonly string[]): Promise<[string, string[]][]> {
  const { result } = await sandbox.attackWith('network.py', addresses, 180_000)
  return Object.entries(JSON.parse(result))
}

async function expectNothing(world: World, sandbox: HostileSandbox, addresses: string[], when: string): Promise<void> {
  for (const [address, ways] of await reached(sandbox, addresses)) {
    world.breach(`${when}, ${address} is reachable: ${ways.join(', ')}`)
  }
}

async function expectInternet(world: World, sandbox: HostileSandbox, addresses: readonly string[]): Promise<void> {
  const found = (await reached(sandbox, addresses)).map(([address]) => address)
  for (const address of addresses) {
    if (!found.includes(address)) world.breach(`${address} is part of the internet but not reachable`)
  }
}

/** The process that forwards packets works for the sandbox, so the sandbox's CPU limit applies to it too. */
async function expectBoundHelper(world: World, sandbox: HostileSandbox): Promise<void> {
  const by = sandbox.dto.isolation?.limits?.by ?? 'none'
  const note = JSON.parse(readFileSync(path.join(sandbox.folder, 'runtime.json'), 'utf8'))
  const pid: number | undefined = note.helper?.pid
  if (!by.startsWith('cgroup') || pid === undefined) return
  const before = secondsOf(pid)
  const { result } = await sandbox.attackWith('network_flood.py', ['203.0.113.7', String(floodSeconds)])
  const used = secondsOf(pid) - before
  const isCounted = readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(sandbox.id)
  if (used > Math.max(Number(result), 0.5) * maxShare && !isCounted) {
    world.breach(
      `a flood of ${result} s makes the network helper use ${used} s of CPU time outside the sandbox's limits`,
    )
  }
}
