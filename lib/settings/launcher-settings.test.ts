import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readLauncherSettings } from './launcher-settings'
import { readTargetsFile } from './targets-file'
import { documentedVariables, readVariables } from './variables'

const folder = mkdtempSync(path.join(tmpdir(), 'sandglass-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const read = (env: Record<string, string>) =>
  readLauncherSettings({ NODE_ENV: 'test', SANDGLASS_DATA_DIR: folder, ...env })
function problems(env: Record<string, string>): string[] {
  try {
    read(env)
    return []
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : []
  }
}

describe('settings', () => {
  it('have defaults, and a blank value is none', () => {
    expect(read({ PORT: ' ', HOST: '' })).toMatchObject({ port: 3000, host: '127.0.0.1', enginePort: 3986 })
    expect(read({}).env).toEqual({
      PORT: '3000',
      HOST: '127.0.0.1',
      ENGINE_PORT: '3986',
      SANDGLASS_DATA_DIR: folder,
      SANDGLASS_ISOLATION: 'auto',
    })
  })

  it('make the data directory, for its owner alone', () => {
    const dataDir = path.join(folder, 'made', 'here')
    read({ SANDGLASS_DATA_DIR: dataDir })
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  })

  it('take a home folder that the shell left alone', () => {
    const name = path.relative(homedir(), folder)
    expect(read({ SANDGLASS_DATA_DIR: `~/${name}` }).dataDir).toBe(folder)
  })

  it.each([
    [{ PORT: 'abc' }, 'PORT is "abc"'],
    [{ PORT: '70000' }, 'PORT is "70000"'],
    [{ PORT: '-1' }, 'PORT is "-1"'],
    [{ ENGINE_PORT: '3000' }, 'PORT and ENGINE_PORT are both 3000'],
    [{ HOST: 'http://x' }, 'HOST is "http://x"'],
    [{ SANDGLASS_ISOLATION: 'docker' }, 'SANDGLASS_ISOLATION is "docker"'],
    [{ SANDGLASS_WARM: 'many' }, 'SANDGLASS_WARM is "many"'],
    [{ SANDGLASS_ALLOWED_HOSTS: 'a.example, b/c' }, 'SANDGLASS_ALLOWED_HOSTS has an invalid entry: "b/c"'],
    [{ SANDGLASS_ALLOWED_HOSTS: 'ftp://a.example' }, 'SANDGLASS_ALLOWED_HOSTS has an invalid entry: "ftp://a.example"'],
    [
      { SANDGLASS_PREVIEW_HOSTS: 'https://a.example/x' },
      'SANDGLASS_PREVIEW_HOSTS has an invalid entry: "https://a.example/x"',
    ],
    [{ SANDGLASS_API_ORIGINS: '*' }, 'SANDGLASS_API_ORIGINS has an invalid entry: "*"'],
    [{ SANDGLASS_TRUSTED_PROXIES: '127.0.0.1, proxy' }, 'SANDGLASS_TRUSTED_PROXIES has an invalid entry: "proxy"'],
    [{ SANDGLASS_TRUSTED_PROXIES: '10.0.0.0/33' }, 'SANDGLASS_TRUSTED_PROXIES has an invalid entry: "10.0.0.0/33"'],
    [{ SANDGLASS_SHARED_HOST_PREVIEWS: 'yes' }, 'SANDGLASS_SHARED_HOST_PREVIEWS is "yes"'],
    [{ SANDGLASS_LIVE_SOCKETS: '0' }, 'SANDGLASS_LIVE_SOCKETS is "0"'],
    [{ SANDGLASS_ENGINE_SOCKETS_PER_KEY: 'many' }, 'SANDGLASS_ENGINE_SOCKETS_PER_KEY is "many"'],
    [{ SANDGLASS_LIMITS: 'some' }, 'SANDGLASS_LIMITS is "some", but it must be one of auto, none.'],
    [{ SANDGLASS_PROCESS_LIMIT: '1' }, 'SANDGLASS_PROCESS_LIMIT is "1", but it must be a whole number from 64'],
    [
      { SANDGLASS_PREVIEW_HOSTS: 'a.example, 10.0.0.1' },
      'SANDGLASS_PREVIEW_HOSTS has an invalid entry: "10.0.0.1" is an IP',
    ],
    [
      { SANDGLASS_PREVIEW_HOSTS: 'https://[::1]:8443' },
      'SANDGLASS_PREVIEW_HOSTS has an invalid entry: "https://[::1]:8443"',
    ],
    [{ SANDGLASS_TARGETS: '/tmp' }, 'SANDGLASS_TARGETS: /tmp is not a file.'],
    [{ SANDGLASS_TARGETS: '/dev/null' }, 'SANDGLASS_TARGETS: /dev/null is not a file.'],
    [
      { SANDGLASS_DATA_DIR: '/tmp' },
      'The data directory /tmp holds keys, and every user of this machine can change it',
    ],
    [{ SANDGLASS_DATA_DIR: '/etc/hostname' }, 'The data directory /etc/hostname is not a directory'],
    [
      { SANDGLASS_BASE_PATH: '/sandglass' },
      'SANDGLASS_BASE_PATH is not supported: Sandglass needs a host name of its own',
    ],
    [{ SANDGLASS_DATA_DIR: '/proc/nothing' }, 'The data directory /proc/nothing cannot be written'],
  ])('%j gets one plain sentence', (env, beginning) => {
    const sentences = problems(env)
    expect(sentences).toHaveLength(1)
    expect(sentences[0]?.startsWith(beginning)).toBe(true)
  })

  it('take origins, addresses and ranges as lists', () => {
    for (const entry of ['a.example', 'a:8080', 'https://a.example:8443', '[::1]:3000', '']) {
      expect(problems({ SANDGLASS_ALLOWED_HOSTS: entry }), entry).toEqual([])
    }
    for (const entry of ['b/c', 'a b', 'x:99999', '999.1.1.1']) {
      expect(problems({ SANDGLASS_ALLOWED_HOSTS: entry }), entry).toHaveLength(1)
    }
    for (const entry of ['127.0.0.1', '10.0.0.0/8', 'fd00::/8', '::1']) {
      expect(problems({ SANDGLASS_TRUSTED_PROXIES: entry }), entry).toEqual([])
    }
    for (const entry of ['10.0.0.0/', '1.2.3', '::/129', 'x']) {
      expect(problems({ SANDGLASS_TRUSTED_PROXIES: entry }), entry).toHaveLength(1)
    }
    expect(readVariables({ SANDGLASS_ALLOWED_HOSTS: 'A.example, https://b.example' }).SANDGLASS_ALLOWED_HOSTS).toEqual([
      'a.example',
      'https://b.example',
    ])
  })

  it('are documented in docs/settings.md: each name, default and meaning', () => {
    const document = readFileSync(path.resolve(import.meta.dirname, '../../docs/settings.md'), 'utf8')
    const rows = document.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line))
    expect(rows).toEqual(documentedVariables().map((cells) => `| ${cells.join(' | ')} |`))
  })

  it('name other targets in a file for its owner alone', () => {
    const file = path.join(folder, 'targets.json')
    const write = (content: string, mode = 0o600) => {
      rmSync(file, { force: true })
      writeFileSync(file, content, { mode })
      return problems({ SANDGLASS_TARGETS: file })
    }
    const good = { name: 'staging', apiUrl: 'https://app.example.com/api', apiKey: 'k' }
    expect(write(JSON.stringify([good]))).toEqual([])
    expect(read({ SANDGLASS_TARGETS: file }).env.SANDGLASS_TARGETS).toBe(file)
    const wrong = [
      ['[', 'is not JSON'],
      ['{}', 'must be a list such as'],
      [JSON.stringify([{ ...good, name: 'A b' }]), 'needs a "name"'],
      [JSON.stringify([{ ...good, name: 'local' }]), 'is called "local"'],
      [JSON.stringify([good, good]), 'has the name "staging" of an earlier entry'],
      [JSON.stringify([{ ...good, apiUrl: 'ftp://x' }]), 'needs an "apiUrl"'],
      [JSON.stringify([{ ...good, apiKey: '' }]), 'needs an "apiKey"'],
      [JSON.stringify([{ ...good, token: 'x' }]), 'has "token"'],
    ] as const
    for (const [content, complaint] of wrong) {
      expect(write(content)).toEqual([expect.stringContaining(complaint)])
      expect(() => readTargetsFile(file), content).toThrow(complaint)
    }
    expect(write(JSON.stringify([good]), 0o644)).toEqual([expect.stringContaining('chmod 600')])
    expect(problems({ SANDGLASS_TARGETS: path.join(folder, 'none') })).toEqual([
      expect.stringContaining('cannot be read (ENOENT)'),
    ])
  })

  it('are all checked before the first complaint', () => {
    expect(problems({ PORT: 'x', ENGINE_PORT: 'y' })).toHaveLength(2)
  })
})
