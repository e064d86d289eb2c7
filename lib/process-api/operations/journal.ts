/** Operations on the journal of an execution: the same below a run, a command of a session and a run of a context. */
import type { z } from 'zod'
import {
  followMessageSchema,
  journalDownloadQuerySchema,
  journalFollowQuerySchema,
  journalOffsetSchema,
  journalPlaceSchema,
  journalQuerySchema,
  journalSearchSchema,
  journalTimelineSchema,
  journalWindowSchema,
} from '../extensions'
import { journalOverviewSchema, lineLocationSchema, locateQuerySchema, overviewQuerySchema } from '../journal-lines'
import {
  filteredQuerySchema,
  matchesQuerySchema,
  matchingLinesQuerySchema,
  matchingLinesSchema,
  nextMatchQuerySchema,
} from '../journal-matches'
import { pathOf } from './address'
import { type Area, bytes, json, type Parameter, parametersOf } from './operation'

const stream = 'Counts and reads this stream only.'

const filterNotes = {
  text: 'What a line must contain. Empty for all lines.',
  regex: '`1` makes the text a regular expression in the syntax of RE2, which is matched in linear time.',
  case: '`1` makes the search case-sensitive.',
  word: '`1` matches whole words only.',
  stream: 'Reads this stream only; offsets are those of the stream.',
  level: 'Lines of this level only: by a word near the start of the line or by a field.',
  since: 'Lines that arrived from this time on, in milliseconds since 1970.',
  until: 'Lines that arrived before this time, in milliseconds since 1970.',
} as const

export interface JournalOwner<Name extends string> {
  readonly area: Area<'toolbox'>
  /** Ends the ids of the operations: `Run` makes `readRunJournal`. */
  readonly name: string
  /** Path of the execution. */
  readonly path: `/${string}`
  readonly params: Readonly<Record<Name, Parameter<z.ZodString>>>
  /** Journals of stopped sandboxes can be read, too. */
  readonly whileStopped?: true
}

export type JournalOperations<Name extends string> = ReturnType<typeof journalOperations<Name>>

