/** The session shell against a real bash: state, bytes, statuses, ends, interrupts, whatever the user has set in it. */
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { poolFolders } from '../config/toolbox-config'
import { FifoPool } from '../toolbox/process/fifo-pool'
import { maxInputQueueBytes } from '../toolbox/process/input-pipe'
import { LocalStarter } from '../toolbox/process/local-starter'
import { BashReader } from '../toolbox/session/bash-reader'
import { commandMark } from '../toolbox/session/command-mark'
import { isBlockedInBuiltin } from '../toolbox/session/control-watch'
import { maySetTrap } from '../toolbox/session/interrupting'
import type { CommandOutcome, RunningCommand, SessionShell, ShellEnd } from '../toolbox/session/shell'
import { startShell as startSessionShell } from '../toolbox/session/start-shell'
import { eventually } from './toolbox-fixture'

const scratchDir = mkdtempSync(path.join(tmpdir(), "session shell's-"))
const searchPath = process.env.PATH ?? '/usr/bin:/bin'
const folders = poolFolders({ scratchDir, scratchInside: null, pipesDir: null })
const starter = new LocalStarter(folders.pipesDir, searchPath)
const pipes = new FifoPool(folders, starter)
const shells: SessionShell[] = []

afterEach(async () => {
  for (const shell of shells.splice(0)) {
    killGroup(shell.pid)
    await shell.ended
  }
})
afterAll(() => rmSync(scratchDir, { recursive: true, force: true }))

function killGroup(pid: number) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' })
  }
}

async function startShell(kind: 'bash' | 'sh' = 'bash', env: Record<string, string> = {}) {
  const binary = kind === 'bash' ? 'bash' : 'dash'
  const shellEnv = { PATH: searchPath, SANDGLASS_COMMAND: '', ...env }
  const shell = await startSessionShell(kind, { binary, cwd: '/', env: shellEnv, pipes, starter })
  shells.push(shell)
  return shell
}

interface Capture extends RunningCommand {
  stdout: Buffer
  stderr: Buffer
}

let ids = 0

async function start(shell: SessionShell, text: string, stdin: 'open' | 'closed' = 'closed'): Promise<Capture> {
  const capture = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const running = await shell.run({
    id: `id-${++ids}`,
    text,
    stdin,
    onOutput: (stream, bytes) => {
      capture[stream] = Buffer.concat([capture[stream], bytes])
    },
    onStdinClosed: () => {},
  })
  return Object.assign(capture, running)
}

async function run(shell: SessionShell, text: string) {
  const capture = await start(shell, text)
  const outcome = await capture.outcome
  return { ...codeOf(outcome), stdout: capture.stdout.toString('latin1'), stderr: capture.stderr.toString('latin1') }
}

function codeOf(outcome: CommandOutcome): {
  status?: number
  code?: number | null
  signal?: string | null
  message?: string | null
} {
  return outcome.type === 'returned' ? { status: outcome.status } : shellEnd(outcome.end)
}

function shellEnd({ exit, message }: ShellEnd) {
  return { code: exit.signal === null ? exit.exitCode : null, signal: exit.signal, message }
}

