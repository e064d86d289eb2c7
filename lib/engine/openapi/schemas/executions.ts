/** Names and descriptions for executions: runs, journals, processes, charts. */
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
import { journalOverviewSchema, lineLocationSchema } from '@/lib/process-api/journal-lines'
import { matchesMessageSchema, matchingLinesSchema } from '@/lib/process-api/journal-matches'
import {
  codeRunRequestSchema,
  codeRunResponseSchema,
  executeRequestSchema,
  executeResponseSchema,
} from '@/lib/process-api/process'
import {
  processOwnerSchema,
  processSignalRequestSchema,
  processSignalResponseSchema,
  processTreeSchema,
  sandboxProcessSchema,
} from '@/lib/process-api/process-tree'
import { type NamedSchema, named } from './named'

export const verificationNotes = {
  verified:
    'Whether the stored record is what the toolbox wrote, by its authentication codes. Null if not checked, as for records of the running toolbox.',
  unverifiedReason: 'Why `verified` is false.',
}

/** Fields of every execution. */
export const executionNotes = {
  state: 'Current or final state.',
  exitCode: 'Exit code; null or left out while unknown. There is no default.',
  signal: 'Signal that ended it.',
  reason: 'Why it ended.',
  message: 'One sentence that explains the state, if necessary.',
  queuedAt: 'Time of the request, in ISO 8601.',
  startedAt: 'Time at which its process started.',
  endedAt: 'Time at which it ended.',
  durationMs: 'Time from start to end, by a monotonic clock.',
  output: 'Size of its output.',
  survivors: 'Processes that outlived it.',
  stdinOpen: 'Whether input can be sent.',
  waitingForInput: 'Whether it is waiting for input; null if unknown.',
  ...verificationNotes,
}

const requestNotes = {
  cwd: 'Working directory, relative to that of the sandbox.',
  envs: 'Variables in addition to those of the sandbox. Names consist of letters, digits and underscores.',
  timeout: 'Seconds after which the whole process tree is killed. No limit if left out, null or 0.',
  argv: 'Arguments of the program, passed unchanged.',
  stdin: '`open` accepts input while it runs; `closed`, the default, is at end of file.',
}

const runNotes = {
  ...executionNotes,
  kind: 'Shell command, or code in a language.',
  title: 'First line that is not blank, truncated to 200 characters.',
  origin: '`api` for `execute` and `codeRun`, `run` for `startRun`.',
  streams: '`split` records stdout and stderr separately; `merged` records both as one stream in exact order.',
}