export function journalOperations<Name extends string>({ area, name, path, params, whileStopped }: JournalOwner<Name>) {
  const errors = ['BAD_REQUEST', 'NOT_FOUND'] as const
  const searchErrors = [...errors, 'TOO_MANY_REQUESTS'] as const
  const common = { method: 'GET', area, params, extension: true, whileStopped, errors } as const
  return {
    read: {
      ...common,
      id: `read${name}Journal`,
      path: `${path}/journal`,
      summary: 'Read part of the journal',
      description:
        'Returns the output between two offsets, or the end of it, in the chunks in which it arrived. Reading from the middle of a very long journal is as fast as reading from a short one.',
      query: parametersOf(journalQuerySchema, {
        from: 'Offset of the first byte.',
        to: 'Offset after the last byte.',
        tail: 'Number of bytes from the end, instead of `from` and `to`.',
        stream: 'Returns the output of this stream only.',
      }),
      responses: { 200: json(journalWindowSchema, 'The requested part, at most 4 MiB long.') },
    },
    download: {
      ...common,
      id: `download${name}Journal`,
      path: `${path}/journal/download`,
      summary: 'Download the output',
      description:
        'Returns the output byte for byte: one stream, or both in the order in which they were written. A `Range` header selects a part.',
      query: parametersOf(journalDownloadQuerySchema, { stream: 'Returns the output of this stream only.' }),
      responses: { 200: bytes('The output.'), 206: bytes('The requested part.') },
    },
    follow: {
      ...common,
      id: `follow${name}Journal`,
      path: `${path}/journal/follow`,
      summary: 'Follow the output',
      description:
        'Streams the output from an offset on. After a lost connection, reconnect with the offset that you have: nothing is lost or repeated. A slow client does not slow down others.',
      query: parametersOf(journalFollowQuerySchema, {
        from: 'Offset of the first byte.',
        stream,
        offsets: 'Whether `from` and the frames count the bytes of the whole journal or of the one stream.',
      }),
      responses: {},
      socket: {
        description: 'Text frames report the state of the stream, binary frames carry output.',
        fromServer: followMessageSchema,
        binary:
          'A header of 24 bytes, then the output. Little-endian: version 1 (u8), stream (u8; 1 stdout, 2 stderr), zero (u16), channel (u32), offset of the output (f64), time of arrival in milliseconds since 1970 (f64).',
        withoutUpgrade: 'not-found',
      },
    },
    place: {
      ...common,
      id: `place${name}Offset`,
      path: `${path}/journal/place`,
      summary: 'Convert an offset',
      description:
        'Converts an offset in one stream to the offset in the whole journal, or the other way round: how many bytes of a stream precede an offset of the journal.',
      query: parametersOf(journalPlaceSchema, {
        stream: 'The stream.',
        offset: 'The offset to convert.',
        of: 'What the offset counts.',
      }),
      responses: { 200: json(journalOffsetSchema, 'The converted offset, or null if there is none.') },
    },
    overview: {
      ...common,
      id: `overview${name}Journal`,
      path: `${path}/journal/overview`,
      summary: 'Count the output in parts',
      description:
        'Divides the journal into parts of the same duration or size and counts the lines and the bytes of stderr in each.',
      query: parametersOf(overviewQuerySchema, {
        buckets: 'Number of parts.',
        by: 'Whether the parts have the same duration or the same number of bytes.',
      }),
      responses: { 200: json(journalOverviewSchema, 'The parts, in order.') },
    },
    locate: {
      ...common,
      id: `locate${name}Line`,
      path: `${path}/journal/locate`,
      summary: 'Locate a line',
      description:
        'Finds the offset of a line by its number, by a time, by a percentage or by an offset in it. Give exactly one of these. The engine has a line index for each journal, so this takes milliseconds for a gigabyte.',
      query: parametersOf(locateQuerySchema, {
        line: 'Number of the line, from 1.',
        time: 'The first output at or after this time, in milliseconds since 1970.',
        percent: 'The line at this percentage of the bytes.',
        offset: 'The line with this byte.',
        stream,
      }),
      responses: { 200: json(lineLocationSchema, 'Where the line is.') },
    },
    timeline: {
      ...common,
      id: `read${name}Timeline`,
      path: `${path}/journal/timeline`,
      summary: 'Read when the output arrived',
      description:
        'Returns how much output arrived over time, in at most 2048 slots of equal length, so that a replay can start at any time without reading what comes before it.',
      responses: { 200: json(journalTimelineSchema, 'The timeline.') },
    },
    matches: {
      ...common,
      id: `match${name}Lines`,
      path: `${path}/journal/matches`,
      summary: 'Count matching lines',
      description:
        'Searches the whole journal and sends what it has found so far until it has finished: JSON texts of the type `MatchesMessage`, one in each line. Disconnect to cancel the search.',
      query: parametersOf(matchesQuerySchema, {
        ...filterNotes,
        limit: 'How many positions to send. Lines are counted to the end.',
        buckets: 'Into how many parts of the same size the counts are divided.',
      }),
      responses: { 200: bytes('JSON texts, one in each line.', 'application/x-ndjson') },
      errors: searchErrors,
    },
    next: {
      ...common,
      id: `find${name}Match`,
      path: `${path}/journal/next`,
      summary: 'Find the next matching line',
      description: 'Returns the position of the next or previous match. In each line only the first match counts.',
      query: parametersOf(nextMatchQuerySchema, {
        ...filterNotes,
        from: 'Where to start. By default the beginning, or the end when searching backward.',
        direction: 'Direction of the search.',
      }),
      responses: { 200: json(journalOffsetSchema, 'Offset of the match, or null if there is none.') },
      errors: searchErrors,
    },
    lines: {
      ...common,
      id: `read${name}MatchingLines`,
      path: `${path}/journal/lines`,
      summary: 'Read matching lines',
      description: 'Returns a page of the matching lines with their numbers and, on request, the lines around them.',
      query: parametersOf(matchingLinesQuerySchema, {
        ...filterNotes,
        context: 'Lines before and after each match.',
        from: 'Offset at which the page starts.',
        limit: 'Maximum number of matching lines.',
      }),
      responses: { 200: json(matchingLinesSchema, 'One page.') },
      errors: searchErrors,
    },
    filtered: {
      ...common,
      id: `download${name}MatchingLines`,
      path: `${path}/journal/filtered`,
      summary: 'Download the matching lines',
      description:
        'Returns the matching lines byte for byte. With context, `--` separates lines that are not adjacent.',
      query: parametersOf(filteredQuerySchema, { ...filterNotes, context: 'Lines before and after each match.' }),
      responses: { 200: bytes('The lines.') },
      errors: searchErrors,
    },
    search: {
      ...common,
      id: `search${name}Journal`,
      path: `${path}/journal/search`,
      summary: 'Search the output',
      description:
        'Finds the next match of a text. The search runs in the engine, so that no output has to be transferred.',
      query: parametersOf(journalSearchSchema, {
        text: 'The text to find. It is not a pattern.',
        from: 'Where to start. By default the beginning, or the end when searching backward.',
        direction: 'Direction of the search.',
        stream,
        case: '`1` makes the search case-sensitive.',
        word: '`1` matches whole words only.',
      }),
      responses: { 200: json(journalOffsetSchema, 'Offset of the match, or null if there is none.') },
      errors: [...searchErrors, 'REQUEST_TIMEOUT'],
    },
  } as const
}

export type ExecutionRef =
  | { readonly kind: 'command'; readonly sessionId: string; readonly commandId: string }
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'cell'; readonly contextId: string; readonly runId: string }

const executionPaths = {
  command: '/process/session/:sessionId/command/:commandId',
  run: '/process/run/:runId',
  cell: '/process/interpreter/context/:contextId/run/:runId',
} as const satisfies Record<ExecutionRef['kind'], string>

/** Path of a session's command, a run, or a run of an interpreter context in its toolbox. */
export function executionPath(execution: ExecutionRef): `/${string}` {
  return pathOf(executionPaths[execution.kind], { ...execution }) as `/${string}`
}

/** The operations on the journal of one execution, for calls. */
export function journalOf(execution: ExecutionRef): JournalOperations<never> {
  const area = { api: 'toolbox', tag: 'Journal', description: 'The journal of one execution.' } as const
  return journalOperations<never>({ area, name: 'Execution', path: executionPath(execution), params: {} })
}
