/** Who starts the processes of a sandbox and sends signals to them: the hand inside an isolation, else this process. */
import type { Duplex } from 'node:stream'
import type { ExecutionEnd } from '../../linux/execution-end'

/** What a stream of a child leads to: null is /dev/null, a socket has its other end in `Started.sockets`. */
export type ChildStream = PipeStream | 'socket' | null

/** A pipe or a file in the toolbox's folder of pipes. It must keep its name until the child was started. */
export interface PipeStream {
  kind: 'read-pipe' | 'write-pipe' | 'file'
  name: string
}

export interface StartRequest {
  /** Absolute path, or a name that is looked up in the child's `PATH`. */
  file: string
  args: readonly string[]
  /** Absolute. */
  cwd: string
  env: Readonly<Record<string, string>>
  /** By their numbers in the child, from 0 on; above the standard streams, null is no descriptor at all. */
  streams: readonly ChildStream[]
}

export interface Started {
  pid: number
  /** The process that stays while anything is left of what the child started; null where there is none. */
  supervisor: number | null
  exited: Promise<ExecutionEnd>
  /** One for each `socket` of the request. They are the caller's to read and to destroy. */
  sockets: Duplex[]
}

export interface StartedOnTerminal extends Started {
  /** The master side. It is the caller's to close. */
  descriptor: number
  /** Name of the terminal inside, such as `/dev/pts/3`. */
  device: string
}

export interface Starter {
  /**
   * Start a process as the leader of a session and process group of its own.
   * Rejects with a `SpawnError` naming what is wrong: the folder, the program, the size of the arguments.
   */
  start(request: StartRequest): Promise<Started>
  /** As `start`, on a new terminal that it controls. */
  startOnTerminal(
    request: Omit<StartRequest, 'streams'>,
    size: { cols: number; rows: number },
  ): Promise<StartedOnTerminal>
  /** Make named pipes in a folder. */
  makePipes(folder: string, names: readonly string[]): Promise<void>
}
