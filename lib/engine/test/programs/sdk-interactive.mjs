/** PTYs and the stateful interpreter through the official TypeScript SDK, unmodified. Prints what it saw as JSON. */
import { Daytona } from '@daytona/sdk'

const daytona = new Daytona({ apiUrl: process.env.API_URL, apiKey: process.env.API_KEY, target: 'local' })
const sandbox = await daytona.create({ language: 'python' })
const seen = {}
const decoder = new TextDecoder()

async function until(what, check) {
  const deadline = Date.now() + 20_000
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

try {
  const { process: programs, codeInterpreter } = sandbox

  let output = ''
  const pty = await programs.createPty({
    id: 'main',
    cols: 100,
    rows: 30,
    envs: { FOO: 'b a r' },
    onData: (data) => {
      output += decoder.decode(data, { stream: true })
    },
  })
  await pty.waitForConnection()
  await pty.sendInput('stty size; echo "[$FOO]"\n')
  await until('size and variable', () => output.includes('30 100') && output.includes('[b a r]'))
  const info = await programs.getPtySessionInfo('main')
  seen.info = { id: info.id, cols: info.cols, rows: info.rows, active: info.active, foo: info.envs.FOO }
  const resized = await programs.resizePtySession('main', 120, 40)
  seen.resized = [resized.cols, resized.rows]
  seen.listed = (await programs.listPtySessions()).map((it) => it.id)

  let second = ''
  const other = await programs.connectPty('main', {
    onData: (data) => {
      second += Buffer.from(data).toString()
    },
  })
  await other.waitForConnection()
  await other.sendInput('echo from the oth""er\n')
  await until('both see it', () => output.includes('from the other') && second.includes('from the other'))
  await other.disconnect()
  await pty.sendInput('exit 7\n')
  const exit = await pty.wait()
  seen.exit = { exitCode: exit.exitCode, error: exit.error }
  seen.afterExit = (await programs.listPtySessions()).length

  const killed = await programs.createPty({ id: 'killed', onData: () => {} })
  const waiting = killed.wait()
  await killed.kill()
  const end = await waiting
  seen.killed = { exitCode: end.exitCode, error: end.error }

  let whole = 0
  const tail = await programs.createPty({
    id: 'tail',
    onData: (data) => {
      whole += data.filter((byte) => byte === 0x71).length
    },
  })
  await tail.sendInput("exec sh -c \"head -c 20000 /dev/zero | tr '\\\\0' '\\\\161'\"\n")
  seen.tail = { exitCode: (await tail.wait()).exitCode, whole }

  const chunks = []
  const run = await codeInterpreter.runCode('import sys\nx = 41\nprint(x + 1)\nprint("e", file=sys.stderr)', {
    onStdout: (message) => chunks.push(message.output),
  })
  seen.run = { stdout: run.stdout, stderr: run.stderr, error: run.error ?? null, chunks }
  seen.kept = (await codeInterpreter.runCode('print(x)')).stdout
  const failed = await codeInterpreter.runCode('raise ValueError("no")')
  seen.failed = {
    name: failed.error?.name,
    value: failed.error?.value,
    where: /File "<stdin>", line 1/.test(failed.error?.traceback),
  }
  const context = await codeInterpreter.createContext('/tmp')
  seen.context = {
    cwd: context.cwd,
    language: context.language,
    isolated: (await codeInterpreter.runCode('print("x" in dir())', { context })).stdout,
    folder: (await codeInterpreter.runCode('import os; print(os.getcwd())', { context })).stdout,
    envs: (await codeInterpreter.runCode('import os; print(os.environ["A"])', { context, envs: { A: 'b' } })).stdout,
    listed: (await codeInterpreter.listContexts()).length,
  }
  try {
    await codeInterpreter.runCode('import time; time.sleep(30)', { context, timeout: 1 })
    seen.timeout = 'resolved'
  } catch (error) {
    seen.timeout = error.name
  }
  seen.usable = (await codeInterpreter.runCode('print("usable")', { context })).stdout
  try {
    await codeInterpreter.runCode('import os; os._exit(3)', { context })
    seen.death = 'resolved'
  } catch (error) {
    seen.death = error.name
  }
  seen.large = (await codeInterpreter.runCode('print("x" * 5_000_000)')).stdout.length
  await codeInterpreter.deleteContext(context)
  seen.deleted = (await codeInterpreter.listContexts()).length
} finally {
  await daytona.delete(sandbox)
}
console.log(JSON.stringify(seen))
