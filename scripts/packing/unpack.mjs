/**
 * Unpacks the archive of the npm package, once for each version, into the data directory: it belongs to the user, and
 * the launcher needs it anyway. Uses Node and `tar` alone, because nothing is installed beside the package.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const packageFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** Run the command of the product with the arguments of this process. */
export async function runApp() {
  const folder = await unpackedApp(path.join(dataFolder(), 'app')).catch((error) => {
    console.error(error instanceof UnpackError ? error.message : error)
    process.exit(1)
  })
  await import(pathToFileURL(path.join(folder, 'scripts', 'cli.mjs')).href)
}

/** As `SANDGLASS_DATA_DIR` in lib/settings, which is part of what is still to be unpacked. */
function dataFolder() {
  return path.resolve(process.env.SANDGLASS_DATA_DIR || path.join(homedir(), '.sandglass'))
}

class UnpackError extends Error {}

/**
 * The folder of the unpacked product.
 * @param {string} parent where the versions are
 * @returns {Promise<string>}
 */
export async function unpackedApp(parent) {
  const { version, sha256 } = JSON.parse(await readFile(path.join(packageFolder, 'app.json'), 'utf8'))
  const folder = path.join(parent, `${version}-${sha256.slice(0, 16)}`)
  await makePrivate(path.dirname(parent))
  await makePrivate(parent)
  if (existsSync(folder)) return folder
  const archive = path.join(packageFolder, 'app.tar.gz')
  if (
    createHash('sha256')
      .update(await readFile(archive))
      .digest('hex') !== sha256
  ) {
    throw new UnpackError(`${archive} is damaged. Install the package again.`)
  }
  const unfinished = await mkdtemp(path.join(parent, 'unfinished-'))
  try {
    // For root, tar would give the files to the user id that they were packed with, whoever has it here.
    const own = ['--no-same-owner', '--no-same-permissions']
    await promisify(execFile)('tar', [...own, '-xzf', archive, '-C', unfinished])
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Another start may have finished first.
    if (existsSync(folder)) return folder
    const reason = error instanceof Error ? error.message.trim() : String(error)
    throw new UnpackError(`Sandglass could not be unpacked into ${parent}: ${reason}`)
  }
  return folder
}

/**
 * Create a folder, or check one that exists: whoever else can write there could replace the program.
 * @param {string} folder
 */
async function makePrivate(folder) {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UnpackError(`The data directory cannot be used: ${reason}. Set SANDGLASS_DATA_DIR to another directory.`)
  }
  const { uid, mode } = await stat(folder)
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new UnpackError(
      `Other users can write to ${folder}, and could replace the program there. ` +
        `Run "chmod go-w '${folder}'" if it is yours, or set SANDGLASS_DATA_DIR to another directory.`,
    )
  }
}
