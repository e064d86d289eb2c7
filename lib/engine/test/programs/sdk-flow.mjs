/**
 * A program as a user of the official SDK would write it: no retry, no workaround, no process.exit. It prints what it
 * saw as one JSON line; the test compares that and watches that the process ends by itself.
 */
import { Daytona } from '@daytona/sdk'

const daytona = new Daytona({
  apiUrl: process.env.API_URL,
  apiKey: process.env.API_KEY,
  target: 'local',
})
const seen = {}

const sandbox = await daytona.create({ language: 'python', labels: { purpose: 'sdk-flow' } })
seen.state = sandbox.state
seen.home = await sandbox.getUserHomeDir()

const code = await sandbox.process.codeRun('import sys\nprint(6 * 7, sys.argv[1:])', { argv: ['a b', '$HOME'] })
seen.code = { exitCode: code.exitCode, result: code.result }
const failed = await sandbox.process.codeRun('raise ValueError("x")')
seen.failed = { exitCode: failed.exitCode, named: failed.result.includes('ValueError: x') }

const command = await sandbox.process.executeCommand('echo "$GREETING from $(pwd)"; exit 3', '/tmp', {
  GREETING: 'hello',
})
seen.command = { exitCode: command.exitCode, result: command.result }
try {
  await sandbox.process.executeCommand('echo early; sleep 30', undefined, undefined, 1)
  seen.timeout = 'no error'
} catch (error) {
  seen.timeout = { name: error.name, mentionsTimeout: /timeout/i.test(error.message) }
}

await sandbox.process.createSession('flow')
const state = await sandbox.process.executeSessionCommand('flow', { command: 'cd /tmp && export V=1' })
seen.stateExit = state.exitCode
const sync = await sandbox.process.executeSessionCommand('flow', { command: 'echo "$PWD $V"; echo oops >&2' })
seen.sync = { exitCode: sync.exitCode, stdout: sync.stdout, stderr: sync.stderr }

const background = await sandbox.process.executeSessionCommand('flow', {
  command: 'printf "Name? "; read name; echo "hi $name"; echo done >&2',
  runAsync: true,
})
let stdout = ''
let stderr = ''
let answered = false
await sandbox.process.getSessionCommandLogs(
  'flow',
  background.cmdId,
  (chunk) => {
    stdout += chunk
    // The prompt has no newline: it must arrive all the same, or nobody would ever answer.
    if (!answered && stdout.includes('Name? ')) {
      answered = true
      void sandbox.process.sendSessionCommandInput('flow', background.cmdId, 'bob')
    }
  },
  (chunk) => {
    stderr += chunk
  },
)
seen.streamed = { stdout, stderr }
const ended = await sandbox.process.getSessionCommand('flow', background.cmdId)
seen.endedExit = ended.exitCode
const logs = await sandbox.process.getSessionCommandLogs('flow', background.cmdId)
seen.logs = { stdout: logs.stdout, stderr: logs.stderr }

await sandbox.fs.uploadFile(Buffer.from([0, 1, 255, 10]), 'bytes.bin')
seen.file = [...(await sandbox.fs.downloadFile('bytes.bin'))]

await sandbox.process.deleteSession('flow')
seen.sessions = (await sandbox.process.listSessions()).map((session) => session.sessionId)
await sandbox.setLabels({ purpose: 'over' })
await sandbox.delete()
try {
  await daytona.get(sandbox.id)
  seen.deleted = false
} catch (error) {
  seen.deleted = error.name
}
console.log(JSON.stringify(seen))
