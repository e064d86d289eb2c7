import path from 'node:path'
import { fingerprints, root, stale } from '../building/freshness.mjs'
import { awaitConsole, awaitEngine } from './connection.mjs'
import { ensureInstalled } from './install.mjs'
import { endSandboxes } from './leftovers.mjs'
import { freePort, missingPrograms, portProblem } from './prerequisites.mjs'
import { PlainError, say, warn } from './say.mjs'
import { readSettings } from './settings.mjs'
import { untilToldToStop } from './signals.mjs'
import { runStep } from './steps.mjs'
import { createSupervisor } from './supervisor.mjs'

/** What each program is made of and how it is run. */
const programs = {
  engine: { name: 'the engine', args: ['dist/engine.mjs'], built: ['engine'] },
  console: { name: 'the console', args: ['dist/server.mjs'], built: ['server', 'next'] },
}

/** What was built, when it is out of date; nothing more once it runs. `npm run dev` has a mode of its own. */
const production = { environment: 'production', build: ensureBuilt, started: async () => {} }

/**
 * Bring up these programs and keep them until a signal comes, then end this process.
 * @param {('engine' | 'console')[]} wanted
 * @param {typeof production} mode
 */
export async function launch(wanted, mode = production) {
  const stop = untilToldToStop()
  try {
    const settings = await prepare(wanted, mode, stop.signal)
    await run(wanted, mode, settings, stop)
    process.exit(0)
  } catch (error) {
    // A program that does not come up is why the rest was broken off.
    const reason = stop.problem ?? error
    if (reason instanceof PlainError) {
      for (const sentence of reason.message.split('\n')) warn(sentence)
      process.exit(1)
    }
    if (stop.signal.aborted) process.exit(0)
    throw reason
  }
}

/** Everything before the first process: dependencies, settings, ports, build, programs. */
async function prepare(wanted, mode, signal) {
  await ensureInstalled({ signal })
  await buildStale(['settings'], signal)
  const settings = await readSettings()
  await choosePorts(wanted, settings)
  await mode.build(wanted, signal)
  for (const sentence of missingPrograms(settings.env.SANDGLASS_ISOLATION)) warn(sentence)
  return settings
}

async function choosePorts(wanted, settings) {
  if (wanted.includes('console')) {
    settings.port ||= await freePort(settings.host)
    settings.env.PORT = String(settings.port)
  }
  while (settings.enginePort === 0 || settings.enginePort === settings.port) {
    settings.enginePort = await freePort('127.0.0.1')
  }
  settings.env.ENGINE_PORT = String(settings.enginePort)
  const problems = [await portProblem('ENGINE_PORT', '127.0.0.1', settings.enginePort)]
  if (wanted.includes('console')) problems.push(await portProblem('PORT', settings.host, settings.port))
  const found = problems.filter((problem) => problem !== null)
  if (found.length > 0) throw new PlainError(found.join('\n'))
}

function ensureBuilt(wanted, signal) {
  return buildStale(
    wanted.flatMap((name) => programs[name].built),
    signal,
  )
}

async function buildStale(needed, signal) {
  const parts = (await stale(await fingerprints())).filter((part) => needed.includes(part))
  if (parts.length === 0) return
  say(`Building ${parts.includes('next') ? 'Sandglass (about ten seconds)' : parts.join(' and ')}`)
  const code = await runStep(process.execPath, ['scripts/build.mjs', ...parts.map((part) => `--${part}`)], { signal })
  signal.throwIfAborted()
  if (code !== 0) throw new PlainError('The build failed; the lines above say why.')
}

async function run(wanted, mode, settings, stop) {
  const supervisor = createSupervisor((problem) => stop.now(problem))
  stop.onSecondSignal(() => supervisor.kill())
  try {
    const address = await startAll(wanted, mode, settings, supervisor, stop.signal)
    for (const line of address) say(line)
    await mode.started(supervisor)
    await stop.told
    if (!stop.problem) say('Stopping')
  } finally {
    await supervisor.stop()
    await endSandboxes(settings.dataDir)
  }
  if (stop.problem) throw stop.problem
}

/** Start the programs one after the other: both write connection.json. Returns the lines that say where they are. */
async function startAll(wanted, mode, settings, supervisor, signal) {
  const start = (program) => {
    say(`Starting ${program.name}`)
    return supervisor.start({
      name: program.name,
      args: ['--enable-source-maps', path.join(root, program.args[0])],
      env: { ...settings.env, NODE_ENV: mode.environment, NEXT_TELEMETRY_DISABLED: '1' },
    })
  }
  const file = path.join(settings.dataDir, 'connection.json')

  start(programs.engine)
  const { apiUrl, toolboxUrl } = await awaitEngine(settings, signal)
  supervisor.markReady(programs.engine.name)
  if (!wanted.includes('console')) {
    return ["Sandglass's engine is ready.", `  API      ${apiUrl}`, `  Toolbox  ${toolboxUrl}`, `  Key      in ${file}`]
  }

  const { consoleUrl, signInUrl } = await awaitConsole(start(programs.console), signal)
  supervisor.markReady(programs.console.name)
  return [
    'Sandglass is ready.',
    `  Console  ${consoleUrl}`,
    ...signInLines(signInUrl),
    `  API      ${apiUrl}  (key in ${file})`,
    'Ctrl-C stops everything.',
  ]
}

/** The link itself is for a person at a terminal alone: any other output may be a log that others can read. */
function signInLines(signInUrl) {
  if (!process.stdout.isTTY) return ['  Sign in  run "npm run sign-in" for a link that works once']
  return [`  Sign in  ${signInUrl}`, '           (works once, within 15 minutes; "npm run sign-in" prints another)']
}
