import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { asText } from './log'
import { redactText } from './redacted'

const module = pathToFileURL(path.join(import.meta.dirname, 'log.ts')).href

/** What a process that runs this code writes to stderr, as parsed lines. */
function logged(code: string) {
  const program = `import { log } from ${JSON.stringify(module)}\n${code}`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program]
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const lines = stderr.trim().split('\n')
  return { status, lines: lines.map((line) => JSON.parse(line)) }
}

it('writes a line of JSON with level, time, message and error, also right before the process ends', () => {
  const { status, lines } = logged(
    `log.error({ err: new Error('disk full') }, 'a chart could not be saved'); process.exit(3)`,
  )
  expect(status).toBe(3)
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'error',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      msg: 'a chart could not be saved',
      err: expect.objectContaining({ message: 'disk full', stack: expect.stringContaining('at ') }),
    }),
  ])
})

it('keeps secrets out of fields, headers and texts', () => {
  const secrets = `log.info({ apiKey: 's3cret', request: { authorization: 'Bearer s3cret', cookie: 'a=s3cret' } }, 'x')
log.error({ err: new Error('GET /sign-in?token=s3cret failed') }, 'Sign in with http://h/sign-in?token=s3cret')`
  expect(JSON.stringify(logged(secrets).lines)).not.toContain('s3cret')
  expect(redactText('?DAYTONA_SANDBOX_AUTH_KEY=abc&x=1')).toBe('?DAYTONA_SANDBOX_AUTH_KEY=[redacted]&x=1')
})

it('is text for a person at a terminal', () => {
  const line = { time: '2026-11-30T12:30:00.123Z', level: 'error', msg: 'x failed' }
  expect(asText(JSON.stringify({ ...line, err: { stack: 'Error: y\n    at z' } }))).toBe(
    '12:30:00 error: x failed\nError: y\n    at z\n',
  )
  expect(asText(JSON.stringify({ ...line, reason: 'ENOSPC' }))).toBe('12:30:00 error: x failed: ENOSPC\n')
})
