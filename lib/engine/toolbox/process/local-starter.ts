/** Starts processes as children of the toolbox, without isolation and therefore without a hand. */
import { execFile, spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { constants as system } from 'node:os'
import path from 'node:path'
import { Duplex } from 'node:stream'
import { type ExecutionEnd, endFromExit } from '../../linux/execution-end'
import { forSpawn } from '../../linux/for-spawn'
import { withRaisedOomScore } from '../../linux/oom-score'
import { explainSpawn, SpawnError } from '../../linux/spawn-error'
import { checkFolder } from './child'
import { loadNative } from './native-pty'
import type { ChildStream, Started, StartedOnTerminal, Starter, StartRequest } from './starter'

export class LocalStarter implements Starter {
  /**
   * @param pipesDir folder of the pipes and files that requests refer to
   * @param searchPath `PATH` to find `mkfifo`
   */
  constructor(
    private readonly pipesDir: string,
    private readonly searchPath: string,
  ) {}

  async start({ file, args, cwd, env, streams }: StartRequest): Promise<Started> {
    // Node reports a missing folder as a missing program.
    checkFolder(cwd)
    const opened: number[] = []
    try {
      const stdio = streams.map((stream) => this.open(stream, opened))
      const child = withRaisedOomScore(() => spawn(file, args, { cwd, env: forSpawn(env), stdio, detached: true }))
      const { pid } = child
      const exited = new Promise<ExecutionEnd>((resolve, reject) => {
        child.once('error', (error) => reject(new SpawnError(explainSpawn(error, file), { cause: error })))
        child.once('exit', (code, signal) => resolve(endFromExit(code, signal)))
      })
      if (pid === undefined) {
        await exited
        throw new SpawnError(`${file} could not be started.`)
      }
      const sockets = child.stdio.filter((stream, i) => streams[i] === 'socket' && stream instanceof Duplex) as Duplex[]
      return { pid, supervisor: null, hasNoProcesses: neverKnown, exited, sockets }
    } catch (error) {
      if (error instanceof SpawnError) throw error
      throw new SpawnError(explainSpawn(error, file), { cause: error })
    } finally {
      for (const descriptor of opened) closeSync(descriptor)
    }
  }

  async startOnTerminal(
    { file, args, cwd, env }: Omit<StartRequest, 'streams'>,
    { cols, rows }: { cols: number; rows: number },
  ): Promise<StartedOnTerminal> {
    checkFolder(cwd)
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    let settle: (end: ExecutionEnd) => void = () => {}
    const exited = new Promise<ExecutionEnd>((resolve) => {
      settle = resolve
    })
    const onExit = (code: number, signal: number) =>
      settle(signal > 0 ? endOfSignal(signal) : { exitCode: code, signal: null, reason: 'exited' })
    const { fd, pid, pty } = withRaisedOomScore(() =>
      loadNative().fork(file, [...args], variables, cwd, cols, rows, -1, -1, true, '', onExit),
    )
    return { pid, supervisor: null, hasNoProcesses: neverKnown, exited, sockets: [], descriptor: fd, device: pty }
  }

  makePipes(folder: string, names: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const files = names.map((name) => path.join(folder, name))
      const env = forSpawn({ PATH: this.searchPath })
      execFile('mkfifo', ['-m', '600', ...files], { env, windowsHide: true }, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
  }

  private open(stream: ChildStream, opened: number[]): number | 'ignore' | 'pipe' {
    if (stream === null) return 'ignore'
    if (stream === 'socket') return 'pipe'
    const flags = stream.kind === 'write-pipe' ? constants.O_WRONLY : constants.O_RDONLY
    // A pipe does not keep this waiting: its other end is open here.
    const descriptor = openSync(path.join(this.pipesDir, stream.name), flags | constants.O_NOFOLLOW)
    opened.push(descriptor)
    return descriptor
  }
}

/** A process may leave the tree of its parent. */
const neverKnown = () => false

function endOfSignal(number: number): ExecutionEnd {
  const name = Object.entries(system.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
  return { exitCode: 128 + number, signal: name, reason: 'signalled' }
}
