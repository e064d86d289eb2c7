/** Services shared by all features of the toolbox. */
import { randomUUID } from 'node:crypto'
import { poolFolders, type ToolboxConfig } from '../../config/toolbox-config'
import { LimitWatch } from '../../linux/limit-watch'
import { StateFolder } from '../../state/files'
import { RecordCodes } from '../../state/record-codes'
import { EventBus } from '../events/event-bus'
import { ExecutionStore, type ExecutionStoreOptions } from '../execution/store'
import { childEnvironment } from '../process/environment'
import { FifoPool } from '../process/fifo-pool'
import { InputWatches } from '../process/input-wait/input-watches'
import { ProcessOwners } from '../process/process-owners'
import { SentSignals } from '../process/sent-signals'
import { chooseShell } from '../process/shell'
import type { Starter } from '../process/starter'
import { Shutdown } from './shutdown'

/** Services that are enough for reading. Stopped sandboxes are read with them. */
export interface ReadServices {
  /** Changes when a warm toolbox is claimed: read it at each use, never keep a copy. */
  readonly config: ToolboxConfig
  readonly events: EventBus
  /** Holds everything that outlives the toolbox. */
  readonly state: StateFolder
  /** True for a stopped sandbox: nothing runs, and nothing may be written. */
  readonly readOnly: boolean
  /** Explains ends that were caused by the sandbox's limits. */
  readonly limits: LimitWatch
  /** All queued and running executions. */
  readonly unfinished: ReadonlySet<object>
  /** Open a store of executions and their journals in a folder below the state folder. */
  openExecutions<Details>(
    options: Omit<ExecutionStoreOptions<Details>, 'journalBytes' | 'readOnly' | 'unfinished' | 'limits'>,
  ): ExecutionStore<Details>
}

export interface ToolboxServices extends ReadServices {
  /** Different at each start of the toolbox. */
  readonly instanceId: string
  readonly starter: Starter
  readonly pipes: FifoPool
  /** The shell for commands. Sessions always need bash. */
  readonly shell: string
  readonly shutdown: Shutdown
  /** Who started each process of the sandbox. */
  readonly owners: ProcessOwners
  /** Signals that users sent from the process view. */
  readonly sentSignals: SentSignals
  /** Detects processes that wait for input. */
  readonly inputWatches: InputWatches
  /** Environment of a child: allow-list, the sandbox's variables, `extra`, and the mark of its execution. */
  childEnvironment(extra: Readonly<Record<string, string>>, executionId?: string): Record<string, string>
}

export function createReadServices(config: ToolboxConfig, readOnly: boolean): ReadServices {
  const unfinished = new Set<object>()
  const { journalBytes } = config.limits
  const limits = new LimitWatch(config)
  return {
    config,
    events: new EventBus(),
    state: StateFolder.open(config.stateDir, RecordCodes.from(config.stateKey, config.sandboxId), readOnly),
    readOnly,
    limits,
    unfinished,
    openExecutions: (options) => new ExecutionStore({ ...options, journalBytes, readOnly, unfinished, limits }),
  }
}

/** @param starter starts the sandbox's processes */
export function createServices(config: ToolboxConfig, starter: Starter): ToolboxServices {
  const shell = chooseShell(process.env.SHELL)
  const pipes = new FifoPool(poolFolders(config), starter)
  const shutdown = new Shutdown()
  shutdown.add(() => pipes.settled())
  return {
    ...createReadServices(config, false),
    instanceId: randomUUID(),
    starter,
    pipes,
    shell,
    shutdown,
    owners: new ProcessOwners(),
    sentSignals: new SentSignals(),
    inputWatches: new InputWatches(),
    childEnvironment: (extra, executionId) => childEnvironment(config, shell, extra, executionId),
  }
}
