/** The parts of the host's system that a sandbox sees, all read-only. */
import { lstatSync, readlinkSync } from 'node:fs'

/** Folders that only contain installed software. NixOS uses `/nix/store`. */
const softwareFolders = ['/usr', '/nix/store']
/** Links into `/usr` on a merged system, real folders on older ones. */
const rootFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/**
 * Files and folders of `/etc` that programs need and that contain no secrets and nothing about people, hosts or
 * credentials: linker cache, certificates, alternatives, time zone, MIME types, terminals, fonts.
 */
const etcNames = [
  'alternatives',
  'bash.bashrc',
  'ca-certificates',
  'ca-certificates.conf',
  'chromium.d',
  'crypto-policies',
  'debian_version',
  'fonts',
  'gai.conf',
  'host.conf',
  'ImageMagick-6',
  'ImageMagick-7',
  'inputrc',
  'issue',
  'java-11-openjdk',
  'java-17-openjdk',
  'java-21-openjdk',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'locale.alias',
  'localtime',
  'login.defs',
  'magic',
  'magic.mime',
  'matplotlibrc',
  'mime.types',
  'networks',
  'os-release',
  'pki/ca-trust',
  'pki/tls/certs',
  'pki/tls/cert.pem',
  'pki/tls/openssl.cnf',
  'protocols',
  'rpc',
  'services',
  'shells',
  'ssl/cert.pem',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
  'timezone',
  'vim',
  'xattr.conf',
]

export interface SystemView {
  /** Host paths that appear at the same path. */
  readonly folders: readonly string[]
  /** Names below `/etc` that appear there. */
  readonly etc: readonly string[]
  /** Links in the root folder: path and target. */
  readonly links: ReadonlyArray<readonly [path: string, target: string]>
}

/** Read the host's system once. */
export function readSystemView(): SystemView {
  const folders = softwareFolders.filter(exists)
  const links: Array<readonly [string, string]> = []
  for (const folder of rootFolders) {
    const stat = lstatSync(folder, { throwIfNoEntry: false })
    if (stat?.isSymbolicLink()) links.push([folder, readlinkSync(folder)])
    else if (stat) folders.push(folder)
  }
  return { folders, etc: etcNames.filter((name) => exists(`/etc/${name}`)), links }
}

function exists(name: string): boolean {
  return lstatSync(name, { throwIfNoEntry: false }) !== undefined
}
