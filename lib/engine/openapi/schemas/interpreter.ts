/** Names and descriptions for interpreter contexts. */
import {
  answerRequestSchema,
  contextDetailSchema,
  createContextRequestSchema,
  interpreterClientMessageSchema,
  interpreterContextSchema,
  interpreterExtensionFrameSchema,
  interpreterFrameSchema,
  interpreterRequestSchema,
  interpreterRunDetailSchema,
  interpreterRunSchema,
  interruptResponseSchema,
  runItemSchema,
  startInterpreterRunSchema,
} from '@/lib/process-api/interpreter'
import { executionNotes } from './executions'
import { type NamedSchema, named } from './named'

const contextNotes = {
  active: 'Whether the context can be used.',
  language: '`python`, `javascript` or `typescript`.',
  state: '`new`: the next run starts a process without variables.',
  generation: 'Number of processes so far. When it grows, the variables were lost.',
  version: 'Version of the interpreter; known after the first process has started.',
  currentRun: 'Current run.',
  queuedRuns: 'Number of queued runs.',
  question: 'Question that the run asks with `input()`.',
  lost: 'Why the variables were last lost; null if they never were.',
}

const runNotes = {
  ...executionNotes,
  title: 'First line that is not blank.',
  rich: 'Whether values and charts are recorded and `input()` can be answered.',
  position: 'Number of runs before it; 0 once it runs.',
  stateAfter: 'Whether the variables were kept; null until the run has ended.',
}

export const interpreterSchemas: readonly NamedSchema[] = [
  named('CreateContext', createContextRequestSchema, 'Everything may be left out.', {
    cwd: 'Where it starts, relative to the working directory of the sandbox.',
    language: '`python` by default; `javascript` and `typescript` are extensions.',
  }),
  named(
    'Context',
    interpreterContextSchema,
    'A process that keeps its variables from one run to the next.',
    contextNotes,
  ),
  named('ContextDetail', contextDetailSchema, 'A context with its state.', contextNotes),
  named('InterpreterRequest', interpreterRequestSchema, 'First message of a client.', {
    contextId: 'The default context if left out.',
    timeout: 'Seconds; 600 by default, 0 for no limit.',
  }),
  named(
    'InterpreterFrame',
    interpreterFrameSchema,
    'Output and result of a run. Fields that a type does not use are empty.',
  ),
  named('InterpreterExtensionFrame', interpreterExtensionFrameSchema, 'Frames for clients that requested extensions.'),
  named('InterpreterClientMessage', interpreterClientMessageSchema, 'Messages of such clients during their run.'),
  named('RunItem', runItemSchema, 'A result of a run other than output.', {
    at: 'Offset in the journal at which it was produced.',
    representations: 'Representations of the value, by media type.',
    omitted: 'Representations that exceeded a size limit, with their full size in characters.',
  }),
  named('InterpreterRun', interpreterRunSchema, 'A run of a context.', runNotes),
  named('InterpreterRunDetail', interpreterRunDetailSchema, 'A run of a context with its code.', {
    ...runNotes,
    textLength: 'Length of the whole code, which `textLimit` may have cut, in UTF-16 code units.',
  }),
  named('StartInterpreterRun', startInterpreterRunSchema, 'Code to run in a context.', {
    timeout: 'Seconds; 600 by default, 0 for no limit.',
    rich: '`false` runs it without extensions.',
  }),
  named('InterruptAnswer', interruptResponseSchema, 'Outcome of an interrupt.', {
    outcome: '`ignored`: the code handled the interrupt or did not react within two seconds, and is still running.',
  }),
  named('ContextAnswer', answerRequestSchema, 'A line for `input()`.', { eof: 'Sends end of file instead.' }),
]
