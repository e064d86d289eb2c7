/**
 * From create to delete as a user of an official SDK would write it: no retry, no workaround, no process.exit. `SDK`
 * names the package. It throws where something is not as it should be, and ends by itself.
 */
import assert from 'node:assert/strict'

const { Daytona } = await import(process.env.SDK)
const daytona = new Daytona()

const sandbox = await daytona.create({ language: 'python', labels: { purpose: 'flow' } })
assert.equal(sandbox.state, 'started')
assert.match(await sandbox.getUserHomeDir(), /^\//)
const { process: programs, codeInterpreter } = sandbox

const command = await programs.executeCommand('echo "$GREETING from $(pwd)"; exit 3', '/tmp', { GREETING: 'hello' })
assert.deepEqual([command.exitCode, command.result], [3, 'hello from /tmp\n'])
assert.equal(command.artifacts.stdout, command.result)
await assert.rejects(programs.executeCommand('echo early; sleep 30', undefined, undefined, 1), /timeout/i)

const code = await programs.codeRun('import os, sys\nprint(6 * 7, sys.argv[1:], os.environ["A"])', {
  argv: ['a b', '$HOME'],
  env: { A: 'b' },
})
assert.deepEqual([code.exitCode, code.result], [0, "42 ['a b', '$HOME'] b\n"])
assert.deepEqual(code.artifacts.charts, [])
const failed = await programs.codeRun('raise ValueError("x")')
assert.equal(failed.exitCode, 1)
assert.match(failed.result, /ValueError: x/)
await assert.rejects(programs.codeRun('import time; time.sleep(30)', undefined, 1), /timeout/i)

await programs.createSession('flow')
await assert.rejects(programs.createSession('flow'), { name: 'DaytonaConflictError' })
await programs.executeSessionCommand('flow', { command: 'cd /tmp && export V=1' })
const sync = await programs.executeSessionCommand('flow', { command: 'echo "$PWD $V"; echo oops >&2' })
assert.deepEqual([sync.exitCode, sync.stdout, sync.stderr], [0, '/tmp 1\n', 'oops\n'])

const { cmdId } = await programs.executeSessionCommand('flow', {
  command: 'printf "Name? "; read name; echo "hi $name"; echo done >&2; (exit 4)',
  runAsync: true,
})
const streamed = { stdout: '', stderr: '' }
let answered
await programs.getSessionCommandLogs(
  'flow',
  cmdId,
  (chunk) => {
    streamed.stdout += chunk
    // The prompt has no newline: it must arrive all the same, or nobody would ever answer.
    if (streamed.stdout.includes('Name? ')) answered ??= programs.sendSessionCommandInput('flow', cmdId, 'bob')
  },
  (chunk) => {
    streamed.stderr += chunk
  },
)
await answered
assert.deepEqual(streamed, { stdout: 'Name? bob\nhi bob\n', stderr: 'done\n' })
assert.equal((await programs.getSessionCommand('flow', cmdId)).exitCode, 4)
const logs = await programs.getSessionCommandLogs('flow', cmdId)
assert.deepEqual({ stdout: logs.stdout, stderr: logs.stderr }, streamed)
await assert.rejects(programs.sendSessionCommandInput('flow', cmdId, 'late'), /already completed with exit code 4/)

const session = await programs.getSession('flow')
assert.deepEqual(
  session.commands.map((it) => it.exitCode),
  [0, 0, 4],
)
assert.deepEqual(
  (await programs.listSessions()).map((it) => it.sessionId),
  ['flow'],
)
await programs.deleteSession('flow')
await assert.rejects(programs.getSession('flow'), { name: 'DaytonaNotFoundError' })
assert.equal((await programs.getEntrypointSession()).sessionId, 'entrypoint')
assert.equal(typeof (await programs.getEntrypointLogs()).stdout, 'string')

const run = await codeInterpreter.runCode('x = 41\nprint(x + 1)')
assert.deepEqual([run.stdout, run.stderr, run.error], ['42\n', '', undefined])
assert.equal((await codeInterpreter.runCode('print(x)')).stdout, '41\n')

let shown = ''
const pty = await programs.createPty({
  id: 'flow',
  onData: (data) => {
    shown += Buffer.from(data).toString()
  },
})
await pty.waitForConnection()
await pty.sendInput('echo $((6*7)) from the terminal; exit 5\n')
assert.equal((await pty.wait()).exitCode, 5)
assert.match(shown, /42 from the terminal/)

await sandbox.delete()
await assert.rejects(daytona.get(sandbox.id), { name: 'DaytonaNotFoundError' })
console.log('through')
