/**
 * One JavaScript context: a process that runs one piece of code after another with the same globals. This thread runs
 * the code; another thread listens to the toolbox (see `listener.ts`).
 */
import { Session } from 'node:inspector'
import path from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { Channel } from './channel'
import { watchForChildren } from './children'
import { Context } from './context'
import { restoreVariables } from './hidden-variables'
import { InputRequests } from './input'
import { replaceOutput } from './output'
import type { RunRequest } from './run'
import { sharedBytes } from './shared'

const memory = new Int32Array(new SharedArrayBuffer(sharedBytes))
const requests = new MessageChannel()
const answers = new MessageChannel()
const channel = new Channel(memory)

restoreVariables()
process.argv.splice(1)
replaceOutput(channel)
watchForChildren()
new InputRequests(channel, memory, answers.port1).install()

const session = new Session()
session.connect()
const context = new Context(channel, session)
requests.port1.on('message', (request: RunRequest) => context.perform(request))

const listenerFile = path.join(__dirname, 'interpreter-listener.cjs')
const listener = new Worker(listenerFile, {
  workerData: { memory, requests: requests.port2, answers: answers.port2 },
  transferList: [requests.port2, answers.port2],
  stdout: true,
  stderr: true,
})
// Without the listener no message of the toolbox arrives.
listener.on('exit', () => process.kill(process.pid, 'SIGKILL'))
listener.unref()

channel.send({ op: 'ready', version: process.versions.node })
