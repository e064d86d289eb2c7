/** Names and notes of sessions and their commands. */
import {
  commandDetailSchema,
  createSessionRequestSchema,
  inputRequestSchema,
  sessionDetailSchema,
  sessionExecuteRequestSchema,
  sessionExecuteResponseSchema,
  sessionLogsSchema,
  sessionSummarySchema,
  verdictSchema,
} from '@/lib/process-api/process'
import { executionNotes, verificationNotes } from './executions'
import { type NamedSchema, named } from './named'

const sessionNotes = {
  state: '`ended` for a session whose shell is gone; its commands can still be read.',
  cwd: 'Where the shell was started.',
  commandCount: 'How many commands it has.',
  queuedCount: 'How many of them wait.',
  lastVerdict: 'How the command that ended last ended.',
  system: 'True for `entrypoint`, which nobody can use or delete.',
  ...verificationNotes,
}

export const sessionSchemas: readonly NamedSchema[] = [
  named('CreateSession', createSessionRequestSchema, 'A session under an id of the caller’s choice.', {
    sessionId: '1 to 128 letters, digits and . _ ~ : @ + -',
    cwd: 'Where its shell starts. An extension.',
    envs: 'Variables of its shell. An extension.',
  }),
  named('SessionExecuteRequest', sessionExecuteRequestSchema, 'A command for the shell of a session.', {
    runAsync: 'Answer at once; the input of the command then stays open.',
    async: 'The old name of `runAsync`.',
    suppressInputEcho: 'Keep what is sent as input out of the log.',
    stdin: 'Overrides what `runAsync` implies. An extension.',
  }),
  named(
    'SessionExecuteResponse',
    sessionExecuteResponseSchema,
    'How a command ended, or null where it was not waited for.',
    {
      cmdId: 'The id of the command.',
      output: 'Both streams in one; which of the three are filled depends on the version that the client tells.',
    },
  ),
  named('Command', commandDetailSchema, 'A command of a session.', {
    ...executionNotes,
    mode: '`wait`: input was at its end; `background`: input stays open.',
    commandTruncated: 'True where `command` is the first 4 KiB of a longer text, as in lists and events. An extension.',
  }),
  named('SessionSummary', sessionSummarySchema, 'A session without its commands.', sessionNotes),
  named('Session', sessionDetailSchema, 'A shell that keeps its folder and variables, with its commands.', {
    ...sessionNotes,
    commands: 'In the order in which they were asked for.',
  }),
  named('Verdict', verdictSchema, 'How an execution ended.', executionNotes),
  named('Input', inputRequestSchema, 'Text for the input of a command.', {
    data: 'Required unless `eof` is true.',
    newline: 'Whether a missing newline is added at the end. An extension.',
    eof: 'Close the input behind the text. An extension.',
  }),
  named('SessionLogs', sessionLogsSchema, 'What a command printed.', {
    output: 'Both streams, each piece behind three bytes that name its stream.',
  }),
]
