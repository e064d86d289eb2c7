'use server'

import { z } from 'zod'
import { ptyOperations } from '@/lib/process-api/operations/pty'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, recordingId: z.uuid() })

/** Deletes the recording of a terminal. */
export const deleteRecording = actionWith('terminal.deleteRecording', inputSchema).action(
  async ({ parsedInput, ctx }) => {
    const { target, sandboxId, recordingId } = parsedInput
    const call = { sandboxId, recording: recordingId }
    await targets().client(target).call(ptyOperations.deletePtyRecording, call, { signal: ctx.signal })
    return { recordingId }
  },
)
