/** How a client's SDK version and source affect responses. Facts: the reference's complete threshold list (1.5). */
import type { IncomingHttpHeaders } from 'node:http'
import gte from 'semver/functions/gte.js'
import lt from 'semver/functions/lt.js'
import parse from 'semver/functions/parse.js'

/**
 * `split`: separate stdout and stderr. `raw`: one text with 3-byte stream markers. `combined`: one text without markers.
 */
export type OutputForm = 'combined' | 'raw' | 'split'

export interface SdkClient {
  /** `X-Daytona-Source`, for example `sdk-typescript`. */
  source: string | null
  /** The version string as the client sent it. */
  version: string | null
  output: OutputForm
  /** Output form of the entrypoint's logs, whose markers are never stripped. */
  entrypointOutput: 'raw' | 'split'
  /** Old clients expect a new session in the home directory rather than in the working directory. */
  sessionsStartInHome: boolean
  /** Go clients before 0.188.0 fail on unknown response fields, so they get no extension fields. */
  rejectsUnknownFields: boolean
}

const subprotocolPrefix = 'X-Daytona-SDK-Version~'

/** The version token among the offered WebSocket subprotocols, if any. */
export function versionToken(offered: readonly string[]): string | undefined {
  return offered.find((token) => token.startsWith(subprotocolPrefix))
}

/** Read the client's version from its header, or from a subprotocol token if the header is missing. */
export function readSdkClient(headers: IncomingHttpHeaders, offered: readonly string[] = []): SdkClient {
  const source = single(headers['x-daytona-source'])
  const version =
    single(headers['x-daytona-sdk-version']) ?? versionToken(offered)?.slice(subprotocolPrefix.length) ?? null
  const parsed = version === null ? null : parseVersion(version)
  const dev = version?.includes('dev') ?? false
  const splits = dev || (parsed !== null && gte(parsed, '0.167.0-0'))
  return {
    source,
    version,
    output: outputForm(),
    entrypointOutput: splits ? 'split' : 'raw',
    sessionsStartInHome: parsed !== null && version !== '0.0.0-dev' && lt(parsed, '0.103.0-0'),
    rejectsUnknownFields:
      source === 'sdk-go' && parsed !== null && parsed.compareMain('0.0.0') !== 0 && lt(parsed, '0.188.0'),
  }

  function outputForm(): OutputForm {
    if (version === null) return single(headers['x-daytona-split-output']) === 'true' ? 'raw' : 'combined'
    if (splits) return 'split'
    return parsed !== null && lt(parsed, '0.27.0-0') ? 'combined' : 'raw'
  }
}

/** Parse semver; a suffix directly after `X.Y.Z` counts as a prerelease (`0.27.0rc1`). */
function parseVersion(text: string) {
  const dashed = text.trim().replace(/^(v?\d+\.\d+\.\d+)(?=[A-Za-z])/, '$1-')
  return parse(dashed)
}

function single(value: string | string[] | undefined): string | null {
  const first = Array.isArray(value) ? value[0] : value
  return first === undefined || first === '' ? null : first
}
