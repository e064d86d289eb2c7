/** The `journal` extension, the same for runs, for commands of sessions and for runs of contexts. */
import { closeSignal } from '@/lib/edge/close-signal'
import { ApiError } from '@/lib/process-api/errors'
import type { JournalOperations } from '@/lib/process-api/operations/journal'
import type { ParamsOf } from '@/lib/process-api/operations/operation'
import type { Routes } from '../../http/router'
import { followOverSocket } from '../execution/follow-socket'
import type { ExecutionRecord } from '../execution/record'
import { sendDownload } from '../journal/download'
import { LinePositions } from '../journal/line-positions'
import { readOverview } from '../journal/overview'
import { findMatch, readMatchingLines, sendFiltered, sendMatches } from '../journal/scan/responses'
import { searchJournal } from '../journal/search'
import { streamSize, toJournalOffset, toStreamOffset } from '../journal/stream-offset'
import { readTimeline } from '../journal/timeline'
import { readWindow } from '../journal/window'
import { withSearchSlot } from '../search/search-slot'

/** The console waits for a minute. */
const searchTimeoutMs = 50_000

/**
 * @param find the execution that the parameters of a path name; throws `NOT_FOUND`
 * @param assetsDir the folder with the program that scans journals
 */
export function registerJournal<Name extends string>(
  routes: Routes,
  operations: JournalOperations<Name>,
  find: (params: ParamsOf<JournalOperations<Name>['read']>) => ExecutionRecord<unknown>,
  assetsDir: () => string,
): void {
  routes.on(operations.read, async ({ params, query, reply }) => {
    const { journal } = find(params)
    reply(200, await readWindow(journal, query))
  })

  routes.on(operations.download, async ({ params, query, request, response }) => {
    const { journal } = find(params)
    await sendDownload(response, journal, query.stream, request.headers.range)
  })

  routes.onSocket(operations.follow, async ({ params, query, accept }) => {
    const record = find(params)
    const { from, stream, offsets } = query
    const own = offsets === 'stream' ? stream : undefined
    const size = own ? streamSize(record.journal, own) : record.journal.size
    if (from > size) throw new ApiError('BAD_REQUEST', `the journal has ${size} bytes, none at offset ${from}`)
    await followOverSocket(await accept(), record, { from, stream, streamOnly: own })
  })

  routes.on(operations.place, async ({ params, query, reply }) => {
    const { journal } = find(params)
    const { stream, offset, of } = query
    const there = of === 'stream' ? toJournalOffset : toStreamOffset
    reply(200, { offset: await there(journal, stream, offset) })
  })

  routes.on(operations.overview, async ({ params, query, reply }) => {
    reply(200, await readOverview(find(params).journal, query))
  })

  routes.on(operations.locate, async ({ params, query, reply }) => {
    const { line, time, percent, offset, stream } = query
    if ([line, time, percent, offset].filter((one) => one !== undefined).length !== 1) {
      throw new ApiError('BAD_REQUEST', 'give exactly one of line, time, percent and offset')
    }
    const positions = await LinePositions.open(find(params).journal, stream)
    reply(200, await positions.locate(query))
  })

  routes.on(operations.timeline, async ({ params, reply }) => {
    reply(200, await readTimeline(find(params).journal))
  })

  routes.on(operations.matches, async ({ params, query, response }) => {
    await sendMatches(response, find(params).journal, query, assetsDir())
  })

  routes.on(operations.next, async ({ params, query, response, reply }) => {
    const signal = closeSignal(response)
    const offset = await findMatch(find(params).journal, query, assetsDir(), signal)
    if (!signal.aborted) reply(200, { offset })
  })

  routes.on(operations.lines, async ({ params, query, response, reply }) => {
    const signal = closeSignal(response)
    const page = await readMatchingLines(find(params).journal, query, assetsDir(), signal)
    if (!signal.aborted) reply(200, page)
  })

  routes.on(operations.filtered, async ({ params, query, response }) => {
    await sendFiltered(response, find(params).journal, query, assetsDir())
  })

  routes.on(operations.search, async ({ params, query, response, reply }) => {
    const { journal } = find(params)
    const isClientDisconnected = () => response.destroyed
    const offset = await withSearchSlot({ isClientDisconnected, timeoutMs: searchTimeoutMs }, (slot) =>
      searchJournal(journal, query, slot),
    )
    if (!isClientDisconnected()) reply(200, { offset })
  })
}
