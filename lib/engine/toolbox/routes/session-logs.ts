/** Logs over HTTP and over WebSockets, in the form that the client's version asks for (1.5, 2.3). */

import { sendJsonTexts } from '../../http/json-texts'
import { writeChunk } from '../../http/reply'
import type { RequestContext, Routes, UpgradeContext } from '../../http/router'
import type { OutputForm } from '../../http/sdk-version'
import { sendExactly } from '../../http/send-exactly'
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

/**
 * Answer one log route.
 * @param find what a request names; throws `NOT_FOUND`
 */
export function registerLogs(
  routes: Routes,
  path: string,
  find: (context: Pick<RequestContext, 'param' | 'client'>) => LogTarget,
): void {
  routes.route('GET', path, async (context) => {
    const target = find(context)
    if (context.query.get('follow') === 'true') await sendFollowed(context, target)
    else await sendWhole(context, target)
  })

  routes.webSocket(path, async (context: UpgradeContext) => {
    const { session, record, form } = find(context)
    const follow = context.query.get('follow') === 'true'
    await sendLog(await context.accept(), session, record, {
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

/** What the reference's runner makes of `follow=true` without an upgrade: the bytes alone, as they come. */
async function sendFollowed({ response }: RequestContext, { record }: LogTarget): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  response.flushHeaders()
  const segments = record.journal.follow({ from: 0, signal: gone.signal, until: record.ended })
  for await (const segment of segments) if (!(await writeChunk(response, segment.data))) return
  response.end()
}
