#!/usr/bin/env node
/** The command of the npm package: `sandglass [start | engine | sign-in | audit-verify | stop]`. */
import { runOnSupportedNode } from './node-version.mjs'

const usage = `Usage: sandglass [command]

  start     start the engine and the console (the default)
  engine    start the engine alone
  sign-in   print a one-time link to the running console
  audit-verify [--expect NUMBER:HASH]
            report whether the audit log was changed, or its end was cut off
  stop      end what runs with the data directory, also when the launcher was killed

Settings are environment variables such as PORT, HOST and SANDGLASS_DATA_DIR.`

/** @type {Record<string, () => Promise<unknown>>} */
const commands = {
  start: () => import('./launcher/main.mjs').then((launcher) => launcher.launch(['engine', 'console'])),
  engine: () => import('./launcher/main.mjs').then((launcher) => launcher.launch(['engine'])),
  'sign-in': () => import('./launcher/sign-in.mjs'),
  'audit-verify': async () => {
    const { runBuilt } = await import('./launcher/built-program.mjs')
    // The program reads its own arguments.
    process.argv.splice(2, 1)
    await runBuilt('audit-verify.mjs')
  },
  stop: () => import('./launcher/stop.mjs'),
}

const name = process.argv[2] || 'start'
const command = commands[name]
if (command) {
  runOnSupportedNode(command)
} else {
  const isHelp = name === '--help' || name === '-h'
  if (isHelp) console.log(usage)
  else console.error(`sandglass: unknown command ${name}\n\n${usage}`)
  process.exitCode = isHelp ? 0 : 2
}
