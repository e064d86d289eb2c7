/** A temporary sandbox that tests whether the isolation works. */
import { randomUUID } from 'node:crypto'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { z } from 'zod'
import { defaultNetworkPolicy } from '@/lib/process-api/network-policy'
import { sandboxMark } from '../linux/process-table'
import { inside } from './bubblewrap-arguments'
import { type LaunchedBubblewrap, launchBubblewrap } from './bubblewrap-launch'
import type { BubblewrapSetup } from './bubblewrap-setup'
import { launchWithin } from './limits/launch-within'
import { link } from './network/namespace-commands'
import { sandboxFolder } from './sandbox-folder'
import { TrackedSandbox } from './tracked-sandbox'

export type Probe = { works: true } | { works: false /** One line. */; reason: string }

/** Any multicast group will do. */
const multicastGroup = '239.255.255.250'
const probeTimeoutMs = 10_000
const resultSchema = z.object({ hidden: z.boolean(), reached: z.array(z.string()) })

/**
 * Runs in place of the toolbox and checks that /proc has no entry for it, that a listener on the host's loopback is
 * unreachable, and that the network rules are enforced, so that there is not even a route to a refused address.
 */
const program = (port: number, refused: readonly string[]) => `
const { existsSync, readdirSync } = require('node:fs')
const hidden = !existsSync('/proc/self') && readdirSync('/proc').filter((name) => Number(name) > 1).length === 0
const reaches = (host) => new Promise((resolve) => {
  const socket = require('node:net').connect({ host, port: ${port}, timeout: 1000 })
  const settle = (reached) => { socket.destroy(); resolve(reached ? [host] : []) }
  socket.on('connect', () => settle(true)).on('error', () => settle(false)).on('timeout', () => settle(false))
})
const sends = (host) => new Promise((resolve) => {
  const socket = require('node:dgram').createSocket('udp4')
  const settle = (error) => { socket.close(); resolve(error ? [] : [host]) }
  socket.bind(() => {
    if (host !== '${multicastGroup}') return socket.connect(9, host, settle)
    socket.setMulticastInterface('${link.address}')
    socket.send('', 9, host, settle)
  })
})
const answer = async () => {
  const reached = await Promise.all(['127.0.0.1', '${link.gateway}'].map(reaches))
  const sent = await Promise.all(${JSON.stringify(refused)}.map(sends))
  console.log(JSON.stringify({ hidden, reached: [...reached, ...sent].flat() }))
  setInterval(() => {}, 60_000)
}
answer()`

/** Addresses that the default policy refuses: a metadata service, a multicast group, this machine. */
function refusedAddresses(): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const addresses = own.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
  return ['169.254.169.254', multicastGroup, ...addresses]
}

/**
 * Create a sandbox with this setup, test it from inside, and end it. With a network helper the network is private, and the
 * probe fails if the host's loopback is reachable.
 * @param folder an empty folder below the data directory
 */
export async function probeBubblewrap(setup: BubblewrapSetup, folder: string): Promise<Probe> {
  const canary = await listen()
  const { port } = canary.address() as AddressInfo
  const sandboxId = randomUUID()
  const network = setup.helper ? 'private' : 'shared'
  const refused = setup.policing ? refusedAddresses() : []
  try {
    // With its control groups, so that their visibility is tested as well.
    const limits = setup.limits.open(sandboxId)
    const launched = await launchWithin(limits, null, () =>
      launchBubblewrap(setup, {
        request: {
          sandboxId,
          folder: sandboxFolder(folder),
          network: defaultNetworkPolicy,
          env: {},
          resources: null,
          stateKey: null,
        },
        network,
        env: { PATH: '/usr/bin:/bin', [sandboxMark]: sandboxId },
        command: [inside.node, '-e', program(port, refused)],
        output: 'pipe',
        limits,
      }),
    )
    try {
      const { hidden, reached } = resultSchema.parse(JSON.parse(await firstLine(launched)))
      if (network === 'private' && reached.length > 0) {
        return { works: false, reason: `${reached.join(' and ')} of this machine is reachable from inside` }
      }
      if (!hidden) return { works: false, reason: 'the toolbox is visible from inside' }
      return { works: true }
    } finally {
      await new TrackedSandbox({ kind: 'bubblewrap', network, warnings: [] }, { ...launched, limits }).kill()
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { works: false, reason: text.replaceAll('\n', '; ').slice(0, 300) }
  } finally {
    canary.close()
  }
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

function firstLine({ child, errorText }: LaunchedBubblewrap): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const fail = (sentence: string) => {
      clearTimeout(timer)
      reject(new Error(errorText() || sentence))
    }
    const timer = setTimeout(() => fail('the probe timed out'), probeTimeoutMs)
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (!text.includes('\n')) return
      clearTimeout(timer)
      resolve(text)
    })
    if (child.exitCode !== null) fail('the probe exited immediately')
    child.once('close', () => fail('the probe exited immediately'))
  })
}
