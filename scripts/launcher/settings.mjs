/** The settings, all by environment. The table in README.md lists the same ones. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { networkProblems } from './network-settings.mjs'
import { PlainError } from './say.mjs'
import { targetsProblem } from './targets.mjs'

const isolations = ['auto', 'bubblewrap', 'none']

/**
 * Read and check all settings.
 * @param {Record<string, string | undefined>} [environment]
 * @returns {{port: number, host: string, enginePort: number, dataDir: string, env: Record<string, string>}}
 *   `env` is what the engine and the console are given: the same settings with their defaults filled in.
 *   A port of 0 asks for any free one.
 * @throws PlainError with one sentence for each wrong value.
 */
export function readSettings(environment = process.env) {
  const problems = []
  const text = (name) => environment[name]?.trim() || undefined

  function whole(name, standard, least, most) {
    const value = text(name)
    if (value === undefined) return standard
    if (/^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value)
    problems.push(`${name} is "${value}", but it must be a whole number from ${least} to ${most}.`)
    return standard
  }

  const port = whole('PORT', 3000, 0, 65535)
  const enginePort = whole('ENGINE_PORT', 3986, 0, 65535)
  if (port === enginePort && port !== 0) problems.push(`PORT and ENGINE_PORT are both ${port}; they must differ.`)

  const host = text('HOST') ?? '127.0.0.1'
  if (!/^[A-Za-z0-9._:-]+$/.test(host)) {
    problems.push(`HOST is "${host}", but it must be an address or a host name to listen on, such as 127.0.0.1.`)
  }

  const isolation = text('SANDGLASS_ISOLATION') ?? 'auto'
  if (!isolations.includes(isolation)) {
    problems.push(`SANDGLASS_ISOLATION is "${isolation}", but it must be one of ${isolations.join(', ')}.`)
  }

  const warm = whole('SANDGLASS_WARM', undefined, 0, 32)

  problems.push(...networkProblems(text))

  const targets = text('SANDGLASS_TARGETS') && inHome(text('SANDGLASS_TARGETS'))
  const targetsTrouble = targets && targetsProblem(targets)
  if (targetsTrouble) problems.push(targetsTrouble)

  const dataDir = inHome(text('SANDGLASS_DATA_DIR') ?? '~/.sandglass')
  const folderProblem = unusable(dataDir)
  if (folderProblem) problems.push(folderProblem)

  if (problems.length > 0) throw new PlainError(problems.join('\n'))
  const env = {
    PORT: String(port),
    HOST: host,
    ENGINE_PORT: String(enginePort),
    SANDGLASS_DATA_DIR: dataDir,
    SANDGLASS_ISOLATION: isolation,
  }
  if (warm !== undefined) env.SANDGLASS_WARM = String(warm)
  if (targets !== undefined) env.SANDGLASS_TARGETS = targets
  return { port, host, enginePort, dataDir, env }
}

/** An absolute path; a `~` that the shell left alone is the home folder. */
function inHome(file) {
  return path.resolve(file.replace(/^~(?=\/|$)/, homedir()))
}

/** Make the data folder; a sentence when that does not work. It holds keys, so only its owner may look in. */
function unusable(folder) {
  try {
    makeFolders(folder)
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return `The data folder ${folder} cannot be written (${error.code}); set SANDGLASS_DATA_DIR to one that can.`
  }
}

/** Not mkdir's own `recursive`: that never returns where mkdir itself answers ENOENT, as /proc does. */
function makeFolders(folder) {
  if (existsSync(folder)) return
  makeFolders(path.dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}
