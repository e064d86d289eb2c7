/** Names and descriptions for files, ports and measurements. */
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
  named('FileInfo', fileInfoSchema, 'A file or folder. For a link, what it points to.', {
    size: 'Size in bytes.',
    mode: 'Mode, in the form of `ls`.',
    modTime: 'Time of the last change as text; use `modifiedAt`.',
    modifiedAt: 'Time of the last change, in RFC 3339.',
    owner: 'User id, as text.',
    group: 'Group id, as text.',
    permissions: 'Octal text such as `0644`.',
    link: 'With `links=true`: what a link points to; null for everything else. An extension.',
  }),
  named('BulkDownload', bulkDownloadRequestSchema, 'Files to download.'),
  named('Replace', replaceRequestSchema, 'A text and its replacement.', {
    pattern: 'Text to find. It is not a regular expression.',
    newValue: 'Replacement. An empty text deletes what was found.',
  }),
  named('ReplaceResult', replaceResultSchema, 'Result for one file.'),
  named('FileMatch', fileMatchSchema, 'A matching line of a file.', {
    truncated: 'Whether the content is only the beginning of a very long line. An extension.',
  }),
  named('UpdateEnv', updateEnvRequestSchema, 'Changes of the environment.', {
    set: 'Variables to set. Applied last.',
    unset: 'Names of variables to remove.',
    unsetValuePrefix: 'Removes variables whose value begins with this text, unless `set` names them.',
  }),
  named('SystemMetrics', systemMetricsSchema, 'Resource usage of the sandbox. Memory and disk are in bytes.', {
    cpuCount: 'Number of available processors.',
    cpuUsedPct: 'Share of all available processors, 0 to 100.',
    timestampUnix: 'Seconds since 1970.',
  }),
]
