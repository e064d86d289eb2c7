/** What every area of the toolbox works with. */
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

/** What reading alone needs; a stopped sandbox is read with these. */
export interface ReadServices {
  /** Filled in by the launcher, and again when a warm toolbox is claimed: read it when needed, never keep a copy. */
  readonly config: ToolboxConfig
  readonly events: EventBus
  /** Where everything is kept that outlives the toolbox. */
  readonly state: StateFolder
  /** True for a stopped sandbox: nothing may be written and nothing runs. */
  readonly readOnly: boolean
  /** What the sandbox's limits do to what runs in it. */
  readonly limits: LimitWatch
  /** Everything that waits or runs now, whoever started it. */
  readonly unfinished: ReadonlySet<object>
  /** Executions with their journals, in a folder below the state folder. */
  openExecutions<Details>(
    options: Omit<ExecutionStoreOptions<Details>, 'journalBytes' | 'readOnly' | 'unfinished' | 'limits'>,
  ): ExecutionStore<Details>
}

export interface ToolboxServices extends ReadServices {
  /** New for each start of the toolbox. */
  readonly instanceId: string
  readonly starter: Starter
  readonly pipes: FifoPool
  /** The shell for commands. Sessions need bash, whatever this is. */
  readonly shell: string
  readonly shutdown: Shutdown
  /** Whose the processes of the sandbox are. */
  readonly owners: ProcessOwners
  /** Signals that people sent from the process view. */
  readonly sentSignals: SentSignals
  /** Notices what waits for input. */
  readonly inputWatches: InputWatches
  /** Environment of a child: allow-list, sandbox, `extra`, and the mark of the execution that it belongs to. */
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

/** @param starter starts and signals the sandbox's processes */
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
