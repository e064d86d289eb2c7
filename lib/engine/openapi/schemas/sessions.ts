/** Names and descriptions for sessions and their commands. */
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
  state: '`ended` if the shell has exited. The commands can still be read.',
  cwd: 'Directory in which the shell was started.',
  commandCount: 'Number of commands.',
  queuedCount: 'Number of queued commands.',
  lastVerdict: 'Result of the command that ended last.',
  system: 'True for `entrypoint`, which cannot be used or deleted.',
  ...verificationNotes,
}

export const sessionSchemas: readonly NamedSchema[] = [
  named('CreateSession', createSessionRequestSchema, 'A new session. The caller chooses its id.', {
    sessionId: '1 to 128 letters, digits and . _ ~ : @ + -',
    cwd: 'Working directory of the shell. An extension.',
    envs: 'Variables of the shell. An extension.',
  }),
  named('SessionExecuteRequest', sessionExecuteRequestSchema, 'A command to run in a session.', {
    runAsync: 'Respond at once. The input of the command stays open.',
    async: 'Old name of `runAsync`.',
    suppressInputEcho: 'Do not show input in the log.',
    stdin: 'Overrides the default of `runAsync`. An extension.',
  }),
  named(
    'SessionExecuteResponse',
    sessionExecuteResponseSchema,
    'Result of a command. Fields are null if the caller did not wait.',
    {
      cmdId: 'Id of the command.',
      output: 'Both streams as one. Which of the three fields are set depends on the version of the client.',
    },
  ),
  named('Command', commandDetailSchema, 'A command of a session.', {
    ...executionNotes,
    mode: '`wait`: input at end of file; `background`: input stays open.',
    commandTruncated: 'Whether `command` is only the first 4 KiB of the text, as in lists and events. An extension.',
  }),
  named('SessionSummary', sessionSummarySchema, 'A session without its commands.', sessionNotes),
  named('Session', sessionDetailSchema, 'A session with its commands.', {
    ...sessionNotes,
    commands: 'In the order in which they were sent.',
  }),
  named('Verdict', verdictSchema, 'Result of an execution.', executionNotes),
  named('Input', inputRequestSchema, 'Input for a command.', {
    data: 'Text to send. Required unless `eof` is true.',
    newline: 'Adds a newline if the text ends without one. An extension.',
    eof: 'Closes the input after the text. An extension.',
  }),
  named('SessionLogs', sessionLogsSchema, 'Output of a command.', {
    output: 'Both streams, with three bytes that mark the stream before each chunk.',
  }),
]
