/**
 * Puts the npm package into `dist/package`. Its content is one archive, made of `dist/app`: the launcher, the built
 * product, and the files it imports. npm takes 20 s or more for thousands of files, and npx unpacks a tarball that is
 * given by its path at every start. `unpack.mjs` unpacks the archive once.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { copyTree } from '../building/copy.mjs'
import { root } from '../building/freshness.mjs'

const staged = path.join(root, 'dist', 'app')
const packageFolder = path.join(root, 'dist', 'package')

const scripts = ['cli.mjs', 'errors.mjs', 'node-version.mjs', 'building/freshness.mjs']
const launcher = [
  'built-program',
  'command-name',
  'connection',
  'host-process',
  'install',
  'leftovers',
  'lock',
  'main',
  'prerequisites',
  'say',
  'settings',
  'sign-in',
  'signals',
  'steps',
  'stop',
  'supervisor',
]
const programs = ['engine.mjs', 'server.mjs', 'settings.mjs', 'sign-in.mjs', 'audit-verify.mjs']

/** Folders of a Next build that only the build uses. */
const buildOnly = ['cache', 'dev', 'diagnostics', 'trace', 'trace-build', 'types', 'turbopack']

/** Packages that Next can use and this product does not: compilers, image processing, tracing, lists of browsers. */
const unused =
  /^node_modules\/(@next\/swc-[^/]*|@esbuild|@img|@opentelemetry|baseline-browser-mapping|caniuse-lite|esbuild|sharp|typescript)\//

/**
 * Packages that are copied as a whole, because Next loads parts of them by names that it puts together and newer versions
 * of Node load the ES modules of the helpers: a trace of imports is not complete.
 */
const whole = ['node_modules/next', 'node_modules/@swc/helpers']

/** What a production server does not need of them. */
const leftOut =
  /\.map$|\.cache$|\.d\.ts$|\.runtime\.dev\.js$|next\/dist\/(docs|esm|bundle-analyzer)$|compiled\/([^/]*-experimental|@vercel\/(nft|og)|terser)$|helpers\/src$/

/** Stage the package. Everything must have been built. */
export async function stagePackage() {
  await rm(staged, { recursive: true, force: true })
  for (const file of [...scripts, ...launcher.map((name) => `launcher/${name}.mjs`)]) await stage(`scripts/${file}`)
  for (const file of programs) await stage(`dist/${file}`)
  for (const file of ['next.config.js', 'README.md', 'LICENSE']) await stage(file)
  for (const folder of ['dist/toolbox', 'dist/docs', 'dist/replay', 'lib/store/migrations', ...whole]) {
    await copyTree(path.join(root, folder), path.join(staged, folder), (file) => leftOut.test(file))
  }
  await copyTree(path.join(root, '.next'), path.join(staged, '.next'), isBuildOnly)
  await copyLinkedPackages()
  for (const file of await importedFiles()) await stage(file)
  const { name, version, license } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
  await writeJson('package.json', { name, version, license, private: true, type: 'module' })
  await writeJson('dist/packaged.json', { version, node: process.version })
  await makeArchive(version)
}

/** @param {string} version */
async function makeArchive(version) {
  await rm(packageFolder, { recursive: true, force: true })
  await mkdir(packageFolder, { recursive: true })
  const archive = path.join(packageFolder, 'app.tar.gz')
  await promisify(execFile)('tar', ['--create', '--gzip', '--file', archive, '--directory', staged, '.'])
  const sha256 = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex')
  await writeFile(path.join(packageFolder, 'app.json'), `${JSON.stringify({ version, sha256 })}\n`)
  const scriptFolder = path.join(root, 'scripts')
  await mkdir(path.join(packageFolder, 'bin'))
  await copyFile(path.join(scriptFolder, 'node-version.mjs'), path.join(packageFolder, 'node-version.mjs'))
  await copyFile(path.join(scriptFolder, 'packing', 'unpack.mjs'), path.join(packageFolder, 'bin', 'unpack.mjs'))
  const command = path.join(packageFolder, 'bin', 'sandglass.mjs')
  await copyFile(path.join(scriptFolder, 'packing', 'command.mjs'), command)
  await chmod(command, 0o755)
}

/** Next's build links packages that it does not bundle, and tarballs of npm have no links. */
async function copyLinkedPackages() {
  const folder = path.join('.next', 'node_modules')
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => [])
  for (const entry of entries.filter((it) => it.isSymbolicLink())) {
    const link = path.join(folder, entry.name)
    const isExtra = (/** @type {string} */ file) =>
      /^(benchmarks|docs|examples|test|\.github)$/.test(path.basename(file))
    await copyTree(await realpath(path.join(root, link)), path.join(staged, link), isExtra)
  }
}

/** @param {string} file relative to the checkout */
async function stage(file) {
  const target = path.join(staged, file)
  await mkdir(path.dirname(target), { recursive: true })
  await copyFile(path.join(root, file), target)
}

/**
 * @param {string} file
 * @param {unknown} content
 */
function writeJson(file, content) {
  return writeFile(path.join(staged, file), `${JSON.stringify(content, null, 2)}\n`)
}

/** @param {string} file */
function isBuildOnly(file) {
  const relative = path.relative(path.join(root, '.next'), file)
  return buildOnly.includes(relative) || /\.(map|nft\.json)$/.test(relative)
}

/**
 * The files of node_modules that the server and the pages import, found by following imports: for the pages by Next's
 * build, for the server here with the tracer that Next brings.
 * @returns {Promise<string[]>} relative to the checkout
 */
async function importedFiles() {
  const require = createRequire(path.join(root, 'package.json'))
  /** @type {{nodeFileTrace(files: string[], options: object): Promise<{fileList: Set<string>}>}} */
  const { nodeFileTrace } = require('next/dist/compiled/@vercel/nft')
  const entries = ['server.mjs', 'sign-in.mjs', 'audit-verify.mjs'].map((name) => path.join(root, 'dist', name))
  const traced = await nodeFileTrace(entries, { base: root, processCwd: root, ignore: isUnused })
  const files = new Set(traced.fileList)
  for (const file of await tracesOfNext()) {
    const listed = JSON.parse(await readFile(file, 'utf8')).files
    for (const name of listed) files.add(path.relative(root, path.resolve(path.dirname(file), name)))
  }
  const isWhole = (/** @type {string} */ file) => whole.some((folder) => file.startsWith(`${folder}/`))
  return [...files].filter((file) => file.startsWith('node_modules/') && !isUnused(file) && !isWhole(file))
}

/** @param {string} file */
function isUnused(file) {
  return unused.test(file)
}

async function tracesOfNext() {
  const names = await readdir(path.join(root, '.next'), { recursive: true })
  return names.filter((name) => name.endsWith('.nft.json')).map((name) => path.join(root, '.next', name))
}
