/**
 * The protocol between the toolbox and the hand (`lib/engine/isolation/hand/init.c`). Numbers are little-endian and
 * 32 bits wide unless stated otherwise; a text is its length including a final NUL, then its bytes.
 *
 * To the hand, on the control socket: length, id, operation, body.
 * From the hand: length, id, kind (one byte), body.
 * Questions have two separate pipes, because the toolbox waits for the reply: length, kind, body; length, reply.
 */
import { constants } from 'node:os'
import type { ExecutionEnd } from '../../linux/execution-end'

export const operation = { start: 1, openQuestions: 2 } as const
export const question = { signal: 1, systemCall: 2, supervisors: 3, endChildren: 4 } as const

/** What one stream of a child is connected to. Names refer to files in the toolbox's folder of pipes. */
export type HandStream =
  | { kind: 'nothing' }
  | { kind: 'read-pipe' | 'write-pipe' | 'file' | 'socket'; name: string }
  | { kind: 'terminal'; device: string }

const streamKinds = { nothing: 0, 'read-pipe': 1, 'write-pipe': 2, file: 3, socket: 4, terminal: 5 } as const

export interface HandStart {
  file: string
  /** Without the program name. */
  args: readonly string[]
  cwd: string
  env: Readonly<Record<string, string>>
  /** At most 8 streams, ascending by their descriptor in the child, which is below 511. */
  streams: ReadonlyArray<HandStream & { descriptor: number }>
  /** For `/proc/{pid}/oom_score_adj`: processes with a higher score are killed first when memory runs out, 0 to 1,000. */
  oomScore: number
}

/** The step at which a start failed, in order. */
export type FailedStage = 'stream' | 'fork' | 'terminal' | 'folder' | 'program' | 'killed'

const stages: readonly FailedStage[] = ['stream', 'fork', 'terminal', 'folder', 'program', 'killed']

export type HandMessage =
  /** The supervisor is the process between the hand and the program. It exits after all of the program's processes. */
  | { kind: 'forked'; id: number; supervisor: number }
  | { kind: 'started'; id: number; pid: number }
  | { kind: 'failed'; id: number; stage: FailedStage; errno: number }
  | { kind: 'exited'; id: number; end: ExecutionEnd }
  /** The supervisor exited: after all of the program's processes, or, if `clean` is false, killed before that. */
  | { kind: 'supervisor-exited'; id: number; clean: boolean }
  | { kind: 'opened'; id: number }

/** Maximum frame that the hand accepts. A frame contains a program's arguments and environment. */
export const maxFrameBytes = 16 * 1024 * 1024

function text(value: string): Buffer[] {
  const bytes = Buffer.from(`${value}\0`)
  return [number(bytes.length), bytes]
}

function number(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32LE(value | 0)
  return bytes
}

function withLength(parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([number(length), ...parts])
}

/** Each text of a frame has its length and a NUL besides its characters. */
const textOverhead = 5

/** Whether a frame would be too long, without building it: a request may have millions of arguments and variables. */
export function exceedsFrame({ args, env }: Pick<HandStart, 'args' | 'env'>): boolean {
  let bytes = 0
  for (const arg of args) bytes += arg.length + textOverhead
  for (const name in env) bytes += name.length + (env[name]?.length ?? 0) + textOverhead
  return bytes > maxFrameBytes
}

export function startFrame(id: number, { file, args, cwd, env, streams, oomScore }: HandStart): Buffer {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const described = streams.flatMap((stream) => {
    const name = 'name' in stream ? stream.name : 'device' in stream ? stream.device : ''
    return [number(stream.descriptor), number(streamKinds[stream.kind]), ...text(name)]
  })
  return withLength([
    number(id),
    number(operation.start),
    number(oomScore),
    number(streams.length),
    ...described,
    ...text(cwd),
    ...text(file),
    number(args.length + 1),
    ...[file, ...args].flatMap(text),
    number(variables.length),
    ...variables.flatMap(text),
  ])
}

export function openQuestionsFrame(id: number, question: string, reply: string): Buffer {
  return withLength([number(id), number(operation.openQuestions), ...text(question), ...text(reply)])
}

/** Maximum number of pids in one question. */
export const maxSignalledPids = 4_096

/** @param pids negative numbers are process groups */
export function signalQuestion(pids: readonly number[], signal: number): Buffer {
  return withLength([number(question.signal), number(signal), number(pids.length), ...pids.map(number)])
}

export function systemCallQuestion(pid: number, thread: number): Buffer {
  return withLength([number(question.systemCall), number(pid), number(thread)])
}

export function supervisorsQuestion(): Buffer {
  return withLength([number(question.supervisors)])
}

/** Results of `endChildrenQuestion`. */
export const endChildrenResult = { noneLeft: 0, someLeft: 1, unsupported: 2 } as const

/** Kill everything below a supervisor; 1 stands for the hand, whose other children have lost their supervisor. */
export function endChildrenQuestion(supervisor: number): Buffer {
  return withLength([number(question.endChildren), number(supervisor)])
}

/** Instead of a status, if the hand could not see the end. */
const unknownStatus = -1

const signalNames = new Map(Object.entries(constants.signals).map(([name, value]) => [value, name]))

/** Parses the hand's frames from a stream of bytes. */
export class HandFrames {
  private rest: Buffer = Buffer.alloc(0)

  /** Throws if the bytes are not a valid frame. */
  push(bytes: Buffer): HandMessage[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])
    const messages: HandMessage[] = []
    let at = 0
    while (this.rest.length - at >= 4) {
      const length = this.rest.readUInt32LE(at)
      if (this.rest.length - at - 4 < length) break
      messages.push(parse(this.rest.subarray(at + 4, at + 4 + length)))
      at += 4 + length
    }
    this.rest = this.rest.subarray(at)
    return messages
  }
}

function parse(frame: Buffer): HandMessage {
  const id = frame.readUInt32LE(0)
  const field = (index: number) => frame.readInt32LE(5 + 4 * index)
  switch (frame[4]) {
    case 1:
      return { kind: 'started', id, pid: field(0) }
    case 2:
      return { kind: 'failed', id, stage: stages[field(0) - 1] ?? 'killed', errno: field(1) }
    case 3:
      return { kind: 'exited', id, end: endOf(field(0)) }
    case 4:
      return { kind: 'supervisor-exited', id, clean: field(0) === 1 }
    case 5:
      return { kind: 'forked', id, supervisor: field(0) }
    case 6:
      return { kind: 'opened', id }
    default:
      throw new Error(`the hand sent a message of an unknown kind (${frame[4]})`)
  }
}

/** Decode a status of `wait(2)`: the low seven bits are a signal, the next byte is an exit code. */
function endOf(status: number): ExecutionEnd {
  if (status === unknownStatus) {
    const message = 'How it ended is unknown: a process of the sandbox killed its supervisor.'
    return { exitCode: null, signal: null, reason: 'exited', message }
  }
  const signal = status & 0x7f
  if (signal === 0) return { exitCode: (status >> 8) & 0xff, signal: null, reason: 'exited' }
  return { exitCode: 128 + signal, signal: signalNames.get(signal) ?? `signal ${signal}`, reason: 'signalled' }
}
