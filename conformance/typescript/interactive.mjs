/** Terminals and the stateful interpreter through an official SDK, in depth. `SDK` names the package. */
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

const { Daytona } = await import(process.env.SDK)
const daytona = new Daytona()
const sandbox = await daytona.create({ language: 'python' })
const { process: programs, codeInterpreter } = sandbox

async function until(what, check) {
  const deadline = Date.now() + 20_000
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`did not happen: ${what}`)
    await delay(10)
  }
}

/** What a terminal shows, as text. */
function screen() {
  const decoder = new TextDecoder()
  const shown = {
    text: '',
    onData: (data) => {
      shown.text += decoder.decode(data, { stream: true })
    },
  }
  return shown
}

try {
  await terminals()
  await contexts()
} finally {
  await sandbox.delete()
}
console.log('through')

async function terminals() {
  const first = screen()
  const pty = await programs.createPty({
    id: 'main',
    cols: 100,
    rows: 30,
    cwd: '/tmp',
    envs: { FOO: 'b a r' },
    onData: first.onData,
  })
  await pty.waitForConnection()
  assert.equal(pty.sessionId, 'main')
  assert.equal(pty.isConnected(), true)
  await pty.sendInput('stty size; echo "[$FOO] $PWD"\n')
  await until('size, variable and folder', () => /30 100/.test(first.text) && first.text.includes('[b a r] /tmp'))
  const info = await programs.getPtySessionInfo('main')
  assert.deepEqual([info.id, info.cols, info.rows, info.active, info.envs.FOO], ['main', 100, 30, true, 'b a r'])
  const resized = await pty.resize(120, 40)
  assert.deepEqual([resized.cols, resized.rows], [120, 40])
  await programs.resizePtySession('main', 90, 20)
  await pty.sendInput(new TextEncoder().encode('stty size\n'))
  await until('the new size', () => first.text.includes('20 90'))
  await assert.rejects(programs.createPty({ id: 'main', onData: () => {} }))
  assert.deepEqual(
    (await programs.listPtySessions()).map((it) => it.id),
    ['main'],
  )

  const second = screen()
  const other = await programs.connectPty('main', { onData: second.onData })
  await other.waitForConnection()
  await other.sendInput('echo from the oth""er\n')
  await until('both see it', () => [first, second].every((it) => it.text.includes('from the other')))
  await other.disconnect()
  assert.equal(other.isConnected(), false)
  await pty.sendInput('exit 7\n')
  const exit = await pty.wait()
  assert.deepEqual([exit.exitCode, exit.error], [7, 'non-zero exit'])
  assert.equal(pty.exitCode, 7)
  assert.deepEqual(await programs.listPtySessions(), [])
  await assert.rejects(programs.getPtySessionInfo('main'), { name: 'DaytonaNotFoundError' })
  await assert.rejects(programs.connectPty('main', { onData: () => {} }), /not found/)

  for (const [id, kill] of [
    ['by-handle', (handle) => handle.kill()],
    ['by-id', () => programs.killPtySession('by-id')],
  ]) {
    const killed = await programs.createPty({ id, onData: () => {} })
    const waiting = killed.wait()
    await kill(killed)
    const end = await waiting
    assert.deepEqual([end.exitCode, end.error], [137, 'SIGKILL'])
  }

  let letters = 0
  const tail = await programs.createPty({
    id: 'tail',
    onData: (data) => {
      letters += data.filter((byte) => byte === 0x71).length
    },
  })
  await tail.sendInput("exec sh -c \"head -c 20000 /dev/zero | tr '\\\\0' '\\\\161'\"\n")
  assert.equal((await tail.wait()).exitCode, 0)
  assert.equal(letters, 20_000)
}

async function contexts() {
  const chunks = []
  const received = []
  const run = await codeInterpreter.runCode('import sys\nx = 41\nprint(x + 1)\nprint("e", file=sys.stderr)', {
    onStdout: (message) => chunks.push(message.output),
    onStderr: (message) => chunks.push(message.output),
  })
  assert.deepEqual([run.stdout, run.stderr, run.error, chunks], ['42\n', 'e\n', undefined, ['42\n', 'e\n']])
  assert.equal((await codeInterpreter.runCode('print(x)')).stdout, '41\n')
  const failed = await codeInterpreter.runCode('raise ValueError("no")', {
    onError: (error) => received.push(error.name),
  })
  assert.deepEqual([failed.error?.name, failed.error?.value, received], ['ValueError', 'no', ['ValueError']])
  assert.match(failed.error?.traceback ?? '', /File "<stdin>", line 1/)

  const context = await codeInterpreter.createContext('/tmp')
  assert.deepEqual([context.cwd, context.language, context.active], ['/tmp', 'python', true])
  const inContext = async (code, more = {}) => (await codeInterpreter.runCode(code, { context, ...more })).stdout
  assert.equal(await inContext('print("x" in dir())'), 'False\n')
  assert.equal(await inContext('import os; print(os.getcwd())'), '/tmp\n')
  assert.equal(await inContext('import os; print(os.environ["A"])', { envs: { A: 'b' } }), 'b\n')
  assert.equal(await inContext('print(os.environ.get("A"))'), 'None\n')
  assert.deepEqual(
    (await codeInterpreter.listContexts()).map((it) => it.id),
    [context.id],
  )
  await assert.rejects(inContext('import time; time.sleep(30)', { timeout: 1 }), { name: 'DaytonaTimeoutError' })
  assert.equal(await inContext('print("usable")'), 'usable\n')
  await assert.rejects(inContext('os._exit(3)'), { name: 'DaytonaConnectionError' })
  assert.equal(await inContext('print("afresh")'), 'afresh\n')
  assert.equal((await codeInterpreter.runCode('print("x" * 5_000_000)')).stdout.length, 5_000_001)
  await codeInterpreter.deleteContext(context)
  assert.deepEqual(await codeInterpreter.listContexts(), [])
}
