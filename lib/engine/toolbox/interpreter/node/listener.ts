/**
 * The thread of a JavaScript context that listens to the toolbox, so that an interrupt is heard while the other thread
 * is busy or waits. It has that thread perform the interrupt, wherever it is, by V8's inspector.
 */
import { Session } from 'node:inspector'
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import type { WorkerRequest } from '../worker-messages'
import { helper } from './script'
import { channelIn, interruptDone, interruptTight, type ListenerSetup, shared } from './shared'

/** From one attempt to the next: the other thread may be where it must not be interrupted. */
const retryMs = 2
/** Attempts for which there was no room on the stack; then the execution is cut off without further care. */
const tightAllowed = 10

const { memory, requests, answers } = workerData as ListenerSetup
let buffered: Buffer = Buffer.alloc(0)
let parts: Buffer[] = []
let size = 0
let wanted = 4

const socket = new Socket({ fd: channelIn, readable: true, writable: false })
socket.on('data', (chunk: Buffer) => {
  parts.push(chunk)
  size += chunk.length
  while (size >= wanted) take()
})
socket.on('error', () => socket.destroy())
// The toolbox is gone, and the context with it.
socket.on('close', () => process.kill(process.pid, 'SIGKILL'))

/** One message, or nothing where only its length is known now. */
function take(): void {
  buffered = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  parts = [buffered]
  wanted = 4 + buffered.readUInt32LE()
  if (size < wanted) return
  const body = buffered.subarray(4, wanted).toString('utf8')
  parts = [buffered.subarray(wanted)]
  size -= wanted
  wanted = 4
  heard(JSON.parse(body))
}

function heard(message: WorkerRequest): void {
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

/** Again and again until the run is over: a termination ends only what V8 runs at that moment. */
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
      if (tight > tightAllowed) {
        tight = 0
        session.post('Runtime.terminateExecution')
      }
      setTimeout(attempt, retryMs)
    })
  }
  attempt()
}
