import { readFileSync } from 'node:fs'
import path from 'node:path'
import { askRaw } from '../../e2e/support/raw-http'
import type { Attack } from '../attack'
import { openConsole } from '../console-page'

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
  lines: [13],
  does: 'asks for odd paths before signing in, and looks for sign-in links where others can read them',
  isFor: ({ stage }) => stage === 'console',

  async play(world) {
    const console = await openConsole({})
    try {
      const { host } = new URL(console.url)
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        for (const target of paths) {
          const sent = { method, headers: { host } }
          const { status, text, headers } = await askRaw(console.url, target, sent).catch((error) => ({
            status: 0,
            text: String(error),
            headers: {} as Record<string, string>,
          }))
          const what = `${method} ${target.slice(0, 60)}`
          if (status >= 500) world.breach(`${what} answers ${status}`)
          if (/\bat .+\(?.+:\d+:\d+\)?|node_modules|root:x:0|"sandglass"/.test(text))
            world.breach(`${what} tells ${text.slice(0, 200)}`)
          const location = String(headers.location ?? '')
          if (/^(https?:)?[/\\]{2}/.test(location) && !location.startsWith(console.url)) {
            world.breach(`${what} leads to ${location}`)
          }
        }
      }
      // The link that nobody has used yet is in connection.json, for its owner alone, and in no log.
      const { signInUrl } = await console.product.connection()
      const token = new URL(signInUrl).searchParams.get('token') ?? ''
      if (token === '') throw new Error('there is no link to look for')
      if (console.product.output().includes(token)) world.breach('the log of the service tells an unused sign-in link')
      const errors = console.product.output().match(/^.*\bat .+\(.+:\d+:\d+\).*$/m)
      if (errors) world.breach(`the console printed a stack: ${errors[0]}`)
      const file = path.join(console.product.dataDir, 'connection.json')
      if (!readFileSync(file, 'utf8').includes(token)) throw new Error('the link was renewed meanwhile')
      const used = await askRaw(console.url, `/sign-in?token=${token}`, { headers: { host } })
      if (used.status !== 303) world.breach(`the link does not work: ${used.status}`)
      const again = await askRaw(console.url, `/sign-in?token=${token}`, { headers: { host } })
      if (again.status === 303 && again.headers['set-cookie']) world.breach('a sign-in link works twice')
    } finally {
      await console.close()
    }
  },
}