export const executionSchemas: readonly NamedSchema[] = [
  named('ExecuteRequest', executeRequestSchema, 'A command for the shell of the sandbox.', {
    ...requestNotes,
    command: 'Passed to the shell on its standard input, so that it can have several lines.',
  }),
  named('ExecuteResponse', executeResponseSchema, 'Result of a command.', {
    exitCode:
      'Exit code of the shell: 128 plus the signal number for a command that was ended by a signal, -1 if the shell could not be started.',
    result: 'Output to stdout and stderr, in the order in which it was written.',
  }),
  named('CodeRunRequest', codeRunRequestSchema, 'A program.', {
    ...requestNotes,
    code: 'Source code.',
    language: '`python`, `javascript` or `typescript`.',
  }),
  named('CodeRunResponse', codeRunResponseSchema, 'Result of a program.', {
    exitCode: 'Exit code of the program.',
    result: 'Output to stdout and stderr, in the order in which it was written.',
    artifacts: 'Matplotlib charts, each a `Chart`; left out if there are none.',
  }),
  named('Chart', chartSchema, 'A matplotlib figure: its image and the plotted values.', {
    png: 'Image of the whole figure, in base64.',
    x_ticks: 'Milliseconds since 1970 (UTC) on a `datetime` axis, positions on a `categorical` axis.',
    x_scale: '`linear`, `log`, `categorical`, `datetime` and so on.',
    elements: 'Lines, points, bars, wedges, boxes, or the subplots of a composite chart.',
  }),
  named('ChartElement', chartElementSchema, 'Element of a chart. Its fields depend on the type of the chart.', {
    value: 'Length of a bar or share of a wedge, as text.',
    points: 'Pairs of x and y.',
  }),
  named(
    'ExecutionState',
    executionStateSchema,
    'State of an execution. `lost` means that the engine stopped and the result is unknown.',
  ),
  named(
    'UnverifiedReason',
    unverifiedReasonSchema,
    'Why a record cannot be verified. `unsigned`: it has no authentication codes. `unsealed`: its writer was interrupted. `record`: the record was changed, is incomplete, or comes from elsewhere. `output`: the output was changed.',
  ),
  named(
    'EndReason',
    endReasonSchema,
    'Why an execution ended. `not-recorded`: it ended normally, but part of it could not be recorded, for example on a full disk.',
  ),
  named('OutputSize', outputSizeSchema, 'Numbers of recorded bytes.', {
    droppedBytes: 'Bytes that were not recorded because of a limit or a full disk.',
  }),
  named('Survivor', survivorSchema, 'A process that outlived the execution that started it.'),
  named('StartRun', startRunRequestSchema, 'A shell command or a program to run and record.', {
    ...requestNotes,
    kind: 'Shell command or program.',
  }),
  named('Run', runSummarySchema, 'A run, as in lists.', runNotes),
  named('RunDetail', runDetailSchema, 'A run with its request.', {
    ...runNotes,
    textLength: 'Length of the whole command or code, which `textLimit` may have cut, in UTF-16 code units.',
  }),
  named('LiveProcess', liveProcessSchema, 'A running process.', { commandId: 'Command that it belongs to.' }),
  named('ProcessTree', processTreeSchema, 'Processes of a sandbox.', {
    processes: 'Oldest first, parents before their children.',
    cpuIntervalMs: 'Interval over which `cpuPercent` was measured.',
  }),
  named('SandboxProcess', sandboxProcessSchema, 'A process. Fields that could not be read are null.', {
    parentPid: 'Null if the parent is outside the sandbox.',
    startTicks: 'Start time in clock ticks since boot. Together with the pid it identifies a process uniquely.',
    name: 'Name of the executable, truncated to 15 characters.',
    argv: 'Arguments, up to 4,096 characters in total.',
    argvCut: 'Whether arguments are missing.',
    state: '`waiting` is uninterruptible sleep, in which no signal is delivered.',
    cpuSeconds: 'Processor time since its start, without children.',
    cpuPercent: 'Share of one processor over the last `cpuIntervalMs`.',
    memoryBytes: 'Resident memory, including shared pages.',
    owner: 'What it belongs to; null if unknown.',
  }),
  named(
    'ProcessOwner',
    processOwnerSchema,
    'What a process belongs to. `system` processes belong to the engine and cannot be signalled.',
  ),
  named('ProcessSignalRequest', processSignalRequestSchema, 'A signal and its scope.', {
    startTicks: 'As returned by `getProcessTree`.',
    tree: 'Includes its descendants, and the process group that it leads.',
  }),
  named('ProcessSignalAnswer', processSignalResponseSchema, 'The processes that were signalled.', {
    gone: 'With SIGKILL and `tree`: whether all processes have ended.',
  }),
  named('SignalRequest', signalRequestSchema, 'A signal.'),
  named(
    'JournalWindow',
    journalWindowSchema,
    'Part of the output of an execution, in the chunks in which it arrived.',
    {
      size: 'Current size of the journal in bytes.',
      stderrBytes: 'Bytes of stderr in it.',
      truncated: 'Whether more was requested than one response can contain.',
      droppedBytes: 'Bytes that were not recorded because of a limit or a full disk.',
      chunks: 'Each with its offset, its stream, its time of arrival, and its bytes in base64.',
    },
  ),
  named('JournalOverview', journalOverviewSchema, 'How much output is where in a journal.', {
    by: '`bytes` if all output arrived at the same time.',
    offsets: 'Offset of each part, then the size.',
    lineCounts: 'Line feeds in each part.',
    stderrBytes: 'Bytes of stderr in each part.',
  }),
  named('LineLocation', lineLocationSchema, 'Where a line is in a journal.', {
    lineOffset: 'Offset of the line.',
    offset: 'Offset of what was requested, in this line.',
    wallMs: 'When it arrived, in milliseconds since 1970; null if unknown.',
    lines: 'Number of all lines.',
    size: 'Number of all bytes.',
  }),
  named('MatchesMessage', matchesMessageSchema, 'What a search has found so far.', {
    type: '`end` is the last message.',
  }),
  named('MatchingLines', matchingLinesSchema, 'A page of matching lines.', {
    lines: 'Each with its number, its offset and its start as text. Lines of context do not match.',
    next: 'Where the next page starts; null on the last page.',
  }),
  named('FollowMessage', followMessageSchema, 'Text frame of a followed journal.', {
    type: '`opened` comes first; `end` comes when the execution has ended and all output was sent.',
  }),
  named('Event', engineEventSchema, 'A change in a sandbox, with the whole new state.'),
  named('Capabilities', capabilitiesSchema, 'The extensions of this engine.', {
    instanceId: 'Changes at each start of the toolbox.',
    extensions: 'Version of each extension.',
    limits: 'Sizes in bytes, and how many completed runs are kept.',
  }),
]
