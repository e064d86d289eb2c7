/** Names and notes of terminals. */
import {
  createPtyRequestSchema,
  ptyClientMessageSchema,
  ptyControlSchema,
  ptyDetailSchema,
  ptyRecordingSchema,
  ptyScreenSchema,
  ptyServerMessageSchema,
  resizePtyRequestSchema,
} from '@/lib/process-api/pty'
import { verificationNotes } from './executions'
import { type NamedSchema, named } from './named'

export const ptySchemas: readonly NamedSchema[] = [
  named('CreatePty', createPtyRequestSchema, 'A terminal under an id of the caller’s choice.', {
    id: 'Required: 1 to 128 letters, digits and . _ ~ : @ + -',
    cols: 'Up to 1000; 80 where it is 0 or left out.',
    rows: 'Up to 1000; 24 where it is 0 or left out.',
    lazyStart: 'Start its shell when the first client attaches.',
  }),
  named('ResizePty', resizePtyRequestSchema, 'The new size, each side from 1 to 1000.'),
  named('Pty', ptyDetailSchema, 'A terminal. What follows `lazyStart` are extensions.', {
    active: 'Whether its shell runs.',
    outputBytes: 'Bytes printed since its start.',
    clients: 'How many are attached and may type.',
    viewers: 'How many are attached and only watch.',
    sizeOwner: 'The client that decides on the size; null where the last resize wins.',
    recording: 'The recording under way.',
  }),
  named('PtyControl', ptyControlSchema, 'A control message, which is a text frame.', {
    status: '`exited` goes only to clients that offered the exit control.',
  }),
  named('PtyServerMessage', ptyServerMessageSchema, 'What a client gets that attached with a snapshot.', {
    data: 'Draws screen, scrollback, cursor and modes as they were at `offset`.',
    skipped: 'Bytes that were left out because the client was too slow.',
    offset: 'Position in the output of the terminal.',
  }),
  named('PtyClientMessage', ptyClientMessageSchema, 'What a client may send that attached with a snapshot.'),
  named('PtyScreen', ptyScreenSchema, 'What the screen shows, as text.', { lines: 'From top to bottom.' }),
  named('PtyRecording', ptyRecordingSchema, 'A recording in asciicast v2: output and sizes, never what was typed.', {
    endedAt: 'Null while it is under way.',
    message: 'Why it is not complete; null where it is.',
    ...verificationNotes,
  }),
]
