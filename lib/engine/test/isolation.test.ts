import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNetworkPolicy, type NetworkPolicy } from '@/lib/process-api/network-policy'
import { findProgram } from '@/lib/settings/programs'
import { hostUserOf } from '../isolation/host-user'
import { sandboxFolder } from '../isolation/sandbox-folder'
import { commandLineOf, ProcessSnapshot, readProcess, sandboxMark } from '../linux/process-table'
import { type IsolatedSandbox, type IsolationFixture, outsideAddress, startIsolation } from './isolation-fixture'
import { eventually } from './toolbox-fixture'

const none: NetworkPolicy = { kind: 'none', allowList: [] }
const isRoot = process.getuid?.() === 0

/** Running processes with the sandbox's mark, and zombies of this test. */
function leftOf(sandboxId: string): number[] {
  const snapshot = new ProcessSnapshot()
  return [...snapshot.entries.keys()].filter((pid) => snapshot.hasVariable(pid, sandboxMark, sandboxId))
}

function ownZombies(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/stat`, 'latin1')]
      } catch {
        // The process exited meanwhile.
        return []
      }
    })
    .filter((stat) => stat.slice(stat.lastIndexOf(')') + 2).startsWith(`Z ${process.pid} `))
}

function listenOn(host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on('error', () => socket.destroy()).end('hello from outside\n'))
    server.once('error', reject)
    server.listen(0, host, () => resolve(server))
  })
}
const portOf = (server: Server) => (server.address() as AddressInfo).port

describe.runIf(findProgram('bwrap'))('bubblewrap', () => {
  let fixture: IsolationFixture
  let sandbox: IsolatedSandbox
  let loopback: Server

  beforeAll(async () => {
    loopback = await listenOn('127.0.0.1')
    process.env.SECRET_OF_THE_HOST = 'must-not-be-seen'
    fixture = await startIsolation('bubblewrap')
    sandbox = await fixture.launch({ env: { FROM_SANDBOX: 'yes' } })
  })
  afterAll(async () => {
    await fixture.stop()
    loopback.close()
  })

  const run = async (command: string) => (await sandbox.execute(command)).result

  test('no attempt from inside reaches the host, its files, its processes, its loopback or the toolbox', async () => {
    const secret = randomBytes(16).toString('hex')
    writeFileSync(path.join(fixture.dataDir, 'api-key'), secret)
    writeFileSync(path.join(sandbox.folder.state, 'journal-of-somebody'), secret)
    const program = 'escape-attempts.py'
    copyFileSync(path.join(import.meta.dirname, 'programs', program), path.join(sandbox.folder.home, program))
    const { exitCode, result } = await sandbox.execute(
      `python3 ${program} ${fixture.dataDir} ${portOf(loopback)} must-not-be-seen`,
    )
    expect({ exitCode, result: exitCode === 0 ? '' : result }).toEqual({ exitCode: 0, result: '' })
    const seen = JSON.parse(result)
    const loopbackIsPrivate = sandbox.process.report.network === 'private'
    const reached = Object.keys(seen.found).filter((name) => loopbackIsPrivate || !name.startsWith('connect '))
    expect(reached).toEqual([])
    expect(seen.capabilities).toEqual(['0000000000000000'])
    expect(seen.noNewPrivileges).toBe('1')
    expect(seen.uid).toBe(1000)
    expect(seen.groups.filter((id: number) => id !== 1000 && id !== 65534)).toEqual([])
    // Standard streams, and the descriptor of the listing itself.
    expect(seen.descriptors).toEqual([0, 1, 2, 3])
  })

  test('the sandbox has its own user, home, host name, temporary folder and clean environment', async () => {
    expect(await run('id -un; id -u; id -gn; echo ~; pwd; hostname')).toBe(
      `daytona\n1000\ndaytona\n/home/daytona\n/home/daytona\n${sandbox.id.slice(0, 8)}\n`,
    )
    expect(await run('touch /tmp/a ~/b && ls -A /tmp; stat -c "%U %a" /tmp')).toBe('a\ndaytona 1777\n')
    expect(readdirSync(sandbox.folder.home)).toContain('b')
    const names = (await run('env')).split('\n').map((line) => line.split('=')[0])
    expect(names).not.toContain('SECRET_OF_THE_HOST')
    expect(await run('echo $FROM_SANDBOX; locale charmap; printf "$LANG"')).toBe('yes\nUTF-8\nC.UTF-8')
  })

  test('python, python3 and node run, even from outside the system folders', async () => {
    expect(await run('python -c "print(1)"; python3 -c "print(2)"; node -p 3')).toBe('1\n2\n3\n')
    expect(
      await run('python3 -c "import ssl, sqlite3, ctypes; print(ssl.create_default_context().get_ca_certs() != [])"'),
    ).toBe('True\n')
  })

  test('a login shell that did nothing exits with 0', async () => {
    expect(await sandbox.execute('bash -l -i -c exit 2> /dev/null')).toMatchObject({ exitCode: 0 })
  })

  test('shared memory, terminals and the usual files of /etc exist', async () => {
    expect(await run('python3 -c "import multiprocessing as m; print(m.Value(\'i\', 7).value)"')).toBe('7\n')
    expect(await run('python3 -c "import pty, os; print(os.ttyname(pty.openpty()[1]))"')).toMatch(/^\/dev\/pts\/\d+\n$/)
    expect(
      await run('getent passwd daytona; getent hosts localhost | head -1; ls /etc/ssl/certs | head -1 | wc -l'),
    ).toMatch(/^daytona:x:1000:1000:.*\n.*localhost.*\n1\n$/)
  })

  test.runIf(existsSync('/etc/matplotlibrc'))(
    "Debian's matplotlib, which has its settings in /etc, can be imported",
    async () => {
      expect(await run('/usr/bin/python3 -c "import matplotlib; print(matplotlib.matplotlib_fname())"')).toBe(
        '/etc/matplotlibrc\n',
      )
    },
  )

  test.runIf(isRoot)('for root, each sandbox is a separate ordinary user of the host', async () => {
    const other = await fixture.launch()
    const status = (it: IsolatedSandbox) => {
      const pid = leftOf(it.id).find((candidate) => readProcess(candidate)?.name.startsWith('sandglass-node'))
      return /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    }
    expect(status(sandbox)).toBe(String(hostUserOf(sandbox.id)))
    expect(status(other)).toBe(String(hostUserOf(other.id)))
    expect(status(other)).not.toBe(status(sandbox))
    await other.process.kill()
  })

  test('outbound connections work, but none reaches the loopback of the host', async () => {
    const address = outsideAddress()
    const outside = await listenOn('0.0.0.0')
    const open = await fixture.launch({ network: { kind: 'all', allowList: [] } })
    const run = async (command: string) => (await open.execute(command)).result
    try {
      const connect = (host: string) => `exec 3<>/dev/tcp/${host}/${portOf(outside)} && cat <&3`
      if (address !== null) expect(await run(connect(address))).toBe('hello from outside\n')
      if (open.process.report.network === 'private') {
        expect(await run(connect('127.0.0.1'))).toMatch(/refused|unreachable/)
        expect(await run(connect('10.0.2.2'))).toMatch(/refused|unreachable|not permitted/)
        expect(await run('cat /etc/resolv.conf')).toBe('nameserver 10.0.2.3\n')
      }
    } finally {
      outside.close()
      await open.process.kill()
    }
  })

  test('with the network blocked, only its own loopback is left', async () => {
    const blocked = await fixture.launch({ network: none })
    expect(blocked.process.report.network).toBe('blocked')
    const { result } = await blocked.execute(
      'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "; wc -l < /proc/net/route',
    )
    expect(result).toBe('lo\n1\n')
    const address = outsideAddress() ?? '192.0.2.1'
    const { result: refused } = await blocked.execute(`exec 3<>/dev/tcp/${address}/${portOf(loopback)}`)
    expect(refused).toMatch(/unreachable/)
    await blocked.process.kill()
  })

  test('killing a sandbox includes detached processes and leaves no zombie', async () => {
    const doomed = await fixture.launch()
    const daemons = [
      'setsid sleep 1001 &',
      '(setsid sh -c "setsid sleep 1002 & exit" &)',
      'env -i setsid nohup sleep 1003 >/dev/null 2>&1 &',
      "python3 -c \"import os,time\nif os.fork()==0:\n os.setsid()\n if os.fork()==0:\n  os.environ.clear(); os.execve('/bin/sleep',['sleep','1004'],{})\n os._exit(0)\" &",
    ]
    for (const daemon of daemons) await doomed.execute(daemon)
    const sleepers = () =>
      [...new ProcessSnapshot().entries.values()].filter((entry) => /^sleep 100[1-4]$/.test(commandLineOf(entry)))
        .length
    await eventually('all four run', () => sleepers() === 4)
    await doomed.process.kill()
    expect(sleepers()).toBe(0)
    expect(leftOf(doomed.id)).toEqual([])
    // Every child is a zombie for a moment until it is reaped.
    await eventually('no zombie is left', () => ownZombies().length === 0)
  })

  test('code inside cannot change the limits or the scheduling of the init', async () => {
    const program = `import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
limit = (ctypes.c_uint64 * 2)(0, 0)
for pid in (1, os.getppid()):
    print(libc.prlimit(pid, 7, limit, None), end=' ')
for call in (lambda: os.setpriority(os.PRIO_PROCESS, 1, 19), lambda: os.setpriority(os.PRIO_USER, 1000, 19),
             lambda: os.sched_setaffinity(1, {0}), lambda: os.sched_setscheduler(1, os.SCHED_BATCH, os.sched_param(0))):
    try:
        call()
        print('done', end=' ')
    except PermissionError:
        print('refused', end=' ')
`
    const command = `python3 - <<'END'\n${program}END\nulimit -n; prlimit --nofile=100 sh -c 'ulimit -n'`
    const before = await run('ulimit -n')
    expect(await run(command)).toBe(`-1 -1 refused refused refused refused ${before}100\n`)
    expect(await run('ulimit -n')).toBe(before)
  })

  test('a program that asks its parent to trace it keeps running', async () => {
    const program = `import ctypes, os, signal
libc = ctypes.CDLL(None)
signal.signal(signal.SIGUSR1, lambda *_: print('got it', flush=True))
libc.ptrace(0, 0, 0, 0)
os.kill(os.getpid(), signal.SIGUSR1)
print('on', flush=True)
raise SystemExit(7)`
    const end = await sandbox.execute(`exec python3 -c "${program}"`)
    expect(end).toEqual({ exitCode: 7, result: 'got it\non\n' })
  })

  test.runIf(mayForbidLowScores)(
    'a program cannot make the kernel choose the toolbox when memory runs out',
    async () => {
      const tried = 'echo 0 > /proc/self/oom_score_adj; cat /proc/self/oom_score_adj'
      expect(await run(`sh -c '${tried}' 2>/dev/null`)).toBe('500\n')
      const toolbox = processOf(sandbox.id, '/opt/sandglass-node')
      expect(readFileSync(`/proc/${toolbox}/oom_score_adj`, 'utf8')).toBe('0\n')
    },
  )

  test('a sandbox cannot use up the terminals of others', async () => {
    const program = `import os
masters = []
try:
    while len(masters) < 2000: masters.append(os.open('/dev/ptmx', os.O_RDWR))
except OSError as error: print(error.strerror, len(masters))`
    expect(await run(`python3 -c "${program}"`)).toMatch(/^No space left on device 2[0-5]\d\n$/)
  })

  test('nothing in /proc/sys is writable, whoever owns it', async () => {
    const writable = 'find /proc/sys /proc/irq /proc/bus /proc/fs -type f -writable 2>/dev/null | head -3'
    expect(await run(writable)).toBe('')
    expect(await run('cat /proc/sys/kernel/ostype; (echo 999 > /proc/sys/kernel/pid_max) 2>&1')).toMatch(
      /^Linux\n.*Read-only file system\n$/,
    )
  })

  test('orphans inside are reaped while the sandbox runs', async () => {
    await sandbox.execute('for i in $(seq 50); do (sh -c "exit 0" &) ; done')
    await eventually('no zombie is left inside', async () => (await run('ps -eo stat= | grep -c ^Z')).trim() === '0')
  })

  test('a note lets the next engine adopt and end the sandbox', async () => {
    const kept = await fixture.launch()
    const adopted = fixture.isolation.adopt(kept.id, kept.folder)
    expect(adopted?.report).toEqual(kept.process.report)
    await adopted?.kill()
    await expect(kept.process.ended).resolves.toMatchObject({ how: expect.stringMatching(/./) })
    expect(fixture.isolation.adopt(kept.id, kept.folder)).toBeNull()
    expect(leftOf(kept.id)).toEqual([])
  })

  test('a sandbox without a note is found by its mark', async () => {
    const lost = await fixture.launch()
    writeFileSync(path.join(lost.folder.path, 'runtime.json'), 'half a no')
    expect(fixture.isolation.adopt(lost.id, lost.folder)).toBeNull()
    await fixture.isolation.sweep(lost.id)
    expect(leftOf(lost.id)).toEqual([])
  })

  test('the exit of the toolbox is reported, after everything inside has ended', async () => {
    const short = await fixture.launch()
    await short.execute('setsid sleep 1005 &')
    process.kill(processOf(short.id, '/opt/sandglass-node'), 'SIGKILL')
    await expect(short.process.ended).resolves.toMatchObject({ how: expect.stringContaining('SIGKILL') })
    expect(leftOf(short.id)).toEqual([])
  })

  test('the exit of the init is reported, after everything inside and the toolbox have ended', async () => {
    const short = await fixture.launch()
    await short.execute('setsid sleep 1006 &')
    process.kill(processOf(short.id, '/opt/sandglass-hand'), 'SIGKILL')
    await expect(short.process.ended).resolves.toMatchObject({ how: expect.stringContaining('SIGKILL') })
    expect(leftOf(short.id)).toEqual([])
  })

  test('nothing inside can kill or stop what the sandbox needs to run', async () => {
    const hard = await fixture.launch()
    // A signal to all processes spares its sender, but without its supervisor the shell ends as well.
    const end = await hard.execute('kill -STOP 1; kill -9 1; kill -STOP -1; kill -9 -1; exec sleep 1007')
    expect(end).toMatchObject({ exitCode: 137, result: '' })
    expect(await hard.execute('echo still there')).toMatchObject({ exitCode: 0, result: 'still there\n' })
    await hard.process.kill()
  })

  test('a folder that cannot be created is a plain failure that leaves nothing behind', async () => {
    const id = crypto.randomUUID()
    const folder = sandboxFolder(path.join(fixture.dataDir, 'api-key', id))
    await expect(
      fixture.isolation.launch({
        sandboxId: id,
        folder,
        network: defaultNetworkPolicy,
        env: {},
        resources: null,
        stateKey: null,
      }),
    ).rejects.toThrow(/ENOTDIR/)
    expect(leftOf(id)).toEqual([])
  })
})

/** CAP_SYS_RESOURCE: setting a score with it also sets the minimum for processes without it. */
const mayForbidLowScores =
  (BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0}`) >> 24n) % 2n ===
  1n

