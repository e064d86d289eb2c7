/** The host's certificate authorities, so that TLS works inside, also behind a company's own authority. */
import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { isInside } from './paths'

/** Variables with the locations of certificates; the values are paths of public files. */
const variables = [
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'AWS_CA_BUNDLE',
]

export interface Certificates {
  /** Environment of every process in a sandbox. */
  readonly env: Readonly<Record<string, string>>
  /** Files and folders to mount read-only: host path, path inside. */
  readonly binds: ReadonlyArray<readonly [source: string, target: string]>
}

/**
 * Find the certificates in the engine's environment. Paths that sandboxes see anyway are unchanged; others are mounted
 * under `/etc/sandglass-certificates`.
 */
export function findCertificates(visible: readonly string[], environment = process.env): Certificates {
  const env: Record<string, string> = {}
  const targets = new Map<string, string>()
  for (const variable of variables) {
    const source = environment[variable]
    if (!source || !path.isAbsolute(source) || !statSync(source, { throwIfNoEntry: false })) continue
    if (isShown(source, visible)) {
      env[variable] = source
      continue
    }
    const target = targets.get(source) ?? `/etc/sandglass-certificates/${targets.size}-${path.basename(source)}`
    targets.set(source, target)
    env[variable] = target
  }
  return { env, binds: [...targets] }
}

/** Both the path and its target must be visible, or the link would dangle inside. */
function isShown(source: string, visible: readonly string[]): boolean {
  return [source, realpathSync(source)].every((name) => visible.some((folder) => isInside(name, folder)))
}
