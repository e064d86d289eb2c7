/**
 * Completes a package-lock.json with the optional packages of other platforms.
 *
 * A registry mirror may not have all of them; npm then leaves them out of the lock, and `npm ci` stops with "Missing:
 * … from lock file", here and on the platform that needs them. An entry with version and platform is enough for it.
 */

const operatingSystems = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64', 'arm']

/** The platform in a name such as `@next/swc-linux-x64-musl`: os, cpu and libc as npm writes them, where it names one. */
export function platformOf(name) {
  const words = name.replace(/^.*\//, '').split('-')
  const os = words.find((word) => operatingSystems.includes(word))
  const cpu = words.find((word) => processors.includes(word))
  const abi = words.find((word) => /^(gnu|musl)/.test(word))
  return {
    ...(cpu && { cpu: [cpu] }),
    ...(os === 'linux' && abi && { libc: [abi.startsWith('gnu') ? 'glibc' : 'musl'] }),
    ...(os && { os: [os] }),
  }
}

/**
 * The entries that a lock should have and has not.
 * @returns {{key: string, entry: Record<string, unknown>}[]}
 */
export function missingEntries(lock) {
  const missing = []
  for (const [owner, it] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(it.optionalDependencies ?? {})) {
      if (!/^\d/.test(version) || isResolved(lock, owner, name)) continue
      const { cpu, libc, os } = platformOf(name)
      const entry = {
        version,
        ...(cpu && { cpu }),
        ...(it.dev && { dev: true }),
        ...(libc && { libc }),
        optional: true,
        ...(os && { os }),
      }
      missing.push({ key: `node_modules/${name}`, entry })
    }
  }
  return missing
}

/** Look a name up as Node would: in the owner's node_modules, then in each one above. */
function isResolved(lock, owner, name) {
  for (let folder = owner; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true
    if (folder === '') return false
  }
}

/** A lock with those entries, in npm's order. */
export function complete(lock) {
  const added = missingEntries(lock).map(({ key, entry }) => [key, entry])
  const packages = [...Object.entries(lock.packages), ...added].sort(([a], [b]) => a.localeCompare(b, 'en'))
  return { ...lock, packages: Object.fromEntries(packages) }
}

/** Plain sentences on what is wrong with a lock; empty when nothing is. */
export function lockProblems(lock) {
  const problems = missingEntries(lock).map(({ key, entry }) => `${key} ${entry.version} is missing`)
  for (const [key, it] of Object.entries(lock.packages)) {
    if (it.resolved) problems.push(`${key} names a registry (resolved); .npmrc has omit-lockfile-registry-resolved`)
  }
  return problems
}
