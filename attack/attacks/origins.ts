import { sendRawRequest, upgradeHeaders } from '../../e2e/support/raw-http'
import type { Attack } from '../attack'
import { type AttackedConsole, listenLive, openConsole } from '../console-page'
import type { World } from '../world'

const listed = 'console.test'

export const origins: Attack = {
  name: 'origins',
  lines: [6],
  isForPlainProcesses: false,
  description:
    'sends actions, upgrades and unsafe requests from pages of other ports, schemes and names, with every header that a proxy may add',
  isFor: ({ stage }) => stage === 'console',

  async run(world) {
    const console = await openConsole({ SANDGLASS_ALLOWED_HOSTS: listed })
    try {
      const secret = world.canaries.token("another sandbox's log")
      const command = await followable(console, secret)
      const createSession = await console.actionId('createSession')
      // The console's own page is accepted; otherwise, the checks below would prove nothing.
      const own = { host: `127.0.0.1:${console.port}`, origin: `http://127.0.0.1:${console.port}` }
      await console.act(createSession, { sessionId: 'own' }, own)
      if (!(await hasSession(console, 'own'))) throw new Error('the console refuses its own page')
      if (!(await listenLive(console, own, command)).heard.includes(secret)) throw new Error('/live sends nothing')

      let number = 0
      for (const headers of forgeries(console.port)) {
        const what = JSON.stringify(headers)
        number += 1
        const sessionId = `forged-${number}`
        const response = await console.act(createSession, { sessionId }, headers)
        if (await hasSession(console, sessionId)) world.breach(`an action was carried out for ${what}`)
        else if (response.status !== 403 && response.status !== 400)
          world.breach(`an action got ${response.status} for ${what}`)
        const { opened, heard } = await listenLive(console, headers, command)
        if (opened || heard.includes(secret)) world.breach(`/live was opened for ${what}`)
      }
      await attackEngine(world, console)
      for (const headers of forgeries(console.port)) {
        const sent = { method: 'POST', headers: { ...headers, cookie: console.cookie } }
        const { status } = await sendRawRequest(console.url, '/sign-out', sent)
        if (status >= 400) continue
        world.breach(`/sign-out got ${status} for ${JSON.stringify(headers)}`)
        break
      }
    } finally {
      await console.close()
    }
  },
}

async function followable({ engine, sandboxId }: AttackedConsole, secret: string) {
  const toolbox = `/toolbox/${sandboxId}/process/session`
  await engine('POST', toolbox, { sessionId: 'secret' })
  const { text } = await engine('POST', `${toolbox}/secret/exec`, { command: `echo ${secret}` })
  const { cmdId }: { cmdId: string } = JSON.parse(text)
  return { sessionId: 'secret', commandId: cmdId }
}

async function hasSession({ engine, sandboxId }: AttackedConsole, sessionId: string): Promise<boolean> {
  return (await engine('GET', `/toolbox/${sandboxId}/process/session`)).text.includes(`"${sessionId}"`)
}

/** Headers of pages that are not the console's. Pages cannot set them, but each could come from some page. */
function* forgeries(port: number): Generator<Record<string, string>> {
  const own = `127.0.0.1:${port}`
  const elsewhere = [
    `http://${listed}:3000`,
    `http://${listed}:${port + 1}`,
    `https://${listed}:8443`,
    `ftp://${listed}`,
    `http://3000-0b1c.${listed}:${port}`,
    `http://sub.${listed}:${port}`,
    `http://${listed}.evil.example`,
    `http://evil.example`,
    `http://127.0.0.1:${port + 1}`,
    `https://127.0.0.1:${port}`,
    `http://localhost:${port}`,
    `http://3000-x.localhost:${port}`,
    'null',
    'file://',
    `http://${listed}@evil.example`,
    `http://127.0.0.1:${port}@evil.example`,
    `http://127.0.0.1:${port}.evil.example`,
    'http://[::ffff:127.0.0.1]',
    ' ',
  ]
  for (const origin of elsewhere) {
    yield { host: own, origin }
    yield { host: `${listed}:${port}`, origin }
    yield { host: listed, origin }
    yield { host: own, origin, 'x-forwarded-host': origin.replace(/^\w+:\/\//, ''), 'x-forwarded-proto': 'http' }
    yield { host: own, origin, 'x-forwarded-host': own, forwarded: `host=${own};proto=http` }
    const host = URL.canParse(origin) ? new URL(origin).host : 'x'
    // The console's own names are accepted.
    if (origin !== `http://localhost:${port}`) yield { host, origin }
  }
  // Browsers report the page's site. A page on another port of the same host is "same-site".
  for (const site of ['same-site', 'cross-site']) {
    yield { host: own, origin: `http://${own}`, 'sec-fetch-site': site }
    yield { host: own, 'sec-fetch-site': site, 'sec-fetch-mode': 'cors' }
    yield { host: own, 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }
    yield { host: own, 'sec-fetch-site': site, 'sec-fetch-mode': 'websocket' }
  }
  yield { host: own, 'user-agent': 'Mozilla/5.0' }
}

/** The engine accepts keys and no cookies, but pages of sandboxes are on its own host names. */
async function attackEngine(world: World, { product, sandboxId }: AttackedConsole): Promise<void> {
  const { apiUrl, apiKey } = await product.connection()
  const { host, port } = new URL(apiUrl)
  const execute = `/toolbox/${sandboxId}/process/execute`
  const body = JSON.stringify({ command: 'echo carried out' })
  const json = { 'content-type': 'application/json' }
  const attempts: Record<string, string>[] = [
    { host },
    { host, authorization: 'Bearer' },
    { host, authorization: `Bearer ${apiKey.slice(0, -1)}` },
    { host, cookie: `daytona-sandbox-auth=${apiKey}` },
    { host: `evil.example:${port}`, authorization: `Bearer ${apiKey}` },
    { host: `3000-${sandboxId}.localhost:${port}`, authorization: `Bearer ${apiKey}`, origin: 'http://evil.example' },
    {
      host,
      authorization: `Bearer ${apiKey}`,
      origin: `http://3000-${sandboxId}.localhost:${port}`,
      'sec-fetch-site': 'same-site',
    },
    { host, authorization: `Bearer ${apiKey}`, origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' },
  ]
  for (const headers of attempts) {
    const { text, status } = await sendRawRequest(apiUrl, execute, {
      method: 'POST',
      headers: { ...json, ...headers },
      body,
    })
    const what = JSON.stringify(headers).replaceAll(apiKey, '(the key)')
    if (text.includes('carried out')) world.breach(`the engine ran a command for ${what}`)
    if (status >= 500 && !headers.host?.startsWith('3000-')) world.breach(`the engine returned ${status} for ${what}`)
    const socket = await sendRawRequest(apiUrl, '/api/events', { headers: { ...upgradeHeaders, ...headers } })
    if (socket.status === 101) world.breach(`the engine's events were opened for ${what}`)
  }
}
