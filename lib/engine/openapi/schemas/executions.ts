/** Names and notes of executions: runs, journals, processes, charts. */
import { chart, chartElement } from '@/lib/process-api/charts'
import { endReason, executionState, outputSize, survivor, unverifiedReason } from '@/lib/process-api/execution'
import {
  capabilities,
  engineEvent,
  followMessage,
  journalWindow,
  liveProcess,
  runDetail,
  runSummary,
  signalRequest,
  startRunRequest,
} from '@/lib/process-api/extensions'
import { codeRunRequest, codeRunResponse, executeRequest, executeResponse } from '@/lib/process-api/process'
import {
  processOwner,
  processSignalAnswer,
  processSignalRequest,
  processTree,
  sandboxProcess,
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
  named('ExecuteRequest', executeRequest, 'A command for the shell of the sandbox.', {
    ...requestNotes,
    command: 'Given to the shell on its standard input, so that several lines work.',
  }),
  named('ExecuteResponse', executeResponse, 'How a command ended.', {
    exitCode:
      'That of the shell; 128 and the number of the signal for a command that a signal ended, -1 where the shell could not be started.',
    result: 'What was printed to stdout and stderr, in the order in which it was.',
  }),
  named('CodeRunRequest', codeRunRequest, 'A program.', {
    ...requestNotes,
    code: 'The source.',
    language: '`python`, `javascript` or `typescript`.',
  }),
  named('CodeRunResponse', codeRunResponse, 'How a program ended.', {
    exitCode: 'That of the program.',
    result: 'What was printed to stdout and stderr, in the order in which it was.',
    artifacts: 'Charts of matplotlib; left out where there are none. Each is a `Chart`.',
  }),
  named('Chart', chart, 'A figure of matplotlib: its picture and the values that were drawn.', {
    png: 'The picture of the whole figure, in base64.',
    x_ticks: 'On a `datetime` axis in milliseconds since 1970 (UTC), on a `categorical` one positions.',
    x_scale: '`linear`, `log`, `categorical`, `datetime` and so on.',
    elements: 'Lines, points, bars, wedges, boxes, or the subplots of a composite chart.',
  }),
  named('ChartElement', chartElement, 'One element of a chart; which fields it has depends on the type of the chart.', {
    value: 'A bar’s length or a wedge’s share, as text.',
    points: 'Pairs of x and y.',
  }),
  named('ExecutionState', executionState, '`lost` means that the engine went away and nobody knows how it ended.'),
  named(
    'UnverifiedReason',
    unverifiedReason,
    'Why a record cannot be verified. `unsigned`: it has no authentication codes. `unsealed`: its writer was interrupted. `record`: what is known of it was changed, is incomplete, or comes from elsewhere. `output`: its output was changed.',
  ),
  named(
    'EndReason',
    endReason,
    'Why an execution ended. `not-recorded`: by itself, but something of it could not be recorded, as on a full disk.',
  ),
  named('OutputSize', outputSize, 'Bytes that were recorded.', {
    droppedBytes: 'What a cap or a full disk kept out.',
  }),
  named('Survivor', survivor, 'A process that outlived what started it.'),
  named('StartRun', startRunRequest, 'A shell command or a program that is recorded.', {
    ...requestNotes,
    kind: 'Which of the two.',
  }),
  named('Run', runSummary, 'A run as lists show it.', runNotes),
  named('RunDetail', runDetail, 'A run with what was asked for.', runNotes),
  named('LiveProcess', liveProcess, 'A process that runs now.', { commandId: 'The command that it belongs to.' }),
  named('ProcessTree', processTree, 'What runs in a sandbox.', {
    processes: 'Parents before their children, oldest first.',
    cpuIntervalMs: 'How far back the look lies that `cpuPercent` compares with.',
  }),
  named('SandboxProcess', sandboxProcess, 'One process. What could not be read is null.', {
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
    processOwner,
    'What a process belongs to. `system` is the engine’s own and cannot be signalled.',
  ),
  named('ProcessSignalRequest', processSignalRequest, 'Which signal, and to how much.', {
    startTicks: 'As the list told it.',
    tree: 'Its descendants too, and the process group that it leads.',
  }),
  named('ProcessSignalAnswer', processSignalAnswer, 'What got the signal.', {
    gone: 'With SIGKILL and `tree`: whether nothing of it is left.',
  }),
  named('SignalRequest', signalRequest, 'Which signal.'),
  named('JournalWindow', journalWindow, 'A part of what an execution printed, in the pieces in which it arrived.', {
    size: 'Bytes of the whole journal now.',
    stderrBytes: 'How many of them are stderr’s.',
    truncated: 'True where the window asked for was longer than one answer holds.',
    droppedBytes: 'What a cap or a full disk kept out.',
    chunks: 'Each with its offset, its stream, when it arrived, and its bytes in base64.',
  }),
  named('FollowMessage', followMessage, 'A text frame of a followed journal.', {
    type: '`opened` comes first; `end` when the execution has ended and all was sent.',
  }),
  named('Event', engineEvent, 'A change of something in a sandbox, with all of what it is afterwards.'),
  named('Capabilities', capabilities, 'What this engine can do beyond the reference.', {
    instanceId: 'New for each start of the toolbox.',
    extensions: 'Each with the version of its contract.',
    limits: 'Sizes in bytes, and how many ended runs are kept.',
  }),
]
