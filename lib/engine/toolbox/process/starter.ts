/** Starts the processes of a sandbox: through the hand with isolation, else as children of the toolbox. */
import type { Duplex } from 'node:stream'
import type { ExecutionEnd } from '../../linux/execution-end'

/** What a stream of a child is connected to: null is /dev/null, the other end of a socket is in `Started.sockets`. */
export type ChildStream = PipeStream | 'socket' | null

/** A pipe or a file in the toolbox's folder of pipes. Its name must exist until the child has started. */
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
  /** Indexed by the descriptor in the child. Beyond the standard streams, null means that it does not exist. */
  streams: readonly ChildStream[]
}

export interface Started {
  pid: number
  /** Pid of the supervisor, which lives as long as any descendant of the child; null without the hand. */
  supervisor: number | null
  /** True once it is certain that no process of the child is left. Never true without the hand. */
  hasNoProcesses(): boolean
  exited: Promise<ExecutionEnd>
  /** One for each `socket` in the request. The caller must read and destroy them. */
  sockets: Duplex[]
}

export interface StartedOnTerminal extends Started {
  /** Descriptor of the master side, to be closed by the caller. */
  descriptor: number
  /** Name of the terminal in the sandbox, such as `/dev/pts/3`. */
  device: string
}

export interface Starter {
  /**
   * Start a process as the leader of a new session and process group.
   * Rejects with a `SpawnError` that says what is wrong: the folder, the program, the size of the arguments.
   */
  start(request: StartRequest): Promise<Started>
  /** As `start`, on a new controlling terminal. */
  startOnTerminal(
    request: Omit<StartRequest, 'streams'>,
    size: { cols: number; rows: number },
  ): Promise<StartedOnTerminal>
  /** Create named pipes in a folder. */
  makePipes(folder: string, names: readonly string[]): Promise<void>
}
