/**
 * What a sandbox reaches with each network policy, tested from inside, in networks created for the test, with the engine as
 * root and as an ordinary user.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExecuteResponse } from '@/lib/process-api/process'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { findProgram } from '@/lib/settings/programs'
import { buildProgram, type EngineFixture, startEngine } from './engine-fixture'
import { makeNeighbours, type Neighbours } from './network-neighbours'
import { eventually } from './toolbox-fixture'

const isRoot = process.getuid?.() === 0
const user = { uid: 65_534, gid: 65_534 }
const userMayIsolate =
  isRoot &&
  spawnSync(
    findProgram('bwrap') ?? 'bwrap',
    ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', 'true'],
    user,
  ).status === 0
const possible = isRoot && ['bwrap', 'slirp4netns', 'ip', 'nsenter'].every((name) => findProgram(name) !== null)

type Attempt = readonly [name: string, way: string, host: string, port: number]
const attemptsProgram = readFileSync(path.join(import.meta.dirname, 'programs', 'network-attempts.py'), 'utf8')

/** Refused attempts fail at once, never with a timeout. */
const refusal = /^(EPERM|EHOSTUNREACH|ENETUNREACH|EACCES)$/

describe
  .runIf(possible)
  .each([['root', null], ...(userMayIsolate ? ([['an ordinary user', user]] as const) : [])] as const)(
  'the engine of %s',
  (_name, owner) => {
    let engine: EngineFixture
    let around: Neighbours
    let folder: string
    /** On every address of this machine. */
    let own: { tcp: Server; udp: Socket; port: number }

    beforeAll(async () => {
      around = await makeNeighbours()
      own = await listenEverywhere()
      folder = mkdtempSync(path.join(tmpdir(), 'sandglass-network-'))
      chmodSync(folder, 0o755)
      const dataDir = path.join(folder, 'data')
      execFileSync('mkdir', ['-m', '700', dataDir])
      const program = path.join(folder, 'program')
      cpSync(path.dirname(await buildProgram()), program, { recursive: true, filter: (name) => !name.endsWith('.map') })
      execFileSync('chmod', ['-R', 'a+rX', program])
      if (owner) chownSync(dataDir, owner.uid, owner.gid)
      const become = owner ? ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--'] : []
      engine = await startEngine({
        isolation: 'bubblewrap',
        dataDir,
        program: path.join(program, 'engine.mjs'),
        through: [...around.through, ...become],
        env: { HOME: '/nonexistent' },
      })
    })
    afterAll(async () => {
      await engine?.stop()
      own?.tcp.close()
      own?.udp.close()
      around?.stop()
      if (folder) rmSync(folder, { recursive: true, force: true })
    })

    const run = async (id: string, command: string) =>
      (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>()

    /** Make the attempts inside; returns the result of each by its name. */
    const attempt = async (id: string, attempts: readonly Attempt[]): Promise<Record<string, string>> => {
      const command = `python3 -c "$(cat <<'PROGRAM'\n${attemptsProgram}\nPROGRAM\n)" <<'ATTEMPTS'\n${JSON.stringify(attempts)}\nATTEMPTS`
      const { result } = await run(id, command)
      return JSON.parse(result)
    }

    const everyWay = (name: string, host: string, port: number): Attempt[] => [
      [`${name}, TCP`, 'tcp', host, port],
      [`${name}, UDP`, 'udp', host, port],
    ]
    const lanAttempts = () => everyWay('the local network', around.lan.other, around.port)
    const internetAttempts = () => everyWay('the internet', around.internet, around.port)
    const ownAttempts = () => everyWay('this machine', around.lan.own, own.port)
    const specialAttempts = () => around.special.flatMap(([what, address]) => everyWay(what, address, around.port))
    const nameAttempts = (): Attempt[] => [['a name', 'name', 'somewhere.example', around.port]]
    const reached = (seen: Record<string, string>) => Object.keys(seen).filter((name) => seen[name] === 'answer')
    const notRefused = (seen: Record<string, string>) => Object.entries(seen).filter(([, end]) => !refusal.test(end))

    const setNetwork = async (id: string, settings: object) => {
      const answer = await engine.api('POST', `/sandbox/${id}/network-settings`, settings)
      expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
      return answer.json<SandboxDto>()
    }

    test('these networks are reachable from this machine itself, so the refusals below mean something', async () => {
      const names = [...lanAttempts(), ...internetAttempts(), ...ownAttempts(), ...specialAttempts()]
      const input = JSON.stringify(names)
      const child = spawn('python3', ['-c', attemptsProgram], { stdio: ['pipe', 'pipe', 'inherit'] })
      child.stdin.end(input)
      const seen = JSON.parse(await text(child.stdout))
      expect(reached(seen).sort()).toEqual(names.map(([name]) => name).sort())
    })

    describe('by default', () => {
      let sandbox: SandboxDto
      beforeAll(async () => {
        sandbox = await engine.createSandbox()
      })

      test('reports that its policy is "internet" and in force', () => {
        expect(sandbox).toMatchObject({ networkBlockAll: false, networkPolicy: 'internet' })
        expect(sandbox).not.toHaveProperty('networkAllowList')
        expect(sandbox.isolation).toMatchObject({
          network: 'private',
          networkPolicy: { kind: 'internet', allowList: [] },
          warnings: [],
        })
        expect(sandbox.isolation?.networkPolicy).not.toHaveProperty('message')
      })

      test('reaches the internet, over TCP and UDP, by address and by name', async () => {
        const wanted = [...internetAttempts(), ...nameAttempts()]
        expect(reached(await attempt(sandbox.id, wanted))).toEqual(wanted.map(([name]) => name))
      })

      test('DNS works over TCP as well, and the resolver has no other open port', async () => {
        const query =
          'import socket,struct; q=b"\\x00\\x01\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x01a\\x00\\x00\\x01\\x00\\x01"; s=socket.create_connection(("10.0.2.3",53),5); s.sendall(struct.pack(">H",len(q))+q); print(len(s.recv(512)) > 20)'
        expect((await run(sandbox.id, `python3 -c '${query}'`)).result).toBe('True\n')
        expect(notRefused(await attempt(sandbox.id, everyWay('another port', '10.0.2.3', 54)))).toEqual([])
      })

      test('reaches no address of this machine, no local network and no metadata service', async () => {
        const attempts: Attempt[] = [
          ...lanAttempts(),
          ...ownAttempts(),
          ...specialAttempts(),
          ...everyWay('a connected network', around.connected.other, around.port),
          ...everyWay('this machine there', around.connected.own, own.port),
          ...everyWay('the gateway', '10.0.2.2', own.port),
          ['a name that leads into the local network', 'name', 'lan.example', around.port],
        ]
        expect(notRefused(await attempt(sandbox.id, attempts))).toEqual([])
      })

      test('binding to the interface, mapped addresses and source routes make no difference', async () => {
        const ways = [
          'tcp by device',
          'udp by device',
          'udp by packet info',
          'udp without route',
          'tcp mapped',
          'udp mapped',
        ]
        const targets = [
          ['local', around.lan.other],
          ['metadata', '169.254.169.254'],
          ['connected', around.connected.other],
        ] as const
        const attempts = targets.flatMap(([what, host]) =>
          ways.map((way): Attempt => [`${what}, ${way}`, way, host, around.port]),
        )
        expect(notRefused(await attempt(sandbox.id, attempts))).toEqual([])
        const routed = await attempt(sandbox.id, [['routed', 'tcp by source route', around.lan.other, around.port]])
        expect(reached(routed)).toEqual([])
      })

      test('nothing is sent to multicast groups or broadcast addresses, which need no route', async () => {
        const attempts: Attempt[] = [
          ['mDNS', 'multicast', '224.0.0.251', 5353],
          ['SSDP', 'multicast', '239.255.255.250', 1900],
          ['limited broadcast', 'broadcast', '255.255.255.255', around.port],
          ['broadcast there', 'broadcast', '10.0.2.255', around.port],
        ]
        expect(notRefused(await attempt(sandbox.id, attempts))).toEqual([])
      })

      test('there is no IPv6 except the loopback', async () => {
        const attempts: Attempt[] = [
          ['TCP', 'tcp6', around.six.other, around.port],
          ['TCP by device', 'tcp6 by device', around.six.other, around.port],
          ['UDP', 'udp6', around.six.other, around.port],
          ['NAT64', 'tcp6', '64:ff9b::a9fe:a9fe', around.port],
          ['6to4', 'tcp6', '2002:a9fe:a9fe::1', around.port],
          ['unique local', 'tcp6', 'fd00::2', around.port],
        ]
        expect(notRefused(await attempt(sandbox.id, attempts))).toEqual([])
        expect((await run(sandbox.id, 'cut -c 1-32,44- /proc/net/if_inet6')).result).toMatch(/^0{31}1.* lo\n$/)
      })

      test('its own loopback works', async () => {
        const program =
          'import socket; s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(("::1", 0)); u.sendto(b"x", u.getsockname()); print(u.recv(1))'
        expect((await run(sandbox.id, `python3 -c '${program}'`)).result).toBe("b'x'\n")
      })

      test('code inside can neither change the rules nor read what they reveal about this machine', async () => {
        const tries = [
          'ip xfrm policy flush',
          'ip xfrm policy list',
          'ip route flush type unreachable',
          'ip route add default via 10.0.2.2 dev tap0',
          'ip address add 10.9.9.9/8 dev tap0',
          'ip neighbour add 169.254.169.254 lladdr 52:55:0a:00:02:02 dev tap0',
          'ip link set tap0 down',
          'unshare --user --map-root-user ip xfrm policy flush',
          'unshare --user --map-root-user --net ip link set tap0 up',
          'nsenter --net=/proc/1/ns/net --user=/proc/1/ns/user ip xfrm policy flush',
          'echo 1 > /proc/sys/net/ipv4/conf/tap0/disable_xfrm',
          'echo 1 > /proc/sys/net/ipv4/conf/all/disable_policy',
          // The owner of the namespace can read them, and may have the same user id as the programs inside.
          'find /proc/sys/net -type f -writable | grep .',
        ]
        for (const command of tries)
          expect({ command, ...(await run(sandbox.id, command)) }).not.toMatchObject({ exitCode: 0 })
        expect(notRefused(await attempt(sandbox.id, [...lanAttempts(), ...specialAttempts()]))).toEqual([])
        const { result } = await run(sandbox.id, 'ip route show table all; cat /proc/net/route /proc/net/fib_trie 2>&1')
        expect(result).not.toContain(around.lan.own)
        expect(result).not.toContain(around.connected.own.replace(/\d+$/, ''))
      })
    })

    test('"none" reaches nothing, not even names, and can be changed while it runs', async () => {
      const { id, ...sandbox } = await engine.createSandbox({ networkBlockAll: true })
      expect(sandbox).toMatchObject({ networkBlockAll: true, networkPolicy: 'none' })
      expect(sandbox.isolation).toMatchObject({ network: 'blocked', networkPolicy: { kind: 'none' }, warnings: [] })
      const attempts = [...internetAttempts(), ...lanAttempts(), ...ownAttempts()]
      expect(notRefused(await attempt(id, attempts))).toEqual([])
      expect(await attempt(id, nameAttempts())).toEqual({ 'a name': 'no name' })
      const opened = await setNetwork(id, { networkBlockAll: false })
      expect(opened).toMatchObject({ networkPolicy: 'internet', isolation: { network: 'private', warnings: [] } })
      expect(reached(await attempt(id, [...attempts, ...nameAttempts()]))).toEqual([
        'the internet, TCP',
        'the internet, UDP',
        'a name',
      ])
      await engine.api('DELETE', `/sandbox/${id}`)
    })

    test('"all" reaches what this machine reaches, except its loopback', async () => {
      const { id, ...sandbox } = await engine.createSandbox({ networkPolicy: 'all' })
      expect(sandbox).toMatchObject({ networkBlockAll: false, networkPolicy: 'all' })
      expect(sandbox.isolation?.networkPolicy).toEqual({ kind: 'all', allowList: [] })
      const wanted = [
        ...internetAttempts(),
        ...lanAttempts(),
        ...ownAttempts(),
        ...specialAttempts(),
        ...nameAttempts(),
      ]
      expect(reached(await attempt(id, wanted))).toEqual(wanted.map(([name]) => name))
      expect(reached(await attempt(id, everyWay('the gateway', '10.0.2.2', own.port)))).toEqual([])
      await engine.api('DELETE', `/sandbox/${id}`)
    })

    test('an allow list opens the listed networks, including private ones, and nothing else', async () => {
      const networkAllowList = ` ${around.lan.other}/32, 172.16.9.9/12,`
      const { id, ...sandbox } = await engine.createSandbox({ networkAllowList })
      const normal = [`${around.lan.other}/32`, '172.16.0.0/12']
      expect(sandbox).toMatchObject({
        networkBlockAll: false,
        networkPolicy: 'allow-list',
        networkAllowList: normal.join(','),
        isolation: { network: 'private', networkPolicy: { kind: 'allow-list', allowList: normal }, warnings: [] },
      })
      const wanted = [
        ...lanAttempts(),
        ...specialAttempts().filter(([name]) => name.startsWith('private, 172.16/12')),
        ['a name in the list', 'name', 'lan.example', around.port] as const,
      ]
      expect(reached(await attempt(id, wanted))).toEqual(wanted.map(([name]) => name))
      const others = [
        ...internetAttempts(),
        ...ownAttempts(),
        ...nameAttempts(),
        ...specialAttempts().filter(([name]) => !name.startsWith('private, 172.16/12')),
        ['by device', 'tcp by device', around.internet, around.port] as const,
        ['multicast', 'multicast', '239.255.255.250', 1900] as const,
      ]
      expect(notRefused(await attempt(id, others))).toEqual([])
      await engine.api('DELETE', `/sandbox/${id}`)
    })

    test('a change while it runs closes connections that the new policy forbids', async () => {
      const { id } = await engine.createSandbox({ networkPolicy: 'all' })
      const connection = (host: string) =>
        `import socket
s = socket.create_connection(("${host}", ${around.port}), 5)
assert s.recv(4) == b"out\\n"
s.sendall(b"ping")
assert s.recv(4) == b"ping"
open("/tmp/connected", "w").close()
import os, time
while not os.path.exists("/tmp/go"): time.sleep(0.01)
s.settimeout(3)
try:
    s.sendall(b"ping")
    print("still", s.recv(4))
except OSError as error:
    print("ended")`
      for (const [settings, host] of [
        [{ networkPolicy: 'internet' }, around.lan.other],
        [{ networkPolicy: 'none' }, around.internet],
      ] as const) {
        await run(id, 'rm -f /tmp/connected /tmp/go')
        const ended = run(id, `python3 -c '${connection(host)}'`)
        await eventually('it is connected', async () => (await run(id, 'test -e /tmp/connected')).exitCode === 0)
        await setNetwork(id, settings)
        await run(id, 'touch /tmp/go')
        expect((await ended).result).toBe('ended\n')
      }
      expect(notRefused(await attempt(id, [...internetAttempts(), ...lanAttempts()]))).toEqual([])
      await setNetwork(id, { networkAllowList: around.lan.network })
      expect(reached(await attempt(id, [...internetAttempts(), ...lanAttempts()]))).toEqual([
        'the local network, TCP',
        'the local network, UDP',
      ])
      await engine.api('DELETE', `/sandbox/${id}`)
    })

    test('a policy survives the engine and a stop, and applies to a fork', async () => {
      const { id } = await engine.createSandbox()
      const listed = await engine.createSandbox({ networkAllowList: around.lan.network })
      const reported = async (it: string) => {
        const { networkPolicy, networkAllowList, isolation } = (
          await engine.api('GET', `/sandbox/${it}`)
        ).json<SandboxDto>()
        return [networkPolicy, networkAllowList, isolation?.networkPolicy]
      }
      const before = [await reported(id), await reported(listed.id)]
      const attempts = [...internetAttempts(), ...lanAttempts(), ...specialAttempts()]
      const hold = async () => {
        expect([await reported(id), await reported(listed.id)]).toEqual(before)
        expect(reached(await attempt(id, attempts))).toEqual(['the internet, TCP', 'the internet, UDP'])
        expect(reached(await attempt(listed.id, attempts))).toEqual([
          'the local network, TCP',
          'the local network, UDP',
        ])
      }
      await hold()
      await engine.kill9()
      await engine.restart()
      await hold()
      for (const it of [id, listed.id]) {
        await engine.api('POST', `/sandbox/${it}/stop`)
        await engine.api('POST', `/sandbox/${it}/start`)
      }
      await hold()
      const fork = (await engine.api('POST', `/sandbox/${listed.id}/fork`, {})).json<SandboxDto>()
      expect(await reported(fork.id)).toEqual(before[1])
      expect(reached(await attempt(fork.id, attempts))).toEqual(['the local network, TCP', 'the local network, UDP'])
    })

    test('the next engine replaces a helper with another policy than the stored one', async () => {
      const { id } = await engine.createSandbox({ networkPolicy: 'all' })
      expect(reached(await attempt(id, lanAttempts()))).toHaveLength(2)
      await engine.kill9()
      const file = path.join(engine.dataDir, 'sandboxes', id, 'sandbox.json')
      const { network: _network, ...record } = JSON.parse(readFileSync(file, 'utf8'))
      // As stored by an engine before network policies.
      writeFileSync(file, JSON.stringify({ ...record, networkBlockAll: false }))
      await engine.restart()
      expect((await engine.api('GET', `/sandbox/${id}`)).json()).toMatchObject({
        networkPolicy: 'internet',
        isolation: { networkPolicy: { kind: 'internet' } },
      })
      expect(notRefused(await attempt(id, lanAttempts()))).toEqual([])
      expect(reached(await attempt(id, internetAttempts()))).toHaveLength(2)
    })
  },
)

describe.runIf(possible)('on a machine that cannot enforce a policy', () => {
  test.each([
    ['ip', /because its rules cannot be set here|because .*"ip"/],
    ['slirp4netns', /because slirp4netns does not work here/],
  ])('without %s that is reported, and an explicit policy is refused', async (missing, reason) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-path-'))
    writeFileSync(path.join(folder, missing), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const engine = await startEngine({ isolation: 'bubblewrap', env: { PATH: `${folder}:${process.env.PATH}` } })
    try {
      const { isolation, id } = await engine.createSandbox()
      expect(isolation?.networkPolicy).toEqual({ kind: 'all', allowList: [], message: expect.stringMatching(reason) })
      expect(isolation?.warnings.join(' ')).toMatch(/network/)
      for (const request of [{ networkPolicy: 'internet' }, { networkAllowList: '203.0.113.0/24' }]) {
        for (const route of ['/sandbox', `/sandbox/${id}/network-settings`]) {
          const answer = await engine.api('POST', route, request)
          expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
            400,
            expect.stringMatching(
              /^The network policy "(internet|allow-list)" cannot be enforced on this machine, because /,
            ),
          ])
        }
      }
      // `none` and `all` are always possible.
      const none = await engine.createSandbox({ networkBlockAll: true })
      expect(none.isolation).toMatchObject({ network: 'blocked', networkPolicy: { kind: 'none' } })
      const all = await engine.createSandbox({ networkPolicy: 'all' })
      expect(all.isolation?.networkPolicy).toEqual({ kind: 'all', allowList: [] })
    } finally {
      await engine.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

test.runIf(possible)('a failed change leaves no network, is reported, and can be retried', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-path-'))
  const broken = path.join(folder, 'broken')
  const shim = `#!/bin/sh\nif [ -e ${broken} ]; then echo out of order >&2; exit 1; fi\nexec ${findProgram('ip')} "$@"\n`
  writeFileSync(path.join(folder, 'ip'), shim, { mode: 0o755 })
  chmodSync(folder, 0o755)
  const engine = await startEngine({ isolation: 'bubblewrap', env: { PATH: `${folder}:${process.env.PATH}` } })
  try {
    const { id } = await engine.createSandbox({ networkPolicy: 'all' })
    const change = (settings: object) => engine.api('POST', `/sandbox/${id}/network-settings`, settings)
    const interfaces = async () => {
      const command = 'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " \n"'
      return (await engine.toolbox(id, 'POST', '/process/execute', { command })).json<ExecuteResponse>().result
    }
    expect(await interfaces()).toBe('lotap0')
    writeFileSync(broken, '')
    const failed = await change({ networkPolicy: 'internet' })
    expect([failed.status, failed.json<{ message: string }>().message]).toEqual([
      503,
      expect.stringMatching(/^the network could not be changed: /),
    ])
    expect((await engine.api('GET', `/sandbox/${id}`)).json()).toMatchObject({
      networkPolicy: 'all',
      isolation: { network: 'blocked', networkPolicy: { kind: 'none', message: expect.stringContaining('"all"') } },
    })
    await eventually('the interface is removed', async () => (await interfaces()) === 'lo')
    rmSync(broken)
    expect((await change({ networkPolicy: 'internet' })).json()).toMatchObject({
      networkPolicy: 'internet',
      isolation: { network: 'private', networkPolicy: { kind: 'internet' }, warnings: [] },
    })
    expect(await interfaces()).toBe('lotap0')
  } finally {
    await engine.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

async function listenEverywhere() {
  const tcp = createServer((socket) => socket.on('error', () => socket.destroy()).end('out\n'))
  tcp.listen(0, '0.0.0.0')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4', (_message, sender) => udp.send('out\n', sender.port, sender.address))
  udp.bind(port, '0.0.0.0')
  await once(udp, 'listening')
  return { tcp, udp, port }
}
