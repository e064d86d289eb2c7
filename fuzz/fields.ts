/** The field names of bodies and queries, from the wire contract, so that new fields are included. */
import { z } from 'zod'
import * as environment from '../lib/process-api/environment'
import * as extensions from '../lib/process-api/extensions'
import * as files from '../lib/process-api/files'
import * as interpreter from '../lib/process-api/interpreter'
import * as ports from '../lib/process-api/ports'
import * as previews from '../lib/process-api/previews'
import * as processes from '../lib/process-api/process'
import * as pty from '../lib/process-api/pty'
import * as sandboxes from '../lib/process-api/sandbox'
import * as sandboxList from '../lib/process-api/sandbox-list'
import * as secrets from '../lib/process-api/secrets'
import * as snapshots from '../lib/process-api/snapshots'

const contract = [
  environment,
  extensions,
  files,
  interpreter,
  ports,
  previews,
  processes,
  pty,
  sandboxes,
  sandboxList,
  secrets,
  snapshots,
]

/** The fields of each object in the contract. */
export const objects: string[][] = contract
  .flatMap((part) => Object.values(part))
  .filter((value) => value instanceof z.ZodObject)
  .map((schema) => Object.keys(schema.shape))

/** Query parameters that have no schema in the contract. */
const ofQueries = [
  'cmd',
  'contextId',
  'DAYTONA_SANDBOX_AUTH_KEY',
  'depth',
  'expires',
  'expiresInSeconds',
  'follow',
  'force',
  'from',
  'group',
  'keep',
  'mode',
  'owner',
  'pattern',
  'recursive',
  'signature',
  'snapshot',
  'to',
]

export const fieldNames: string[] = [...new Set([...objects.flat(), ...ofQueries])].sort()
