/** Names and notes of files, ports and measurements. */
import { updateEnvRequestSchema } from '@/lib/process-api/environment'
import {
  bulkDownloadRequestSchema,
  fileInfoSchema,
  fileMatchSchema,
  replaceRequestSchema,
  replaceResultSchema,
} from '@/lib/process-api/files'
import { systemMetricsSchema } from '@/lib/process-api/metrics'
import { type NamedSchema, named } from './named'

export const fileSchemas: readonly NamedSchema[] = [
  named('FileInfo', fileInfoSchema, 'A file or a folder. Of a link it tells what the link leads to.', {
    size: 'Bytes.',
    mode: 'As `ls` prints it.',
    modTime: 'For people; programs read `modifiedAt`.',
    modifiedAt: 'In RFC 3339.',
    owner: 'A number, as text.',
    group: 'A number, as text.',
    permissions: 'Octal text such as `0644`.',
  }),
  named('BulkDownload', bulkDownloadRequestSchema, 'Which files.'),
  named('Replace', replaceRequestSchema, 'A text for another.', {
    pattern: 'Looked for as it is, not as an expression.',
    newValue: 'May be empty, which takes the text away.',
  }),
  named('ReplaceResult', replaceResultSchema, 'What became of one file.'),
  named('FileMatch', fileMatchSchema, 'One line of one file.', {
    truncated: 'True where the content is only the beginning of a very long line. An extension.',
  }),
  named('UpdateEnv', updateEnvRequestSchema, 'A change of the environment.', {
    set: 'Variables that are set, last of all.',
    unset: 'Names of variables that go.',
    unsetValuePrefix: 'Variables whose value begins so go, unless `set` names them.',
  }),
  named('SystemMetrics', systemMetricsSchema, 'What the sandbox uses now. Memory and disk in bytes.', {
    cpuCount: 'Processors that it may use.',
    cpuUsedPct: 'Of all of them, 0 to 100.',
    timestampUnix: 'Seconds.',
  }),
]
