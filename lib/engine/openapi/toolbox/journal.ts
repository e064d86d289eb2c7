/** The journal of an execution: the same below a run, a command of a session and a run of a context. */
import {
  followMessageSchema,
  journalDownloadQuerySchema,
  journalFollowQuerySchema,
  journalOffsetSchema,
  journalPlaceSchema,
  journalQuerySchema,
  journalSearchSchema,
  journalWindowSchema,
} from '@/lib/process-api/extensions'
import { bytes, json, type Operation, type OperationGroup } from '../operation'

const searchErrors = ['BAD_REQUEST', 'NOT_FOUND', 'TOO_MANY_REQUESTS', 'REQUEST_TIMEOUT'] as const
const stream = 'Count and read this stream alone.'

/**
 * @param prefix path of the execution
 * @param owner what stands in the operations' ids: `Run`, `Command`
 */
export function journalOperations(
  prefix: `/${string}`,
  owner: string,
  whileStopped: boolean,
): OperationGroup['operations'] {
  const common: Pick<Operation, 'extension' | 'whileStopped' | 'errors'> = {
    extension: true,
    ...(whileStopped ? { whileStopped: true } : {}),
    errors: ['BAD_REQUEST', 'NOT_FOUND'],
  }
  return {
    [`GET ${prefix}/journal`]: {
      ...common,
      id: `read${owner}Journal`,
      summary: 'A window of what it printed',
      about:
        'The bytes between two offsets, or the last ones, in the pieces in which they arrived. A window of a very long journal is as fast as one of a short.',
      query: journalQuerySchema,
      queryNotes: {
        from: 'First byte.',
        to: 'Byte behind the last one.',
        tail: 'So many bytes at the end, instead of `from` and `to`.',
        stream: 'Only what was printed to this stream.',
      },
      answers: { 200: json(journalWindowSchema, 'The window, at most 4 MiB long.') },
    },
    [`GET ${prefix}/journal/download`]: {
      ...common,
      id: `download${owner}Journal`,
      summary: 'All that it printed, as bytes',
      about: 'Byte for byte as it was printed, one stream or both in their order. A `Range` header asks for a part.',
      query: journalDownloadQuerySchema,
      queryNotes: { stream: 'Only what was printed to this stream.' },
      answers: { 200: bytes('The bytes.'), 206: bytes('The part that was asked for.') },
    },
    [`GET ${prefix}/journal/follow`]: {
      ...common,
      id: `follow${owner}Journal`,
      summary: 'What it prints, from an offset on',
      about:
        'After a broken connection go on at the offset that you have: nothing is lost and nothing comes twice. A client that reads slowly slows nobody else.',
      query: journalFollowQuerySchema,
      queryNotes: {
        from: 'The first byte wanted.',
        stream,
        offsets: 'Whether `from` and the frames count the whole journal or the one stream.',
      },
      answers: {},
      socket: {
        about: 'Text frames say what happens, binary frames carry the bytes.',
        fromServer: followMessageSchema,
        binary:
          'A header of 24 bytes, then the payload. Little-endian: version 1 (u8), stream (u8; 1 stdout, 2 stderr), zero (u16), channel (u32), offset of the payload (f64), time of arrival in milliseconds since 1970 (f64).',
        plain: 'none' as const,
      },
    },
    [`GET ${prefix}/journal/place`]: {
      ...common,
      id: `place${owner}Offset`,
      summary: 'Offset in the other count',
      about:
        'Where a byte of one stream stands in the whole journal, or how much of a stream lies before an offset of it.',
      query: journalPlaceSchema,
      queryNotes: {
        stream: 'The stream that is meant.',
        offset: 'The offset that is known.',
        of: 'What that offset counts.',
      },
      answers: { 200: json(journalOffsetSchema, 'The offset in the other count; null where there is none.') },
    },
    [`GET ${prefix}/journal/search`]: {
      ...common,
      id: `search${owner}Journal`,
      summary: 'Find a text in what it printed',
      about: 'Searches on the engine’s side, so that nobody has to read a long journal to find one line in it.',
      query: journalSearchSchema,
      queryNotes: {
        text: 'What is looked for, as it is.',
        from: 'Where to begin: the start, or the end when going backward, unless told.',
        direction: 'Which way.',
        stream,
        case: '1: case matters.',
        word: '1: only whole words count.',
      },
      answers: { 200: json(journalOffsetSchema, 'Where the match begins; null where there is none.') },
      errors: searchErrors,
    },
  }
}
