/** Names and notes of executions: runs, journals, processes, charts. */
import { chartElementSchema, chartSchema } from '@/lib/process-api/charts'
import {
  endReasonSchema,
  executionStateSchema,
  outputSizeSchema,
  survivorSchema,
  unverifiedReasonSchema,
} from '@/lib/process-api/execution'
import {
  capabilitiesSchema,
  engineEventSchema,
  followMessageSchema,
  journalWindowSchema,
  liveProcessSchema,
  runDetailSchema,
  runSummarySchema,
  signalRequestSchema,
  startRunRequestSchema,
} from '@/lib/process-api/extensions'
import {
  codeRunRequestSchema,
  codeRunResponseSchema,
  executeRequestSchema,
  executeResponseSchema,
} from '@/lib/process-api/process'
import {
  processOwnerSchema,
  processSignalAnswerSchema,
  processSignalRequestSchema,
  processTreeSchema,
  sandboxProcessSchema,
} from '@/lib/process-api/process-tree'
import { type NamedSchema, named } from './named'

export const verificationNotes = {
  verified:
    'Whether what is on disk is what the toolbox wrote there, by its authentication codes. Null while that was not checked, as of what the running toolbox recorded itself.',
  unverifiedReason: 'Why `verified` is false.',
}

/** What every execution tells. */
export const executionNotes = {
  state: 'What it does, or how it ended.',
  exitCode: 'Null or left out while nobody knows it; there is no default.',
  signal: 'The signal that ended it.',
  reason: 'Why it ended.',
  message: 'One sentence where the state alone does not say enough.',
  queuedAt: 'When it was asked for, in ISO 8601.',
  startedAt: 'When its process was started.',
  endedAt: 'When it ended.',
  durationMs: 'From start to end, by a clock that nobody sets.',
  output: 'How much it printed.',
  survivors: 'Processes that outlived it.',
  stdinOpen: 'True while input can be sent.',
  waitingForInput: 'Whether it waits for input now; null where that cannot be told.',
  ...verificationNotes,
}

const requestNotes = {
  cwd: 'Where it runs; relative to the sandbox’s working folder.',
  envs: 'Variables beside those of the sandbox; names of letters, digits and underscores.',
  timeout: 'Seconds after which the whole tree of processes is killed; left out, null or 0 for no limit.',
  argv: 'Arguments of the program, each passed as it is.',
  stdin: '`open` takes input while it runs; `closed`, the default, is at its end at once.',
}

const runNotes = {
  ...executionNotes,
  kind: 'A shell command, or code in a language.',
  title: 'The first line that is not blank, cut at 200 characters.',
  origin: '`api` for execute and code-run, `run` for `POST /process/run`.',
  streams: '`split` tells stdout and stderr apart; `merged` keeps their exact order in one.',
}