/** The pid on the host of the first process of a sandbox whose command line starts with this. */
function processOf(sandboxId: string, program: string): number {
  const own = (pid: number) => commandLineOf(readProcess(pid) ?? missing(pid)).startsWith(program)
  return leftOf(sandboxId).find(own) ?? missing(sandboxId)
}

function missing(what: string | number): never {
  throw new Error(`there is no such process (${what})`)
}

describe('no isolation', () => {
  let fixture: IsolationFixture

  beforeAll(async () => {
    fixture = await startIsolation('none')
  })
  afterAll(() => fixture.stop())

  test('says so in a sentence, and refuses network policies that it cannot enforce', async () => {
    expect(fixture.isolation.report).toEqual({
      kind: 'none',
      network: 'shared',
      networkPolicy: { kind: 'all', allowList: [] },
      warnings: [expect.stringMatching(/plain processes/)],
      limits: expect.objectContaining({ disk: 'none' }),
    })
    const id = crypto.randomUUID()
    await expect(fixture.launch({ network: none }, undefined, id)).rejects.toThrow(
      'The network policy "none" cannot be enforced without isolation',
    )
    expect(leftOf(id)).toEqual([])
  })

  test("has its own home, python and node, and nothing of the host's environment", async () => {
    const sandbox = await fixture.launch({ env: { A: 'b' } })
    const { result } = await sandbox.execute('pwd; echo ~; echo $A$SECRET_OF_THE_HOST; python -c "print(1)"; node -p 2')
    expect(result).toBe(`${sandbox.folder.home}\n${sandbox.folder.home}\nb\n1\n2\n`)
    await sandbox.process.kill()
  })

  test('killing includes daemons that left the process tree', async () => {
    const sandbox = await fixture.launch()
    await sandbox.execute('setsid sleep 1010 & (setsid sh -c "setsid sleep 1011 & exit" &)')
    await eventually('they run', () => leftOf(sandbox.id).length >= 3)
    await sandbox.process.kill()
    expect(leftOf(sandbox.id)).toEqual([])
  })

  test('processes of a dead toolbox are ended with it', async () => {
    const sandbox = await fixture.launch()
    await sandbox.execute('setsid sleep 1012 &')
    const toolbox = leftOf(sandbox.id).find((pid) => readProcess(pid)?.parentPid === process.pid)
    process.kill(toolbox ?? 0, 'SIGKILL')
    await sandbox.process.ended
    expect(leftOf(sandbox.id)).toEqual([])
  })
})