async function until(what: string, condition: () => boolean) {
  const deadline = performance.now() + 5_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited too long: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** True once a descendant of the shell is the program `name`, not a fork that is about to become it. */
function runs(name: string, pid: number | null): boolean {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  return children.some((child) => readFileSync(`/proc/${child}/comm`, 'latin1').trim() === name || runs(name, child))
}

test('starts in its folder, whichever descriptors are free here', async () => {
  const held: number[] = []
  try {
    // The next one to be opened is 99, which the shell is given to report its statuses.
    do held.push(openSync('/dev/null', 'r'))
    while ((held.at(-1) ?? 0) < 99)
    for (const descriptor of held.splice(held.findIndex((it) => it >= 99))) closeSync(descriptor)
    expect((await run(await startShell(), 'pwd')).stdout).toBe('/\n')
  } finally {
    for (const descriptor of held) closeSync(descriptor)
  }
})

describe('state', () => {
  test('folder, variables, functions and the last status stay from command to command', async () => {
    const shell = await startShell()
    await run(shell, 'cd /tmp; export V=1; f() { echo "f$1"; }')
    expect(await run(shell, 'echo $PWD $V; f 3')).toEqual({ status: 0, stdout: '/tmp 1\nf3\n', stderr: '' })
    expect(await run(shell, '(exit 7)')).toMatchObject({ status: 7 })
    expect(await run(shell, 'echo $?')).toMatchObject({ stdout: '7\n' })
    expect(await run(shell, 'echo $?')).toMatchObject({ stdout: '0\n' })
  })

  test('a descriptor that a command opened stays open for the next ones', async () => {
    const shell = await startShell()
    const file = path.join(scratchDir, 'kept')
    await run(shell, `exec 3>"${file}" 4>&3; echo a >&3`)
    expect(await run(shell, `echo b >&4; cat "${file}"`)).toMatchObject({ stdout: 'a\nb\n' })
  })

  test('moving stdout and stderr for good moves them for that command only', async () => {
    const shell = await startShell()
    await run(shell, 'exec >/dev/null 2>&1; echo lost')
    expect(await run(shell, 'echo seen; echo too >&2')).toEqual({ status: 0, stdout: 'seen\n', stderr: 'too\n' })
  })

  test('children inherit neither the descriptor of the reports nor the control pipe', async () => {
    const shell = await startShell()
    const { stdout } = await run(shell, 'readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; ls /proc/self/fd')
    expect(stdout).toMatch(/^\/dev\/null\n.*\/named\/n\d+\n.*\/named\/n\d+\n/)
    expect(stdout.split('\n')).not.toContain('99')
    expect(stdout.split('\n')).not.toContain('10')
  })

  test('what a command starts carries its id in the environment', async () => {
    const shell = await startShell()
    const capture = await start(shell, 'printenv SANDGLASS_COMMAND')
    await capture.outcome
    expect(capture.stdout.toString()).toBe(`${commandMark(`id-${ids}`)}\n`)
  })
})

describe('bytes', () => {
  test('NUL, invalid UTF-8 and stream markers survive, and both streams are distinguished', async () => {
    const shell = await startShell()
    const result = await run(shell, "printf 'a\\0\\377\\1\\1\\1b'; printf '\\2\\2\\2\\0e' >&2")
    expect(result).toEqual({ status: 0, stdout: 'a\0\xff\x01\x01\x01b', stderr: '\x02\x02\x02\0e' })
  })

  test('a prompt without newline and carriage returns arrive one by one, while the command runs', async () => {
    const shell = await startShell()
    const command = await start(
      shell,
      "printf 'Name? '; read n; for i in 1 2 3; do printf '\\r%d' $i; read x; done",
      'open',
    )
    await until('the prompt', () => command.stdout.toString() === 'Name? ')
    for (const seen of ['Name? \r1', 'Name? \r1\r2', 'Name? \r1\r2\r3']) {
      command.input?.write(Buffer.from('x\n'))
      await until(seen, () => command.stdout.toString() === seen)
    }
    command.input?.write(Buffer.from('x\n'))
    expect(await command.outcome).toEqual({ type: 'returned', status: 0 })
  })

  test('/dev/stdout and /dev/stderr can be opened', async () => {
    const shell = await startShell()
    expect(await run(shell, 'echo o >/dev/stdout; echo e >/dev/stderr; echo t | tee /dev/stderr')).toEqual({
      status: 0,
      stdout: 'o\nt\n',
      stderr: 'e\nt\n',
    })
  })

  test('50 MB arrive whole before the outcome', async () => {
    const shell = await startShell()
    let bytes = 0
    const { outcome } = await shell.run({
      id: 'big',
      text: 'head -c 50000000 /dev/zero',
      stdin: 'closed',
      onOutput: (_stream, data) => {
        bytes += data.length
      },
      onStdinClosed: () => {},
    })
    await outcome
    expect(bytes).toBe(50_000_000)
  })
})

describe('statuses', () => {
  test.each([
    ['true', 0],
    ['(exit 7)', 7],
    ['f() { return 5; }; f', 5],
    ['return 5', 2],
    ['no-such-command', 127],
    ['/etc/passwd', 126],
    ["sh -c 'kill -9 $$'", 137],
    ['if true; then', 2],
    ['echo "open', 2],
    ['cat <<X\nabc', 0],
    ['( set -e; false; true )', 1],
  ])('%j gives %i and the session goes on', async (text, status) => {
    const shell = await startShell()
    expect(await run(shell, text)).toMatchObject({ status })
    expect(await run(shell, 'echo on')).toEqual({ status: 0, stdout: 'on\n', stderr: '' })
  })

  test('a script of 12 MB runs', async () => {
    const shell = await startShell()
    const text = `x='${'x'.repeat(12_000_000)}'; echo \${#x}`
    expect(await run(shell, text)).toMatchObject({ status: 0, stdout: '12000000\n' })
  })
})

describe('the end of the shell', () => {
  test.each([
    ['exit 7', 7, null],
    ['exec sleep 0.1', 0, null],
    ['set -e; echo a; false; echo b', 1, null],
    ['kill -9 $$', null, 'SIGKILL'],
    ['kill -TERM $$', null, 'SIGTERM'],
    ['kill -HUP $$', null, 'SIGHUP'],
    ["trap 'echo bye' EXIT; exit 4", 4, null],
  ])('%j is the command’s end too', async (text, code, signal) => {
    const shell = await startShell()
    expect(await run(shell, text)).toMatchObject({ code, signal })
    expect(shellEnd(await shell.ended)).toMatchObject({ code, signal })
  })

  test('under set -e a later failing command ends the shell with its status', async () => {
    const shell = await startShell()
    expect(await run(shell, 'set -e')).toMatchObject({ status: 0 })
    expect(await run(shell, 'sh -c "exit 9"')).toMatchObject({ code: 9 })
  })

  test('output before the end is kept', async () => {
    const shell = await startShell()
    expect(await run(shell, "trap 'echo bye' EXIT; echo first; exit 4")).toMatchObject({ stdout: 'first\nbye\n' })
  })

  test('a shell that cannot be started says why', async () => {
    const options = { binary: '/nowhere/bash', cwd: '/', env: {}, pipes, starter }
    await expect(startSessionShell('bash', options)).rejects.toThrow('/nowhere/bash is not installed')
  })
})

describe('settings of the user', () => {
  test.each([
    'set -f',
    'set -u',
    'set -o posix',
    'set -o noclobber',
    'IFS=0123456789/',
    'printf() { :; }; echo() { :; }; unset() { :; }; exit() { :; }',
    'shopt -s expand_aliases; alias printf=false builtin=false .=false exit=false',
    "trap 'echo debug' DEBUG; trap 'echo error' ERR; trap 'echo return' RETURN",
    'set -T -E; trap : DEBUG; trap : RETURN',
    'PROMPT_COMMAND="echo prompt"; PS1="$(date) "',
    'export LC_ALL=C POSIXLY_CORRECT=1',
    'exec 10>&1 11>&1',
    'readonly SANDGLASS_COMMAND',
    'unset PATH HOME IFS',
    'cd /; trap "" INT TERM QUIT',
  ])('after %j commands still give their output and status', async (setting) => {
    const shell = await startShell()
    expect(await run(shell, setting)).toMatchObject({ status: 0 })
    expect(await run(shell, '(\\builtin exit 30)')).toMatchObject({ status: 30 })
    expect((await run(shell, '\\builtin echo "a 1"')).stdout).toContain('a 1\n')
  })

  test('a trace shows the command and nothing of the machinery', async () => {
    const shell = await startShell()
    await run(shell, 'set -x')
    expect(await run(shell, '(exit 3)')).toEqual({ status: 3, stdout: '', stderr: '+ exit 3\n' })
    expect(await run(shell, 'echo hi')).toEqual({ status: 0, stdout: 'hi\n', stderr: '+ echo hi\n' })
  })

  test('under set -u an unset variable ends the shell, as it ends any bash that is not interactive', async () => {
    const shell = await startShell()
    await run(shell, 'set -u')
    const failed = await run(shell, 'echo $nope; echo not here')
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toBe('bash: line 2: nope: unbound variable\n')
  })

  test.each(['set -n', 'set -o noexec; echo not here', 'set -r'])(
    '%j, after which bash can run no command, ends the session with a sentence instead of hanging',
    async (text) => {
      const shell = await startShell()
      const first = await run(shell, text)
      const result = first.message === undefined ? await run(shell, 'echo not here') : first
      expect(result).toMatchObject({ signal: 'SIGKILL', stdout: '' })
      expect(result.message).toContain('reads commands but runs none')
    },
  )

  test('the scratch folder may be emptied between commands', async () => {
    const shell = await startShell()
    await run(shell, 'true')
    // Until then the shell still reports the end of the command, and new pipes may be half there.
    await until('the shell reads', () => isBlockedInBuiltin(shell.pid))
    await pipes.settled()
    rmSync(scratchDir, { recursive: true })
    expect(await run(shell, 'echo back')).toEqual({ status: 0, stdout: 'back\n', stderr: '' })
  })
})

describe('background processes', () => {
  test('a command that leaves one behind returns at once, and its later output still arrives', async () => {
    const shell = await startShell()
    const before = performance.now()
    const command = await start(shell, '( sleep 0.4; echo late ) & echo hi')
    await command.outcome
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(command.stdout.toString()).toBe('hi\n')
    await command.output.closed
    expect(command.stdout.toString()).toBe('hi\nlate\n')
  })

  test('one that writes without end does not hold the outcome back', async () => {
    const shell = await startShell()
    const before = performance.now()
    const command = await start(shell, 'while sleep 0.005; do echo tick; done & echo hi')
    expect(await command.outcome).toEqual({ type: 'returned', status: 0 })
    expect(performance.now() - before).toBeLessThan(20_000)
  })

  test('its output goes to the command that started it', async () => {
    const shell = await startShell()
    const first = await start(shell, '( sleep 0.3; echo late ) &')
    await first.outcome
    expect(await run(shell, 'sleep 0.5; echo second')).toMatchObject({ stdout: 'second\n' })
    expect(first.stdout.toString()).toBe('late\n')
  })
})

describe('stdin', () => {
  test('closed: end-of-file at once', async () => {
    const shell = await startShell()
    expect(await run(shell, 'cat; read x; echo "read $?"')).toMatchObject({ stdout: 'read 1\n' })
  })

  test('open: it takes input, and end-of-file on request, also before the shell has it open', async () => {
    const shell = await startShell()
    const command = await start(shell, 'cat', 'open')
    command.input?.write(Buffer.from('abc'))
    command.input?.end()
    expect(await command.outcome).toEqual({ type: 'returned', status: 0 })
    expect(command.stdout.toString()).toBe('abc')
  })

  test('input that nobody reads waits up to a limit, and ends with the command', async () => {
    const shell = await startShell()
    const command = await start(shell, 'sleep 0.3', 'open')
    command.input?.write(Buffer.alloc(maxInputQueueBytes))
    expect(() => command.input?.write(Buffer.alloc(1024 * 1024))).toThrow(/has not read/)
    await command.outcome
    expect(command.input?.isOpen).toBe(false)
    expect(await run(shell, 'echo on')).toMatchObject({ stdout: 'on\n' })
  })
})

describe('interrupt', () => {
  test.each([
    ['a child', 'sleep 60; echo not here', 130],
    ['a loop of the shell alone', 'while :; do :; done', 130],
    ['a loop of children', 'while :; do sleep 60; done; echo not here', 130],
    ['a function in a function', 'f() { while :; do sleep 60; done; }; g() { f; echo no; }; g; echo no', 130],
    ['a pipeline', 'sleep 60 | cat; echo not here', 130],
    ['a subshell', '( while :; do sleep 60; done ); echo not here', 130],
    ['read', 'read x', 130],
    ['wait', 'sleep 60 & wait; echo not here', 130],
    ['a child that handles it', `sh -c 'trap "exit 3" INT; echo begun; while :; do sleep 0.05; done'`, 3],
    ['a trap of the user', `f() { trap 'return 4' INT; echo begun; while :; do :; done; }; f`, 4],
  ])('ends %s and leaves the session alive', async (_what, text, status) => {
    const shell = await startShell()
    const command = await start(shell, text.includes('begun') ? text : `echo begun; ${text}`, 'open')
    await until('the begin', () => command.stdout.includes('begun'))
    if (text.includes('sleep')) await until('a child', () => runs('sleep', shell.pid))
    shell.interrupt(maySetTrap(text))
    expect(await command.outcome).toEqual({ type: 'returned', status })
    expect(command.stdout.toString()).not.toContain('no')
    expect(command.stderr.toString()).toBe('')
    expect(await run(shell, 'trap - INT; echo on')).toMatchObject({ status: 0, stdout: 'on\n' })
  })

  test('leaves background processes of earlier commands alone', async () => {
    const shell = await startShell()
    await run(shell, 'sleep 60 & echo $! > /dev/null')
    const command = await start(shell, 'tail -f /dev/null')
    await until('the child', () => runs('tail', shell.pid))
    shell.interrupt()
    await command.outcome
    expect(await run(shell, 'kill -0 $! && echo alive; kill $!')).toMatchObject({ stdout: 'alive\n' })
  })

  test('children do not inherit an ignored interrupt', async () => {
    const shell = await startShell()
    const { stdout } = await run(shell, 'grep SigIgn /proc/self/status')
    const ignored = BigInt(`0x${stdout.trim().split(/\s+/)[1]}`)
    expect(ignored & 2n).toBe(0n)
  })

  test('a command that was just handed over can be waited for until it can be interrupted', async () => {
    const shell = await startShell()
    const starting = start(shell, 'sleep 60')
    await shell.started()
    shell.interrupt()
    expect(await (await starting).outcome).toEqual({ type: 'returned', status: 130 })
  })

  test('again and again between commands loses no status', async () => {
    const shell = await startShell()
    // Only then the shell has the traps that an interrupt needs; sessions wait for `started` before they send one.
    await run(shell, 'true')
    for (let i = 0; i < 200; i += 1) {
      const command = await start(shell, 'sleep 0.002')
      const timer = setTimeout(() => shell.interrupt(), i % 6)
      const outcome = await command.outcome
      clearTimeout(timer)
      expect(outcome).toEqual({ type: 'returned', status: expect.any(Number) })
    }
    expect(await run(shell, 'echo on')).toMatchObject({ status: 0, stdout: 'on\n' })
  })
})

describe('sh as a fallback', () => {
  test('keeps state, tells statuses, survives an interrupt and sees its own end', async () => {
    const shell = await startShell('sh')
    await run(shell, 'cd /tmp; V=1')
    expect(await run(shell, 'echo $PWD $V; echo e >&2')).toEqual({ status: 0, stdout: '/tmp 1\n', stderr: 'e\n' })
    expect(await run(shell, '(exit 7)')).toMatchObject({ status: 7 })
    expect(await run(shell, 'echo $?')).toMatchObject({ stdout: '7\n' })
    const loop = await start(shell, 'echo begun; while :; do :; done')
    await until('the begin', () => loop.stdout.includes('begun'))
    shell.interrupt()
    expect(await loop.outcome).toEqual({ type: 'returned', status: 130 })
    const open = await start(shell, 'read x; echo "got $x"', 'open')
    open.input?.write(Buffer.from('y\n'))
    await open.outcome
    expect(open.stdout.toString()).toBe('got y\n')
    expect(await run(shell, 'exit 9')).toMatchObject({ code: 9 })
  })
})

test('2,000 commands in a row leave no descriptor, script or growing set of FIFOs behind', async () => {
  const shell = await startShell()
  await run(shell, 'true')
  const descriptors = () => readdirSync('/proc/self/fd').length
  const before = descriptors()
  for (let i = 0; i < 2_000; i += 1) expect((await run(shell, 'true')).status).toBe(0)
  await until('closed sockets', () => descriptors() <= before + 2)
  expect(readdirSync(folders.scratchDir).length).toBeLessThan(150)
  expect(readdirSync(folders.scratchDir).filter((name) => name.endsWith('-command'))).toEqual([])
})

test.each([
  ['options of a bash that replaces the shell', `: '\nexec bash${' --a'.repeat(60)} !\n'`],
  ['spaces after a bash that replaces the shell', `: '\nexec bash${' '.repeat(500_000)}!\n'`],
  ['empty lines', '\n'.repeat(500_000)],
  ['words `set`', `: ${'set '.repeat(100_000)}`],
])('a command with very many %s is read as fast as any other', async (_what, text) => {
  const shell = await startShell()
  const { stdout } = await run(shell, `${text}\necho read`)
  expect(stdout.toString()).toBe('read\n')
})

test('a program that keeps the pipe of a bash that reads a text open, and floods it, does not hold it up', async () => {
  const flood = `
import os
def messages():
    while True:
        for pid in os.listdir('/proc'):
            try:
                if b'--norc\\0-n\\0' in open('/proc/%s/cmdline' % pid, 'rb').read(): return os.open('/proc/%s/fd/2' % pid, os.O_WRONLY)
            except (OSError, ValueError): pass
pipe = messages()
print('opened', flush=True)
while True: os.write(pipe, bytes(65536))
`
  const program = spawn('python3', ['-c', flood], { stdio: ['ignore', 'pipe', 'ignore'] })
  let hasOpened = false
  program.stdout.once('data', () => {
    hasOpened = true
  })
  const reader = new BashReader({ binary: 'bash', env: { PATH: searchPath }, pipes, starter })
  // Only bash reads backticks; the longer the text, the longer it lives.
  const text = 'echo `:`\n'.repeat(30_000)
  await eventually('the program has opened the pipe', async () => {
    expect(await reader.next(text, 0, { names: new Set() })).toMatchObject({ type: expect.any(String) })
    return hasOpened
  })
  expect(await reader.next('echo `:`', 0, { names: new Set() })).toMatchObject({ type: 'run' })
  program.kill('SIGKILL')
})
