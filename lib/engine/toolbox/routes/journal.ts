/** The `journal` extension, the same for runs and for commands of sessions. */
import { ApiError } from '@/lib/process-api/errors'
import {
  journalDownloadQuerySchema,
  journalFollowQuerySchema,
  journalPlaceSchema,
  journalQuerySchema,
  journalSearchSchema,
} from '@/lib/process-api/extensions'
import { parseQuery } from '../../http/query'
import { sendJson } from '../../http/reply'
import type { RequestContext, Routes } from '../../http/router'
import { followOverSocket } from '../execution/follow-socket'
import type { ExecutionRecord } from '../execution/record'
import { sendDownload } from '../journal/download'
import { searchJournal } from '../journal/search'
import { streamSize, toJournalOffset, toStreamOffset } from '../journal/stream-offset'
import { readWindow } from '../journal/window'
import { withSearchSlot } from '../search/search-slot'

/** The console waits for a minute. */
const searchTimeoutMs = 50_000

/**
 * Answer `{prefix}/journal` and what is below it: `download`, `follow`, `place` and `search`.
 * @param find the execution that a request names; throws `NOT_FOUND`
 */
export function registerJournal(
  routes: Routes,
  prefix: string,
  find: (context: Pick<RequestContext, 'param'>) => ExecutionRecord<unknown>,
): void {
  routes.route('GET', `${prefix}/journal`, async (context) => {
    const { journal } = find(context)
    sendJson(context.response, 200, await readWindow(journal, parseQuery(context.query, journalQuerySchema)))
  })

  routes.route('GET', `${prefix}/journal/download`, async (context) => {
    const { journal } = find(context)
    const { stream } = parseQuery(context.query, journalDownloadQuerySchema)
    await sendDownload(context.response, journal, stream, context.request.headers.range)
  })

  routes.webSocket(`${prefix}/journal/follow`, async (context) => {
    const record = find(context)
    const { from, stream, offsets } = parseQuery(context.query, journalFollowQuerySchema)
    const own = offsets === 'stream' ? stream : undefined
    const size = own ? streamSize(record.journal, own) : record.journal.size
    if (from > size) throw new ApiError('BAD_REQUEST', `the journal has ${size} bytes, none at offset ${from}`)
    await followOverSocket(await context.accept(), record, { from, stream, streamOnly: own })
  })

  routes.route('GET', `${prefix}/journal/place`, async (context) => {
    const { journal } = find(context)
    const { stream, offset, of } = parseQuery(context.query, journalPlaceSchema)
    const there = of === 'stream' ? toJournalOffset : toStreamOffset
    sendJson(context.response, 200, { offset: await there(journal, stream, offset) })
  })

  routes.route('GET', `${prefix}/journal/search`, async (context) => {
    const { journal } = find(context)
    const query = parseQuery(context.query, journalSearchSchema)
    const clientHasLeft = () => context.response.destroyed
    const offset = await withSearchSlot({ isClientDisconnected: clientHasLeft, timeoutMs: searchTimeoutMs }, (turn) =>
      searchJournal(journal, query, turn),
    )
    if (!clientHasLeft()) sendJson(context.response, 200, { offset })
  })
}
