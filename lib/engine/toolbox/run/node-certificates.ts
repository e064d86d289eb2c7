/**
 * Certificates for Node programs. With `NODE_EXTRA_CA_CERTS`, which the host's environment may pass on, Node reads all
 * certificates at its start: 35–50 ms that are wasted for most programs. OpenSSL reads `SSL_CERT_FILE` only when TLS
 * is first used. So where both variables name one bundle with the public authorities, Node gets that bundle, with the
 * authorities that only Node knows, through OpenSSL.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { rootCertificates } from 'node:tls'
import type { ToolboxConfig } from '../../config/toolbox-config'

export interface NodeCertificates {
  /** Arguments for Node. */
  args: string[]
  env: Record<string, string>
  /** Variables that the program gets back once Node has started, for itself and for its children. */
  hidden: Record<string, string>
}

type Folders = Pick<ToolboxConfig, 'scratchDir' | 'scratchInside'>

const maxBundleBytes = 4 * 1024 * 1024
const maxBundles = 8
/** A file with fewer of Node's own authorities than this is no bundle of the public ones, but an organisation's own. */
const minPublicShare = 0.5

/** Paths of bundles as processes find them, by the file and its state; null where a file is not to be used. */
const bundles = new Map<string, string | null>()

/** Null where Node must read the variable itself: nothing may be trusted more, or less, than it says. */
export function nodeCertificates(folders: Folders, env: Readonly<Record<string, string>>): NodeCertificates | null {
  const { NODE_EXTRA_CA_CERTS: extra, SSL_CERT_FILE: file, SSL_CERT_DIR: folder, ...rest } = env
  if (!extra || extra !== file || !path.isAbsolute(file)) return null
  if (folder !== undefined && path.resolve(folder) !== path.dirname(file)) return null
  if (/-ca\b/.test(env.NODE_OPTIONS ?? '')) return null
  const bundle = bundleOf(folders, file)
  if (bundle === null) return null
  return {
    args: ['--use-openssl-ca'],
    env: { ...rest, ...(folder === undefined ? {} : { SSL_CERT_DIR: folder }), SSL_CERT_FILE: bundle },
    hidden: { NODE_EXTRA_CA_CERTS: extra },
  }
}

function bundleOf(folders: Folders, file: string): string | null {
  try {
    // The name comes from the sandbox and may refer to a pipe.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile() || stat.size > maxBundleBytes) return null
      const key = [file, stat.ino, stat.size, stat.mtimeMs].join(':')
      const known = bundles.get(key)
      if (known !== undefined) return known
      // Each state of a file that keeps changing would get a bundle of its own.
      if (bundles.size >= maxBundles) return null
      const made = makeBundle(folders, readFileSync(descriptor, 'latin1'))
      bundles.set(key, made)
      return made
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // Node itself reports what is wrong with the file.
    return null
  }
}

function makeBundle({ scratchDir, scratchInside }: Folders, text: string): string | null {
  const known = new Set(text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.map(withoutBreaks))
  const missing = rootCertificates.filter((certificate) => !known.has(withoutBreaks(certificate)))
  if (missing.length > (1 - minPublicShare) * rootCertificates.length) return null
  const name = `certificates-${bundles.size}.pem`
  writeFileSync(path.join(scratchDir, name), [text.trimEnd(), ...missing, ''].join('\n'), { mode: 0o444 })
  return path.join(scratchInside ?? scratchDir, name)
}

function withoutBreaks(certificate: string): string {
  return certificate.replace(/\s/g, '')
}
