/** Real reverse proxies with the recipes of docs/proxies.md. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The name of the recipes. */
export const publicName = 'sandglass.example.com'

export interface ReverseProxy {
  close(): Promise<void>
}

/** The first block of this language in docs/proxies.md. */
export function recipe(language: 'nginx' | 'caddy'): string {
  const document = readFileSync(path.resolve(import.meta.dirname, '../../docs/proxies.md'), 'utf8')
  const [, block] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(document) ?? []
  if (block === undefined) throw new Error(`docs/proxies.md has no recipe for ${language}`)
  return block
}

/** nginx with a recipe whose ports and certificate are replaced. */
export async function startNginx(block: string, port: number, consolePort: number): Promise<ReverseProxy> {
  const folder = certificateFolder()
  const server = block
    .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll('/etc/ssl', folder)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${consolePort}`)
    // As docs/proxies.md says for another port than 443.
    .replaceAll('$host;', '$http_host;')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const configuration = `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events {}
http { access_log off; ${temporary.join(' ')}
${server}
}`
  writeFileSync(path.join(folder, 'nginx.conf'), configuration)
  return await start('nginx', ['-p', folder, '-e', 'stderr', '-c', path.join(folder, 'nginx.conf')], port, folder)
}

/** Caddy with a recipe whose ports and certificate are replaced. */
export async function startCaddy(block: string, port: number, consolePort: number): Promise<ReverseProxy> {
  const folder = certificateFolder()
  const site = block
    .replace(
      `${publicName} {`,
      `https://${publicName}:${port} {\n  bind 127.0.0.1\n  tls ${folder}/sandglass.crt ${folder}/sandglass.key`,
    )
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${consolePort}`)
  const file = path.join(folder, 'Caddyfile')
  writeFileSync(file, `{\n  admin off\n  auto_https disable_redirects\n}\n${site}`)
  return await start('caddy', ['run', '--adapter', 'caddyfile', '--config', file], port, folder)
}

function certificateFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-proxy-'))
  const files = ['-keyout', path.join(folder, 'sandglass.key'), '-out', path.join(folder, 'sandglass.crt')]
  const subject = ['-subj', `/CN=${publicName}`, '-addext', `subjectAltName=DNS:${publicName}`]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    stdio: 'ignore',
  })
  return folder
}

async function start(program: string, args: string[], port: number, folder: string): Promise<ReverseProxy> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: folder } })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`${program} did not start: ${output}`)
    await delay(50)
  }
  return { close: () => close(child, folder) }
}

async function close(child: ChildProcess, folder: string): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  rmSync(folder, { recursive: true })
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was assigned')
  return address.port
}
