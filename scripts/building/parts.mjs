import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'
import { PlainError } from '../errors.mjs'
import { copyOne, copyPackages, copyTree } from './copy.mjs'
import { root } from './freshness.mjs'
import { precompress } from './precompress.mjs'

/**
 * Bundled CommonJS packages call `require`, `__dirname` and `__filename`, which an ES module does not have.
 * The two path names are put in by `define`, so that sources may declare their own.
 */
const commonJs = {
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module'",
      "import { fileURLToPath as __fileURLToPath } from 'node:url'",
      'const require = __createRequire(import.meta.url)',
      'const __bundleFile = __fileURLToPath(import.meta.url)',
      "const __bundleFolder = __fileURLToPath(new URL('.', import.meta.url))",
    ].join('\n'),
  },
  define: { __filename: '__bundleFile', __dirname: '__bundleFolder' },
}

/**
 * `server-only` throws outside of React's server condition; in these bundles everything is the server.
 * @type {import('esbuild').Plugin}
 */
const serverOnly = {
  name: 'server-only',
  setup(context) {
    context.onResolve({ filter: /^server-only$/ }, () => ({ path: 'server-only', namespace: 'server-only' }))
    context.onLoad({ filter: /.*/, namespace: 'server-only' }, () => ({ contents: '' }))
  },
}

/**
 * zod brings its messages in 50 languages; one is used.
 * @type {import('esbuild').Plugin}
 */
const onlyEnglish = {
  name: 'only-english',
  setup(context) {
    context.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path: file }) => ({
      contents: "export { default as en } from './en.js'",
      resolveDir: path.dirname(file),
    }))
  },
}

/** @satisfies {import('esbuild').BuildOptions} */
const options = /** @type {const} */ ({
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [serverOnly],
})

/** Speed-ups that `ws` looks for and does without. */
const optionalNatives = ['bufferutil', 'utf-8-validate']

/** Packages with a binary of their own: not bundled but copied, with what they need, next to the toolbox's bundle. */
const natives = ['esbuild']

/** The toolbox starts this program by its path to transform TypeScript; the package around it stays behind. */
const esbuildBinary = `@esbuild/${process.platform}-${process.arch}`

/** The native part of node-pty; the toolbox does without the JavaScript around it. */
const ptyAddon = `@lydell/node-pty-${process.platform}-${process.arch}`

const external = [...optionalNatives, ...natives]

/** @param {string} file */
function entry(file) {
  if (!existsSync(path.join(root, file))) throw new PlainError(`build: ${file} does not exist.`)
  return file
}

/**
 * Bundle, and replace each file as a whole: the program that is being replaced may be started meanwhile.
 * @param {import('esbuild').BuildOptions} specific
 */
async function bundle(specific) {
  const result = await build({ ...options, plugins: [...options.plugins], ...specific, metafile: true, write: false })
  for (const file of result.outputFiles) {
    const draft = `${file.path}.${process.pid}`
    await mkdir(path.dirname(file.path), { recursive: true })
    await writeFile(draft, file.contents)
    await rename(draft, file.path)
  }
  return result.metafile
}

