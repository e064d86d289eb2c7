/**
 * The toolbox's connection to the hand: PID 1 of the sandbox, which starts and signals its processes. The toolbox is
 * outside the sandbox's PID namespace, so it can do neither itself, and no process inside can reach it.
 */
import { spawn } from 'node:child_process'
import { closeSync, constants, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { createServer, type Server, Socket } from 'node:net'
import { getSystemErrorMap } from 'node:util'
import type { ExecutionEnd } from '../../linux/execution-end'
import { explainSpawn, FolderError, SpawnError } from '../../linux/spawn-error'
import { loadNative } from '../process/native-pty'
import type { ChildStream, Started, StartedOnTerminal, Starter, StartRequest } from '../process/starter'
import {
  endChildrenQuestion,
  endChildrenResult,
  exceedsFrame,
  type FailedStage,
  HandFrames,
  type HandMessage,
  type HandStart,
  type HandStream,
  maxFrameBytes,
  maxSignalledPids,
  openQuestionsFrame,
  signalQuestion,
  startFrame,
  supervisorsQuestion,
  systemCallQuestion,
} from './protocol'

/** Of 1,000. When memory runs out, programs are killed before the toolbox, and a sandbox before the rest of the machine. */
const programOomScore = 500

export interface HandSetup {
  /** Descriptor of the control socket, which is inherited. */
  descriptor: number
  /** Path of the hand's binary. */
  program: string
  /** The toolbox's folder of pipes, which the hand also has open. */
  pipesDir: string
}

interface Pending {
  request: Pick<StartRequest, 'file' | 'cwd'>
  supervisor: number | null
  /** The supervisor exited by itself, so all processes below it have exited. */
  isEmpty: boolean
  started: (pid: number) => void
  failed: (error: SpawnError) => void
  exited: (end: ExecutionEnd) => void
}

export class Hand implements Starter {
  private readonly socket: Socket
  private readonly frames = new HandFrames()
  private readonly pending = new Map<number, Pending>()
  private readonly liveSupervisors = new Set<number>()
  private questions: { question: number; reply: number } | null = null
  private resolveOpened: () => void = () => {}
  private nextId = 1
  /** Called when a supervisor was killed: its processes have become children of the hand. */
  onOrphans: () => void = () => {}

  /** @param onEnd called when the hand has exited, and with it every process of the sandbox */
  constructor(
    private readonly setup: HandSetup,
    onEnd: () => void,
  ) {
    this.socket = new Socket({ fd: setup.descriptor, readable: true, writable: true })
    this.socket.on('data', (bytes: Buffer) => {
      for (const message of this.frames.push(bytes)) this.handleMessage(message)
    })
    this.socket.on('error', () => this.socket.destroy())
    this.socket.once('close', onEnd)
  }

  /** Pids of the hand's supervisors, each of which waits for the processes below it. */
  get supervisors(): ReadonlySet<number> {
    return this.liveSupervisors
  }

  /** Open the pipes for questions. Call once, before the first signal. */
  async open(): Promise<void> {
    const { pipesDir } = this.setup
    const [question, reply] = ['ask', 'answer']
    for (const name of [question, reply]) rmSync(`${pipesDir}/${name}`, { force: true })
    await this.makePipes(pipesDir, [question, reply])
    const keptOpen = openSync(`${pipesDir}/${reply}`, constants.O_RDONLY | constants.O_NONBLOCK)
    const opened = new Promise<void>((resolve) => {
      this.resolveOpened = resolve
    })
    this.socket.write(openQuestionsFrame(this.nextFrameId(), question, reply))
    await opened
    this.questions = {
      question: openSync(`${pipesDir}/${question}`, constants.O_WRONLY),
      // Blocking: the reply to a question arrives within microseconds.
      reply: openSync(`${pipesDir}/${reply}`, constants.O_RDONLY),
    }
    closeSync(keptOpen)
    for (const name of [question, reply]) rmSync(`${pipesDir}/${name}`)
  }

  async start(request: StartRequest): Promise<Started> {
    const sockets = await Promise.all(
      request.streams.map((stream) => (stream === 'socket' ? listenOnce(this.setup.pipesDir) : null)),
    )
    try {
      const streams = request.streams
        .map((stream, descriptor) => ({ descriptor, ...handStream(stream, sockets[descriptor]?.name) }))
        // Beyond the standard streams, `nothing` means that the descriptor does not exist.
        .filter(({ descriptor, kind }) => descriptor < 3 || kind !== 'nothing')
      const started = await this.send(request, streams)
      const connected = await Promise.all(sockets.flatMap((it) => (it ? [it.connected] : [])))
      return { ...started, sockets: connected }
    } finally {
      for (const it of sockets) it?.close()
    }
  }

  async startOnTerminal(
    request: Omit<StartRequest, 'streams'>,
    { cols, rows }: { cols: number; rows: number },
  ): Promise<StartedOnTerminal> {
    const { master, slave, pty: device } = loadNative().open(cols, rows)
    try {
      const terminal: HandStream = { kind: 'terminal', device }
      const started = await this.send(
        request,
        [0, 1, 2].map((descriptor) => ({ descriptor, ...terminal })),
      )
      return { ...started, sockets: [], descriptor: master, device }
    } catch (error) {
      closeSync(master)
      throw error
    } finally {
      closeSync(slave)
    }
  }

  makePipes(folder: string, names: readonly string[]): Promise<void> {
    // The child does not enter the sandbox's PID namespace, so nothing inside sees it.
    const child = spawn(this.setup.program, ['pipes', folder, ...names], { stdio: 'ignore', env: noEnvironment })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        if (code === 0) resolve()
        else reject(new Error(`could not create named pipes (${signal ?? `exit code ${code}`})`))
      })
    })
  }

  /**
   * Send a signal to processes; negative numbers are process groups.
   * @returns for each whether it received the signal
   */
  signal(pids: readonly number[], signal: number): boolean[] {
    const delivered: boolean[] = []
    for (let at = 0; at < pids.length; at += maxSignalledPids) {
      const reply = this.ask(signalQuestion(pids.slice(at, at + maxSignalledPids), signal))
      for (const byte of reply) delivered.push(byte === 1)
    }
    return delivered
  }

  /** The content of `/proc/{pid}/task/{thread}/syscall`; undefined if it cannot be read. */
  systemCall(pid: number, thread: number): string | undefined {
    const text = this.ask(systemCallQuestion(pid, thread)).toString('latin1')
    return text === '' ? undefined : text
  }

  /** The supervisors at this moment, including those not announced by a message yet. */
  currentSupervisors(): ReadonlySet<number> {
    const reply = this.ask(supervisorsQuestion())
    return new Set(Array.from({ length: reply.length / 4 }, (_, i) => reply.readInt32LE(4 * i)))
  }

  /**
   * Kill what is below a supervisor, for at most 20 ms.
   * @param supervisor 1 for what has lost its supervisor
   */
  endChildren(supervisor: number): 'none left' | 'some left' | 'unsupported' {
    const [result] = this.ask(endChildrenQuestion(supervisor))
    if (result === endChildrenResult.noneLeft) return 'none left'
    return result === endChildrenResult.someLeft ? 'some left' : 'unsupported'
  }

  private ask(question: Buffer): Buffer {
    if (!this.questions) return Buffer.alloc(0)
    writeSync(this.questions.question, question)
    const head = readExactly(this.questions.reply, 4)
    return readExactly(this.questions.reply, head.readUInt32LE())
  }

  private send(
    { file, args, cwd, env }: Omit<StartRequest, 'streams'>,
    streams: HandStart['streams'],
  ): Promise<Omit<Started, 'sockets'>> {
    const id = this.nextFrameId()
    const tooLong = () => new SpawnError(explainSpawn({ code: 'E2BIG' }, file))
    if (exceedsFrame({ args, env })) throw tooLong()
    const frame = startFrame(id, { file, args, cwd, env, streams, oomScore: programOomScore })
    if (frame.length > maxFrameBytes) throw tooLong()
    return new Promise((resolve, reject) => {
      let exited: (end: ExecutionEnd) => void = () => {}
      const whenExited = new Promise<ExecutionEnd>((settle) => {
        exited = settle
      })
      const pending: Pending = {
        request: { file, cwd },
        supervisor: null,
        isEmpty: false,
        started: (pid) => {
          const { supervisor } = pending
          resolve({ pid, supervisor, hasNoProcesses: () => pending.isEmpty, exited: whenExited })
        },
        failed: reject,
        exited,
      }
      this.pending.set(id, pending)
      this.socket.write(frame)
    })
  }

  private handleMessage(message: HandMessage): void {
    if (message.kind === 'opened') {
      this.resolveOpened()
      return
    }
    const pending = this.pending.get(message.id)
    if (!pending) return
    switch (message.kind) {
      case 'forked':
        pending.supervisor = message.supervisor
        this.liveSupervisors.add(message.supervisor)
        return
      case 'started':
        pending.started(message.pid)
        return
      case 'failed':
        pending.failed(describeFailure(message.stage, message.errno, pending.request))
        return
      case 'exited':
        pending.exited(message.end)
        if (pending.supervisor === null) this.pending.delete(message.id)
        return
      case 'supervisor-exited':
        this.supervisorExited(message.id, pending, message.clean)
    }
  }

  private supervisorExited(id: number, pending: Pending, clean: boolean): void {
    if (pending.supervisor !== null) this.liveSupervisors.delete(pending.supervisor)
    pending.supervisor = null
    pending.isEmpty = clean
    // If the supervisor exited first, the end of the program is still to come.
    if (clean) this.pending.delete(id)
    else this.onOrphans()
  }

  private nextFrameId(): number {
    const id = this.nextId
    this.nextId = id === 0x7fff_ffff ? 1 : id + 1
    return id
  }
}

