/** Names and notes of interpreter contexts. */
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
  interruptAnswerSchema,
  runItemSchema,
  startInterpreterRunSchema,
} from '@/lib/process-api/interpreter'
import { executionNotes } from './executions'
import { type NamedSchema, named } from './named'

const contextNotes = {
  active: 'Whether it can be used.',
  language: '`python`, `javascript` or `typescript`.',
  state: '`new`: the next run starts a process with empty names.',
  generation: 'Counts its processes: when it grows, the names were lost.',
  version: 'Of what runs the code; known once a process has run.',
  currentRun: 'The run under way.',
  queuedRuns: 'How many wait behind it.',
  question: 'What the run asks with `input()`.',
  lost: 'Why the names were lost last; null while they were not.',
}

const runNotes = {
  ...executionNotes,
  title: 'The first line that is not blank.',
  rich: 'Whether values and charts were asked for, and `input()` can be answered.',
  position: 'Runs before it; 0 once it runs.',
  stateAfter: 'What became of the names; null while it is not over.',
}

export const interpreterSchemas: readonly NamedSchema[] = [
  named('CreateContext', createContextRequestSchema, 'Everything may be left out.', {
    cwd: 'Where it starts; relative to the sandbox’s working folder.',
    language: '`python` where it is left out; `javascript` and `typescript` are extensions.',
  }),
  named('Context', interpreterContextSchema, 'A process that keeps its names from one run to the next.', contextNotes),
  named('ContextDetail', contextDetailSchema, 'A context with what the engine knows of it.', contextNotes),
  named('InterpreterRequest', interpreterRequestSchema, 'The first message of a client.', {
    contextId: 'The default context where it is left out.',
    timeout: 'Seconds; 600 where it is left out, 0 for no limit.',
  }),
  named(
    'InterpreterFrame',
    interpreterFrameSchema,
    'What a run prints and how it ends. Fields that a type does not use are empty.',
  ),
  named(
    'InterpreterExtensionFrame',
    interpreterExtensionFrameSchema,
    'Frames that only clients get that asked for them.',
  ),
  named(
    'InterpreterClientMessage',
    interpreterClientMessageSchema,
    'What such a client may send while its run goes on.',
  ),
  named('RunItem', runItemSchema, 'What a run produced beside its output.', {
    at: 'It came after so many bytes of the journal.',
    representations: 'What the value looks like, by media type.',
    omitted: 'What a size limit kept out, with its full size in characters.',
  }),
  named('InterpreterRun', interpreterRunSchema, 'A run in a context.', runNotes),
  named('InterpreterRunDetail', interpreterRunDetailSchema, 'A run in a context with its code.', runNotes),
  named('StartInterpreterRun', startInterpreterRunSchema, 'Code for a context.', {
    timeout: 'Seconds; 600 where it is left out, 0 for no limit.',
    rich: 'False runs it as for a client that asked for no extensions.',
  }),
  named('InterruptAnswer', interruptAnswerSchema, 'What the interrupt came to.', {
    outcome: '`ignored`: the code caught it or did not react within two seconds, and still runs.',
  }),
  named('ContextAnswer', answerRequestSchema, 'A line for `input()`.', { eof: 'End the input instead.' }),
]
