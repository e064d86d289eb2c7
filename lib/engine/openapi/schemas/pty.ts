/** Names and descriptions for terminals. */
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
  named('CreatePty', createPtyRequestSchema, 'A new terminal. The caller chooses its id.', {
    id: 'Required: 1 to 128 letters, digits and . _ ~ : @ + -',
    cols: 'Up to 1000; 80 if 0 or left out.',
    rows: 'Up to 1000; 24 if 0 or left out.',
    lazyStart: 'Starts the shell when the first client connects.',
  }),
  named('ResizePty', resizePtyRequestSchema, 'New size, each side from 1 to 1000.'),
  named('Pty', ptyDetailSchema, 'A terminal. The fields after `lazyStart` are extensions.', {
    active: 'Whether the shell is running.',
    outputBytes: 'Bytes of output since its start.',
    clients: 'Number of connected clients that can type.',
    viewers: 'Number of connected clients that only watch.',
    sizeOwner: 'Client that controls the size; null if the last resize applies.',
    recording: 'Recording in progress.',
    title: 'Title that a program set; empty before.',
    bells: 'How often a program rang the bell.',
    progress: 'Progress that a program reports with OSC 9;4.',
  }),
  named('PtyControl', ptyControlSchema, 'Control message in a text frame.', {
    status: '`exited` is sent to clients that offered the exit control.',
  }),
  named('PtyServerMessage', ptyServerMessageSchema, 'Message to a client that connected with a snapshot.', {
    data: 'Restores screen, scrollback, cursor and modes as of `offset`.',
    skipped: 'Bytes that were skipped because the client was too slow.',
    offset: 'Offset in the output of the terminal.',
  }),
  named('PtyClientMessage', ptyClientMessageSchema, 'Message of a client that connected with a snapshot.'),
  named('PtyScreen', ptyScreenSchema, 'Content of the screen as text.', { lines: 'Lines from top to bottom.' }),
  named(
    'PtyRecording',
    ptyRecordingSchema,
    'A recording in the asciicast v2 format: output and sizes, never keystrokes.',
    {
      endedAt: 'Null while in progress.',
      message: 'Why the recording is incomplete; null if it is complete.',
      ...verificationNotes,
    },
  ),
]
