import { ptyOperations } from '@/lib/process-api/operations/pty'
import { readRoute } from '@/lib/reads/read-route'

/** A recording is a file of any size; its download may take this long. */
const downloadTimeoutMs = 10 * 60_000

/** A recording of a terminal, as an asciicast file. */
export const GET = readRoute(['sandboxId', 'recordingId'], async ({ client, ids, signal }) => {
  const { sandboxId, recordingId } = ids
  const call = { sandboxId, recording: recordingId }
  const options = { signal, deadlineMs: downloadTimeoutMs }
  const { body } = await client.send(ptyOperations.downloadPtyRecording, call, options)
  return new Response(body, {
    headers: {
      'cache-control': 'private, no-store',
      'content-type': 'application/x-asciicast',
      'content-disposition': `attachment; filename="${recordingId}.cast"`,
      'x-content-type-options': 'nosniff',
    },
  })
})
