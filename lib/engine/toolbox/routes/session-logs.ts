/** Logs over HTTP and over WebSockets, in the form that the client's version asks for (1.5, 2.3). */
import { closeSignal } from '@/lib/edge/close-signal'
import type { ParamsOf } from '@/lib/process-api/operations/operation'
import type { sessionOperations } from '@/lib/process-api/operations/sessions'
import { sendJsonTexts } from '../../http/json-texts'
import type { OperationRequest, OperationUpgrade } from '../../http/operation-request'
import { writeChunk } from '../../http/reply'
import type { RequestContext } from '../../http/request-context'
import type { Routes } from '../../http/router'
import type { OutputForm, SdkClient } from '../../http/sdk-version'
import { sendExactly } from '../../http/send-exactly'
import { sendUnbuffered } from '../../http/streaming'
import { markedBytes, plainBytes, splitTexts } from '../session/log-forms'
import { sendLog } from '../session/log-socket'
import type { Session } from '../session/session'
import type { CommandRecord } from '../session/session-record'

export interface LogTarget {
  session: Session
  record: CommandRecord
  /** The form for this client. */
  form: OutputForm
}

type LogsOperation = typeof sessionOperations.getCommandLogs | typeof sessionOperations.getEntrypointLogs

/**
 * Serve a log, over HTTP and over a WebSocket.
 * @param find what a request names; throws `NOT_FOUND`
 */
export function registerLogs<O extends LogsOperation>(
  routes: Routes,
  operation: O,
  find: (request: { readonly params: ParamsOf<O>; readonly client: SdkClient }) => LogTarget,
): void {
  routes.on(operation, async (request) => {
    const target = find(request)
    const { follow } = (request as OperationRequest<LogsOperation>).query
    if (follow) await sendFollowed(request, target)
    else await sendWhole(request, target)
  })

  routes.onSocket(operation, async (request) => {
    const { session, record, form } = find(request)
    const { follow } = (request as OperationUpgrade<LogsOperation>).query
    await sendLog(await request.accept(), session, record, {
      form: form === 'combined' ? 'combined' : 'marked',
      follow,
    })
  })
}

/** The whole log as it is now. */
async function sendWhole({ response }: RequestContext, { record, form }: LogTarget): Promise<void> {
  const { journal } = record
  const size = journal.size
  if (form === 'split') {
    await sendJsonTexts(response, 200, splitTexts(journal, size))
    return
  }
  if (size === 0) {
    response.writeHead(200, { 'content-length': 0 })
    response.end()
    return
  }
  sendUnbuffered(response)
  response.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    ...(form === 'combined' ? { 'content-length': size } : {}),
  })
  if (form === 'combined') {
    await sendExactly(response, size, plainBytes(journal, size))
    return
  }
  for await (const chunk of markedBytes(journal, size)) if (!(await writeChunk(response, chunk))) return
  response.end()
}

/** As in the reference, `follow=true` without an upgrade streams raw bytes. */
async function sendFollowed({ response }: RequestContext, { record }: LogTarget): Promise<void> {
  const signal = closeSignal(response)
  sendUnbuffered(response)
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  response.flushHeaders()
  const segments = record.journal.follow({ from: 0, signal, until: record.ended })
  for await (const segment of segments) if (!(await writeChunk(response, segment.data))) return
  response.end()
}