/** The type requires variables that are not needed here. */
const noEnvironment = {} as NodeJS.ProcessEnv

function handStream(stream: ChildStream, socketName: string | undefined): HandStream {
  if (stream === null) return { kind: 'nothing' }
  if (stream !== 'socket') return stream
  if (socketName === undefined) throw new Error('the socket was not made')
  return { kind: 'socket', name: socketName }
}

let listened = 0

/** A socket that the hand connects to, in a folder that only the toolbox and the hand can reach. */
async function listenOnce(folder: string): Promise<{ name: string; connected: Promise<Socket>; close(): void }> {
  listened += 1
  const name = `socket-${listened}`
  const server: Server = createServer()
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(`${folder}/${name}`, resolve)
  })
  // Closing the server also removes its name.
  return { name, connected, close: () => void server.close() }
}

function readExactly(descriptor: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; ) {
    const read = readSync(descriptor, bytes, at, length - at, null)
    if (read === 0) throw new Error('the hand has exited')
    at += read
  }
  return bytes
}

function describeFailure(stage: FailedStage, errno: number, { file, cwd }: Pending['request']): SpawnError {
  const code = getSystemErrorMap().get(-errno)?.[0] ?? `error ${errno}`
  switch (stage) {
    case 'folder':
      return new FolderError(code, cwd)
    case 'killed':
      return new SpawnError(`${file} was killed before it had started.`)
    case 'terminal':
      return new SpawnError(`The terminal for ${file} could not be opened (${code}).`)
    case 'stream':
      return new SpawnError(`The streams of ${file} could not be opened (${code}).`)
    case 'fork':
    case 'program':
      return new SpawnError(explainSpawn({ code }, file))
  }
}
