import { ptyOperations } from '@/lib/process-api/operations/pty'
import { readRoute } from '@/lib/reads/read-route'

/** A recording is a file of any size; its download may take this long. */
const downloadTimeoutMs = 10 * 60_000

/** A recording of a terminal, or the requested part of it, as an asciicast file. */
export const GET = readRoute(
  'terminal.readRecording',
  ['sandboxId', 'recordingId'],
  async ({ client, ids, headers, signal }) => {
    const { sandboxId, recordingId } = ids
    const call = { sandboxId, recording: recordingId }
    const options = { signal, deadlineMs: downloadTimeoutMs, range: headers.get('range') ?? undefined }
    const { status, headers: sent, body } = await client.send(ptyOperations.downloadPtyRecording, call, options)
    const range = sent.get('content-range')
    return new Response(body, {
      status,
      headers: {
        'cache-control': 'private, no-store',
        'content-type': 'application/x-asciicast',
        'content-disposition': `attachment; filename="${recordingId}.cast"`,
        'x-content-type-options': 'nosniff',
        ...(range !== null && { 'content-range': range }),
      },
    })
  },
)
