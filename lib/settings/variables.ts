/**
 * Every environment variable of the launcher, the console and the engine: its check, its default and its meaning. A test
 * compares the table in docs/settings.md with this list. A blank value counts as not set.
 */
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { entriesOf, namesOf } from '@/lib/edge/own-origins'
import { TrustedProxies } from '@/lib/edge/trusted-proxies'
import { parseReserve } from './disk-reserve'

const port = (standard: number) => wholeNumber(0, 65_535).default(standard)
const count = (standard: number) => wholeNumber(1, 1_000_000).default(standard)
const maximum = (max = 1_000_000) => wholeNumber(1, max).optional()
const origins = () => list(entriesOf)

/**
 * The schema of each variable, its meaning as Markdown, and what the documentation says about its default where that is
 * not a constant.
 */
const variables = {
  PORT: { schema: port(3000), meaning: 'port of the console; `0` picks any free port' },
  HOST: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9._:-]+$/, 'must be an address or a host name to listen on, such as 127.0.0.1')
      .default('127.0.0.1'),
    meaning: 'address that the console listens on; the engine always listens on loopback alone',
  },
  ENGINE_PORT: { schema: port(3986), meaning: 'port of the engine; `0` picks any free port' },
  SANDGLASS_DATA_DIR: {
    schema: file().default(() => inHome('~/.sandglass')),
    standard: '`~/.sandglass`',
    meaning: 'directory of keys, sandboxes and journals',
  },
  SANDGLASS_ISOLATION: {
    schema: choice(['auto', 'bubblewrap', 'none']),
    meaning: '`bubblewrap` refuses to run without it, `none` never uses it, `auto` uses it where it works',
  },
  SANDGLASS_LIMITS: {
    schema: choice(['auto', 'none']),
    meaning: '`none` enforces no limit of memory, CPU and processes ([limits](limits.md))',
  },
  SANDGLASS_PROCESS_LIMIT: {
    schema: wholeNumber(64, 4_194_304).default(4096),
    meaning: 'processes and threads of one sandbox at a time',
  },
  SANDGLASS_WARM: {
    schema: wholeNumber(0, 32).default(2),
    meaning: 'toolboxes kept pre-started, so that a new sandbox does not wait for one (0 to 32)',
  },
  SANDGLASS_DISK_RESERVE: {
    schema: z
      .string()
      .transform((text) => parseReserve(text))
      .refine((size) => size !== null, 'must be a size such as 2G or 512M, or a share of the disk such as 5%')
      .optional(),
    standard: '5 % of the disk, at most `2G`',
    meaning:
      'disk space that sandboxes cannot use: a size such as `512M`, or a share such as `5%`; `0` for none ([limits](limits.md#disk))',
  },
  SANDGLASS_MAX_SANDBOXES: { schema: count(1000), meaning: 'number of sandboxes, in any state' },
  SANDGLASS_MAX_RUNNING: { schema: count(200), meaning: 'number of running sandboxes' },
  SANDGLASS_MAX_SNAPSHOTS: { schema: count(200), meaning: 'number of snapshots' },
  SANDGLASS_MAX_CPU: {
    schema: maximum(4_096),
    standard: 'the cores of the machine',
    meaning: 'cores that one sandbox can get',
  },
  SANDGLASS_MAX_MEMORY: {
    schema: maximum(1_048_576),
    standard: 'the memory of the machine',
    meaning: 'GiB of memory that one sandbox can get',
  },
  SANDGLASS_MAX_DISK: {
    schema: maximum(),
    standard: 'the disk of the data directory',
    meaning: 'largest `disk` of one sandbox, in GiB',
  },
  SANDGLASS_MAX_SESSIONS: {
    schema: maximum(),
    standard: '`1000`',
    meaning: 'sessions of one sandbox, ended ones included',
  },
  SANDGLASS_MAX_PTYS: { schema: maximum(), standard: '`200`', meaning: 'PTYs of one sandbox' },
  SANDGLASS_MAX_CONTEXTS: { schema: maximum(), standard: '`100`', meaning: 'interpreter contexts of one sandbox' },
  SANDGLASS_ALLOWED_HOSTS: {
    schema: origins(),
    meaning:
      'origins under which a reverse proxy serves the console or the engine ([names and origins](#names-and-origins))',
  },
  SANDGLASS_TRUSTED_PROXIES: {
    schema: list((text) => new TrustedProxies(text)),
    meaning:
      'comma-separated addresses and ranges (`10.0.0.0/8`) of reverse proxies. `X-Forwarded-For`, `-Host`, `-Proto` and `Forwarded` are believed from these alone, and removed from all other requests',
  },
  SANDGLASS_PREVIEW_HOSTS: {
    schema: list(previewEntriesOf),
    meaning: 'domains below which previews are served, besides `localhost` ([previews](previews.md#your-own-domain))',
  },
  SANDGLASS_PREVIEW_LINKS: {
    schema: choice(['addresses', 'names']),
    meaning:
      '`names` gives links to ports a name below `localhost` instead of a loopback address ([previews](previews.md#names-and-addresses))',
  },
  SANDGLASS_SHARED_HOST_PREVIEWS: {
    schema: choice(['refuse', 'allow']),
    meaning:
      '`allow` lets pages of sandboxes share a host name with the console or the engine, with a warning at the start and on each sandbox',
  },
  SANDGLASS_API_ORIGINS: {
    schema: origins(),
    meaning: 'origins of web pages that may change something through the API with a key; programs need none',
  },
  SANDGLASS_LIVE_SOCKETS: { schema: count(1000), meaning: 'live sockets (tabs) of the console at a time' },
  SANDGLASS_LIVE_SOCKETS_PER_SESSION: { schema: count(100), meaning: 'live sockets of one sign-in' },
  SANDGLASS_LIVE_SOCKETS_PER_ADDRESS: { schema: count(500), meaning: 'live sockets from one address' },
  SANDGLASS_ENGINE_SOCKETS: { schema: count(8000), meaning: 'WebSockets of the engine at a time' },
  SANDGLASS_ENGINE_SOCKETS_PER_KEY: { schema: count(6000), meaning: 'WebSockets of one key or token' },
  SANDGLASS_ENGINE_SOCKETS_PER_ADDRESS: { schema: count(7000), meaning: 'WebSockets from one address' },
  SANDGLASS_AUDIT_CODE: {
    schema: choice(['on', 'off']),
    meaning: 'whether the [audit log](audit.md) stores code and commands; input and values are never stored',
  },
  SANDGLASS_HISTORY_DAYS: {
    schema: wholeNumber(0, 36_500).default(30),
    meaning: 'days for which the history keeps what ran in deleted sandboxes ([history](history.md))',
  },
  SANDGLASS_TARGETS: {
    schema: file().optional(),
    standard: 'none',
    meaning: 'a file with other deployments of the process API ([other deployments](#other-deployments))',
  },
}

