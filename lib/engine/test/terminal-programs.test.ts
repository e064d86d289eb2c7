/** Programs that use the whole screen or ask questions, in terminals. The browser tests have vim. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PtyScreen } from '@/lib/process-api/pty'
import { findProgram } from '@/lib/settings/programs'
import { open, type PtyClient } from './pty-client'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

const needs = (program: string) => test.skipIf(findProgram(program) === null)

let toolbox: ToolboxFixture
let made = 0

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})

/** A terminal with a prompt, and what its screen shows. */
async function shell(): Promise<{ client: PtyClient; shows: (what: string, check: Check) => Promise<PtyScreen> }> {
  made += 1
  const id = `programs-${made}`
  const client = await open(toolbox, `create-connect?id=${id}&cols=100&rows=30`)
  // The client has no terminal of its own that replies to the questions of programs.
  const screen = async () => (await toolbox.request(`/process/pty/${id}/screen`)).json<PtyScreen>()
  const shows = (what: string, check: Check) =>
    eventually(what, async () => {
      const shown = await screen()
      return check(shown) ? shown : null
    })
  await shows('a prompt', ({ lines }) => lines.some((line) => /[$#]$/.test(line.trimEnd())))
  return { client, shows }
}

type Check = (screen: PtyScreen) => boolean

const has = (text: string) => (screen: PtyScreen) => screen.lines.some((line) => line.includes(text))

needs('less')('less pages through a file', async () => {
  const { client, shows } = await shell()
  client.send('seq 1000 | less\n')
  await shows('the first page', ({ lines }) => lines[0] === '1' && lines.at(-1) === ':')
  client.send('G')
  await shows('the last page', has('1000'))
  client.send('q')
  await shows('the prompt', ({ alternateScreen }) => !alternateScreen)
})

needs('tmux')('tmux splits its window, and its session survives being detached', async () => {
  const { client, shows } = await shell()
  const tmux = `tmux -f /dev/null -S ${path.join(toolbox.folder, 'tmux')}`
  client.send(`${tmux} new -s work\n`)
  await shows('the status line', ({ lines }) => lines.at(-1)?.includes('[work]') ?? false)
  client.send('\x02%')
  await shows('two panes', has('│'))
  client.send('echo in the ri""ght\n')
  await shows('the right pane', ({ lines }) =>
    lines.some((line) => (line.split('│')[1] ?? '').includes('in the right')),
  )
  client.send('\x02d')
  await shows('the prompt', (screen) => !screen.alternateScreen && has('[detached')(screen))
  client.send(`${tmux} attach\n`)
  await shows('both panes again', (screen) => has('│')(screen) && has('in the right')(screen))
  client.send(`${tmux} kill-server\n`)
  await shows('the prompt', ({ alternateScreen }) => !alternateScreen)
})

needs('npm')('the questions of npm init are answered line by line', async () => {
  const { client, shows } = await shell()
  client.send('mkdir wizard; cd wizard; npm init --no-update-notifier\n')
  await shows('the first question', has('package name: (wizard)'))
  client.send('my-app\n')
  await shows('the version', has('version: (1.0.0)'))
  client.send('\x7f\n')
  await shows('the description', has('description:'))
  client.send('made in a terminal\n')
  const file = path.join(toolbox.homeDir, 'wizard', 'package.json')
  await eventually(
    'the last question',
    async () => {
      client.send('\n')
      return existsSync(file) || null
    },
    30_000,
  )
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    name: 'my-app',
    version: '1.0.0',
    description: 'made in a terminal',
  })
})