export const executionSchemas: readonly NamedSchema[] = [
  named('ExecuteRequest', executeRequestSchema, 'A command for the shell of the sandbox.', {
    ...requestNotes,
    command: 'Given to the shell on its standard input, so that several lines work.',
  }),
  named('ExecuteResponse', executeResponseSchema, 'How a command ended.', {
    exitCode:
      'That of the shell; 128 and the number of the signal for a command that a signal ended, -1 where the shell could not be started.',
    result: 'What was printed to stdout and stderr, in the order in which it was.',
  }),
  named('CodeRunRequest', codeRunRequestSchema, 'A program.', {
    ...requestNotes,
    code: 'The source.',
    language: '`python`, `javascript` or `typescript`.',
  }),
  named('CodeRunResponse', codeRunResponseSchema, 'How a program ended.', {
    exitCode: 'That of the program.',
    result: 'What was printed to stdout and stderr, in the order in which it was.',
    artifacts: 'Charts of matplotlib; left out where there are none. Each is a `Chart`.',
  }),
  named('Chart', chartSchema, 'A figure of matplotlib: its picture and the values that were drawn.', {
    png: 'The picture of the whole figure, in base64.',
    x_ticks: 'On a `datetime` axis in milliseconds since 1970 (UTC), on a `categorical` one positions.',
    x_scale: '`linear`, `log`, `categorical`, `datetime` and so on.',
    elements: 'Lines, points, bars, wedges, boxes, or the subplots of a composite chart.',
  }),
  named(
    'ChartElement',
    chartElementSchema,
    'One element of a chart; which fields it has depends on the type of the chart.',
    {
      value: 'A bar’s length or a wedge’s share, as text.',
      points: 'Pairs of x and y.',
    },
  ),
  named(
    'ExecutionState',
    executionStateSchema,
    '`lost` means that the engine went away and nobody knows how it ended.',
  ),
  named(
    'UnverifiedReason',
    unverifiedReasonSchema,
    'Why a record cannot be verified. `unsigned`: it has no authentication codes. `unsealed`: its writer was interrupted. `record`: what is known of it was changed, is incomplete, or comes from elsewhere. `output`: its output was changed.',
  ),
  named(
    'EndReason',
    endReasonSchema,
    'Why an execution ended. `not-recorded`: by itself, but something of it could not be recorded, as on a full disk.',
  ),
  named('OutputSize', outputSizeSchema, 'Bytes that were recorded.', {
    droppedBytes: 'What a cap or a full disk kept out.',
  }),
  named('Survivor', survivorSchema, 'A process that outlived what started it.'),
  named('StartRun', startRunRequestSchema, 'A shell command or a program that is recorded.', {
    ...requestNotes,
    kind: 'Which of the two.',
  }),
  named('Run', runSummarySchema, 'A run as lists show it.', runNotes),
  named('RunDetail', runDetailSchema, 'A run with what was asked for.', runNotes),
  named('LiveProcess', liveProcessSchema, 'A process that runs now.', { commandId: 'The command that it belongs to.' }),
  named('ProcessTree', processTreeSchema, 'What runs in a sandbox.', {
    processes: 'Parents before their children, oldest first.',
    cpuIntervalMs: 'How far back the look lies that `cpuPercent` compares with.',
  }),
  named('SandboxProcess', sandboxProcessSchema, 'One process. What could not be read is null.', {
    parentPid: 'Null where the parent is outside of the sandbox.',
    startTicks: 'Clock ticks since the start of the system: with the pid it names a process for good.',
    name: 'Of the executable, cut at 15 characters.',
    argv: 'The arguments, at most 4,096 characters of them.',
    argvCut: 'True where there are more.',
    state: '`waiting` sleeps in the system, where no signal reaches it.',
    cpuSeconds: 'Processor time since its start, of the process alone.',
    cpuPercent: 'Share of one processor over the last `cpuIntervalMs`.',
    memoryBytes: 'Resident memory, shared pages included.',
    owner: 'What it belongs to; null where nothing tells.',
  }),
  named(
    'ProcessOwner',
    processOwnerSchema,
    'What a process belongs to. `system` is the engine’s own and cannot be signalled.',
  ),
  named('ProcessSignalRequest', processSignalRequestSchema, 'Which signal, and to how much.', {
    startTicks: 'As the list told it.',
    tree: 'Its descendants too, and the process group that it leads.',
  }),
  named('ProcessSignalAnswer', processSignalAnswerSchema, 'What got the signal.', {
    gone: 'With SIGKILL and `tree`: whether nothing of it is left.',
  }),
  named('SignalRequest', signalRequestSchema, 'Which signal.'),
  named(
    'JournalWindow',
    journalWindowSchema,
    'A part of what an execution printed, in the pieces in which it arrived.',
    {
      size: 'Bytes of the whole journal now.',
      stderrBytes: 'How many of them are stderr’s.',
      truncated: 'True where the window asked for was longer than one answer holds.',
      droppedBytes: 'What a cap or a full disk kept out.',
      chunks: 'Each with its offset, its stream, when it arrived, and its bytes in base64.',
    },
  ),
  named('FollowMessage', followMessageSchema, 'A text frame of a followed journal.', {
    type: '`opened` comes first; `end` when the execution has ended and all was sent.',
  }),
  named('Event', engineEventSchema, 'A change of something in a sandbox, with all of what it is afterwards.'),
  named('Capabilities', capabilitiesSchema, 'What this engine can do beyond the reference.', {
    instanceId: 'New for each start of the toolbox.',
    extensions: 'Each with the version of its contract.',
    limits: 'Sizes in bytes, and how many ended runs are kept.',
  }),
]
