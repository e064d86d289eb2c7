import { readFileSync } from 'node:fs'
import path from 'node:path'
import { WebSocket } from 'ws'
import { sendRawRequest } from '../../e2e/support/raw-http'
import type { Attack } from '../attack'
import { type AttackedConsole, openConsole } from '../console-page'
import type { World } from '../world'

const maxLive = 5

const paths = [
  '//x/%2e%2e',
  '//x/..',
  '//evil.example/%2e%2e/',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/..%2f..%2f..%2fetc/passwd',
  '/targets/..%2f..%2f..%2f..%2fetc%2fpasswd',
  '/_next/static/..%2f..%2f..%2fpackage.json',
  '/_next/static/%2e%2e/%2e%2e/%2e%2e/package.json',
  '/_next/image?url=http://127.0.0.1/',
  '/%',
  '/%00',
  '/\\evil.example',
  '/\\\\evil.example/..',
  '//',
  '///',
  '/?%00',
  '/sign-in?next=//evil.example',
  '/sign-in?next=/\\evil.example',
  '/sign-in?token=x&next=https://evil.example',
  '*',
  'http://evil.example/',
  `/${'a/'.repeat(5_000)}`,
]

export const frontDoor: Attack = {
  name: 'front-door',
  lines: [12, 13],
  isForPlainProcesses: false,
  description:
    'requests malformed paths before signing in, holds live sockets, and looks for sign-in links where others can read them',
  isFor: ({ stage }) => stage === 'console',

  async run(world) {
    const console = await openConsole({ SANDGLASS_LIVE_SOCKETS_PER_SESSION: String(maxLive) })
    try {
      const { host } = new URL(console.url)
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        for (const target of paths) await checkPath(world, console, method, target)
      }
      await holdLiveSockets(world, console)
      // An unused link is in connection.json, readable by its owner alone, and in no log.
      const { signInUrl } = await console.product.connection()
      const token = new URL(signInUrl).searchParams.get('token') ?? ''
      if (token === '') throw new Error('there is no sign-in link to look for')
      if (console.product.output().includes(token)) world.breach('the service log contains an unused sign-in link')
      const errors = console.product.output().match(/^.*\bat .+\(.+:\d+:\d+\).*$/m)
      if (errors) world.breach(`the console printed a stack: ${errors[0]}`)
      const file = path.join(console.product.dataDir, 'connection.json')
      if (!readFileSync(file, 'utf8').includes(token)) throw new Error('the sign-in link was renewed meanwhile')
      const used = await sendRawRequest(console.url, `/sign-in?token=${token}`, { headers: { host } })
      if (used.status !== 303) world.breach(`the sign-in link does not work: ${used.status}`)
      const again = await sendRawRequest(console.url, `/sign-in?token=${token}`, { headers: { host } })
      if (again.status === 303 && again.headers['set-cookie']) world.breach('a sign-in link works twice')
    } finally {
      await console.close()
    }
  },
}

async function checkPath(world: World, console: AttackedConsole, method: string, target: string): Promise<void> {
  const { status, text, headers } = await sendRawRequest(console.url, target, {
    method,
    headers: { host: new URL(console.url).host },
  }).catch((error) => ({ status: 0, text: String(error), headers: {} as Record<string, string> }))
  const what = `${method} ${target.slice(0, 60)}`
  if (status >= 500) world.breach(`${what} returns ${status}`)
  if (/\bat .+\(?.+:\d+:\d+\)?|node_modules|root:x:0|"sandglass"/.test(text)) {
    world.breach(`${what} reveals ${text.slice(0, 200)}`)
  }
  const location = String(headers.location ?? '')
  if (/^(https?:)?[/\\]{2}/.test(location) && !location.startsWith(console.url)) {
    world.breach(`${what} redirects to ${location}`)
  }
}

/** One sign-in opens more live sockets than allowed. */
async function holdLiveSockets(world: World, console: AttackedConsole): Promise<void> {
  const headers = { cookie: console.cookie, origin: console.url }
  const sockets = Array.from({ length: 20 }, () => new WebSocket(`ws://127.0.0.1:${console.port}/live`, { headers }))
  try {
    const outcomes = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<string>((resolve) => {
            // Pages are refused with a message, other programs before the handshake.
            socket.once('message', (data: Buffer) => resolve(data.includes('TOO_MANY_REQUESTS') ? 'refused' : 'open'))
            socket.once('unexpected-response', (_request, { statusCode }) => resolve(String(statusCode)))
            socket.once('close', () => resolve('closed'))
            socket.once('error', ({ message }) => resolve(message))
          }),
      ),
    )
    if (outcomes.filter((outcome) => outcome === 'open').length > maxLive) {
      world.breach(`one sign-in may hold ${sockets.length} live sockets`)
    }
  } finally {
    for (const socket of sockets) socket.terminate()
  }
}