export type VariableName = keyof typeof variables
export type Variables = { [Name in VariableName]: z.output<(typeof variables)[Name]['schema']> }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Read and check all variables.
 * @throws RangeError with one sentence for each wrong value, each on a line of its own
 */
export function readVariables(environment: Environment): Variables {
  const problems: string[] = []
  const entries = Object.entries(variables).map(([name, { schema }]) => {
    const text = environment[name]?.trim() || undefined
    const parsed = schema.safeParse(text)
    if (!parsed.success) problems.push(`${name} ${problemOf(text, parsed.error)}`)
    return [name, parsed.data]
  })
  const values = Object.fromEntries(entries) as Variables
  if (values.PORT === values.ENGINE_PORT && values.PORT > 0) {
    problems.push(`PORT and ENGINE_PORT are both ${values.PORT}; they must differ.`)
  }
  if (problems.length > 0) throw new RangeError(problems.join('\n'))
  return values
}

/** A message that names the invalid entry of a list begins with a quotation mark and is a sentence of its own. */
function problemOf(text: string | undefined, error: z.ZodError): string {
  const message = error.issues[0]?.message ?? 'is not valid'
  return message.startsWith('"') ? `has an invalid entry: ${message}` : `is "${text}", but it ${message}.`
}

/** The rows of the table in docs/settings.md: name, default, meaning. */
export function documentedVariables(): string[][] {
  return Object.entries(variables).map(([name, variable]) => {
    const standard = 'standard' in variable ? variable.standard : defaultOf(variable.schema)
    return [`\`${name}\``, standard, variable.meaning]
  })
}

function defaultOf(schema: z.ZodType): string {
  const value = schema.parse(undefined)
  return typeof value === 'number' || typeof value === 'string' ? `\`${value}\`` : 'none'
}

function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`
  const inRange = (text: string) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max
  return z.string().refine(inRange, message).transform(Number)
}

/** One of these values; the first is the default. */
function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  type Value = Values[number]
  const isValue = (text: string): text is Value => values.includes(text)
  const schema: z.ZodType<Value, string> = z
    .string()
    .refine(isValue, `must be one of ${values.join(', ')}`)
    .transform((text) => text as Value)
  return schema.optional().transform((value): Value => value ?? values[0])
}

/** A list with commas between its entries. `read` throws a RangeError that names an invalid entry. */
function list<Value>(read: (text: string | undefined) => Value) {
  return z
    .string()
    .optional()
    .transform((text, context): Value => {
      try {
        return read(text)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        context.addIssue(error.message)
        return z.NEVER
      }
    })
}

/** Throws a RangeError for an IP address, which has no names below it. */
function previewEntriesOf(setting: string | undefined): string[] {
  const entries = entriesOf(setting)
  const address = entries.find((entry) => namesOf([entry]).some((name) => isIP(name.replace(/^\[|\]$/g, '')) !== 0))
  if (address !== undefined) throw new RangeError(`"${address}" is an IP address, which cannot have subdomains.`)
  return entries
}

function file() {
  return z.string().transform(inHome)
}

/** An absolute path; a `~` that the shell did not expand is the home directory. */
function inHome(name: string): string {
  // Without the mark, Next takes the directory for a part of the build and traces the whole project.
  return path.resolve(/* turbopackIgnore: true */ name.replace(/^~(?=\/|$)/, homedir()))
}