/** The folder that sandboxes see read-only: the toolbox's bundle and the files beside it. */
export async function buildToolbox() {
  // CommonJS, because V8's code cache is for scripts only.
  const metafile = await bundle({
    entryPoints: [entry('lib/engine/toolbox/main.ts')],
    outfile: 'dist/toolbox/toolbox-bundle.cjs',
    format: 'cjs',
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href" },
    define: { 'import.meta.url': '__bundleUrl' },
    external,
    // A fork copies the page tables of its process, so each MB of source kept in memory slows every command.
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [...options.plugins, onlyEnglish],
  })
  await bundle({
    entryPoints: [entry('lib/engine/toolbox/load.ts')],
    outfile: 'dist/toolbox/toolbox.cjs',
    format: 'cjs',
  })
  await bundle({
    ...commonJs,
    entryPoints: [entry('lib/engine/toolbox/pty/screen/thread.ts')],
    outfile: 'dist/toolbox/pty-screen.mjs',
  })
  await bundle({
    entryPoints: [entry('lib/engine/toolbox/journal/scan/thread.ts')],
    outfile: 'dist/toolbox/journal-scan.mjs',
    minifyWhitespace: true,
    minifySyntax: true,
  })
  await bundle({
    entryPoints: {
      interpreter: entry('lib/engine/toolbox/interpreter/node/main.ts'),
      'interpreter-listener': entry('lib/engine/toolbox/interpreter/node/listener.ts'),
    },
    outdir: 'dist/toolbox/node',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    // It runs on the Node of the sandbox, which may be older than the one that runs the toolbox.
    target: 'node18',
    minifyWhitespace: true,
    minifySyntax: true,
  })
  const folder = path.join(root, 'dist', 'toolbox')
  await copyTree(path.join(root, 'lib', 'engine', 'toolbox', 'assets'), folder)
  await copyHand(folder)
  await copyPackages([...externalsOf(metafile), esbuildBinary, ptyAddon], path.join(folder, 'node_modules'))
  return folder
}

/**
 * The native part of the isolation exists for some processors only; elsewhere the engine reports that it is missing.
 * @param {string} folder
 */
async function copyHand(folder) {
  const source = path.join(root, 'lib', 'engine', 'isolation', 'hand', 'prebuilt', `hand-${process.arch}`)
  if (existsSync(source)) await copyOne(source, path.join(folder, 'hand'))
}

/** The style and the script of the engine's page at `/docs`. */
async function buildDocs() {
  await bundle({
    entryPoints: { docs: entry('lib/engine/openapi/page/browser.ts') },
    outdir: 'dist/docs',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    minify: true,
    sourcemap: false,
  })
  await bundle({
    entryPoints: { docs: entry('lib/engine/openapi/page/docs.css') },
    outdir: 'dist/docs',
    target: 'esnext',
    minify: true,
    sourcemap: false,
  })
}

/** The engine: the toolbox's folder, the page of the API, and the control plane in one file. */
export async function buildEngine() {
  await buildToolbox()
  await buildDocs()
  await bundle({ ...commonJs, entryPoints: [entry('lib/engine/main.ts')], outfile: 'dist/engine.mjs', external })
}

/**
 * Which of the native packages a bundle imports.
 * @param {import('esbuild').Metafile} metafile
 */
function externalsOf(metafile) {
  const imported = Object.values(metafile.outputs).flatMap((output) => output.imports)
  return natives.filter((name) => imported.some((item) => item.external && item.path === name))
}

/** What the launcher checks the environment with before it starts anything. */
export async function buildSettings() {
  await bundle({
    ...commonJs,
    entryPoints: [entry('lib/settings/launcher-settings.ts')],
    outfile: 'dist/settings.mjs',
    plugins: [...options.plugins, onlyEnglish],
  })
}

/** The console's server, with the player of exported replays. Packages stay outside: Next.js must be the one copy that the pages use too. */
export async function buildServer() {
  await bundle({
    entryPoints: {
      server: entry('server.ts'),
      'sign-in': entry('lib/auth/sign-in-link-cli.ts'),
      'audit-verify': entry('lib/audit/verify-cli.ts'),
    },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    packages: 'external',
  })
  await buildPlayer()
}

/** The script and the style that exported replays contain. */
async function buildPlayer() {
  for (const file of ['player.ts', 'player.css']) {
    await bundle({
      entryPoints: { player: entry(`components/replay/standalone/${file}`) },
      outdir: 'dist/replay',
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
      minify: true,
      sourcemap: false,
    })
  }
}

/** The console's pages. The output of the build is shown only when it fails. */
export async function buildNext() {
  entry('app/layout.tsx')
  const child = spawn(process.execPath, [path.join(root, 'node_modules', 'next', 'dist', 'bin', 'next'), 'build'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new PlainError(output.trim())
  await precompress()
}
