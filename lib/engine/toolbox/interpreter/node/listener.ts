/**
 * The thread of a JavaScript context that listens to the toolbox, so that an interrupt arrives while the other thread
 * is busy or waits. V8's inspector then runs the interrupt on that thread.
 */
import { Session } from 'node:inspector'
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import type { WorkerRequest } from '../worker-messages'
import { helper } from './script'
import { channelIn, interruptDone, interruptTight, type ListenerSetup, shared } from './shared'

/** Delay between attempts: the other thread may be at a point where it must not be interrupted. */
const retryMs = 2
/** After this many attempts without room on the stack, the execution is terminated regardless. */
const maxTightAttempts = 10

const { memory, requests, answers } = workerData as ListenerSetup
let buffered: Buffer = Buffer.alloc(0)
let parts: Buffer[] = []
let size = 0
let expectedBytes = 4

const socket = new Socket({ fd: channelIn, readable: true, writable: false })
socket.on('data', (chunk: Buffer) => {
  parts.push(chunk)
  size += chunk.length
  while (size >= expectedBytes) takeMessages()
})
socket.on('error', () => socket.destroy())
// The toolbox has exited, so the context does too.
socket.on('close', () => process.kill(process.pid, 'SIGKILL'))

/** Handle one message, or only read the length of the next. */
function takeMessages(): void {
  buffered = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  parts = [buffered]
  expectedBytes = 4 + buffered.readUInt32LE()
  if (size < expectedBytes) return
  const body = buffered.subarray(4, expectedBytes).toString('utf8')
  parts = [buffered.subarray(expectedBytes)]
  size -= expectedBytes
  expectedBytes = 4
  handle(JSON.parse(body))
}

function handle(message: WorkerRequest): void {
  switch (message.op) {
    case 'run':
      requests.postMessage(message)
      return
    case 'ack':
      Atomics.store(memory, shared.acknowledged, message.seq)
      Atomics.notify(memory, shared.acknowledged)
      return
    case 'answer':
      answers.postMessage(message)
      Atomics.add(memory, shared.answers, 1)
      Atomics.notify(memory, shared.answers)
      return
    case 'interrupt':
      interrupt(message.id)
      return
  }
}

let interrupting: string | null = null

/** Repeat until the run is over: a termination ends only what V8 executes at that moment. */
function interrupt(run: string): void {
  if (interrupting === run) return
  interrupting = run
  const expression = `${helper}.interrupt(${JSON.stringify(run)})\n//# sourceURL=${helper}`
  const session = new Session()
  session.connectToMainThread()
  let tight = 0
  const attempt = () => {
    session.post('Runtime.evaluate', { expression, returnByValue: true }, (error, answer) => {
      if (answer?.result.value === interruptDone) {
        session.disconnect()
        if (interrupting === run) interrupting = null
        return
      }
      if (error || answer.exceptionDetails || answer.result.value === interruptTight) tight += 1
      if (tight > maxTightAttempts) {
        tight = 0
        session.post('Runtime.terminateExecution')
      }
      setTimeout(attempt, retryMs)
    })
  }
  attempt()
}
