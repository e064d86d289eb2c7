/** Multipart bodies that are truncated, malformed or too large. */
import fc from 'fast-check'
import { type ExchangeCase, requestBytes } from '../exchange-case'
import { damaged, oddText } from '../texts'
import type { World } from '../world'

const boundary = 'sandglass-fuzz'

const types = [
  `multipart/form-data; boundary=${boundary}`,
  `multipart/form-data; boundary="${boundary}"`,
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=another',
  `multipart/form-data; boundary=${'b'.repeat(300)}`,
  `multipart/form-data; boundary=${boundary}; boundary=second`,
  'multipart/mixed; boundary=sandglass-fuzz',
  'application/json',
  'application/x-www-form-urlencoded',
  '',
  "multipart/form-data; charset=utf-16; boundary*=utf-8''%00",
]

const partName = fc.oneof(
  fc.constantFrom('file', 'path', 'files', 'files[0].path', 'files[0].file', 'files[1].file', 'files[-1].file'),
  fc.constantFrom('files[99999999999].path', 'files[0]', 'files[0].path[0]', '__proto__', 'files[__proto__].path', ''),
  oddText.map((text) => text.slice(0, 500)),
)

const partHead = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'Content-Type: text/plain\r\n',
      'Content-Type: multipart/mixed; boundary=inner\r\n',
      'Content-Transfer-Encoding: base64\r\n',
      'Content-Transfer-Encoding: quoted-printable\r\n',
      'No colon\r\n',
      `X-Long: ${'x'.repeat(100_000)}\r\n`,
      'X: 1\r\n'.repeat(3_000),
      'Content-Disposition: form-data; name="second"\r\n',
      "Content-Disposition: form-data; name*=utf-8''%00%ff; filename*=utf-8''%\r\n",
    ),
  },
)

const part = fc
  .tuple(partName, partHead, fc.option(oddText, { nil: undefined }), oddText)
  .map(([name, head, fileName, contents]) => {
    const named = fileName === undefined ? '' : `; filename="${fileName.slice(0, 300)}"`
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${named}\r\n${head}\r\n${contents}\r\n`
  })

const whole = fc.oneof(
  { weight: 8, arbitrary: fc.array(part, { maxLength: 6 }).map((parts) => `${parts.join('')}--${boundary}--\r\n`) },
  { weight: 2, arbitrary: fc.array(part, { maxLength: 4 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: part.map((one) => `${one.repeat(60)}--${boundary}--\r\n`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '--',
      `--${boundary}`,
      `--${boundary}--`,
      `--${boundary}\r\n\r\n\r\n`.repeat(2_000),
      `--${boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--${boundary}--\r\n`,
      'preamble\r\n'.repeat(10_000),
    ),
  },
)

export function multipart(world: World): fc.Arbitrary<ExchangeCase> {
  const bytes = whole.map((text) => Buffer.from(text))
  return fc
    .record({
      route: fc.constantFrom('/files/upload', '/files/upload-v2', '/files/bulk-upload', '/files/bulk-download'),
      query: fc.constantFrom(
        '',
        '?path=fuzz/file',
        '?path=',
        '?path=/proc/self/mem',
        '?path=%00',
        '?path=.',
        '?path=fuzz',
      ),
      type: fc.oneof({ weight: 6, arbitrary: fc.constant(types[0] ?? '') }, fc.constantFrom(...types)),
      body: fc.oneof({ weight: 3, arbitrary: bytes }, damaged(bytes)),
      form: fc.constantFrom('length', 'chunked', 'short', 'long'),
      direct: fc.boolean(),
      leaves: fc.boolean(),
    })
    .map((parts): ExchangeCase => {
      const { route, direct, form, body, leaves } = parts
      const isWhole = form === 'length' || form === 'chunked'
      return {
        kind: 'multipart',
        title: `POST ${route}`,
        to: direct ? 'toolbox' : 'engine',
        writes: [headOf(parts, world), ...(form === 'chunked' ? inChunks(body) : [body])],
        end: isWhole ? 'answer' : leaves ? 'reset' : 'half-close',
        isWhole,
      }
    })
}

interface UploadParts {
  readonly route: string
  readonly query: string
  readonly type: string
  readonly body: Buffer
  readonly form: string
  readonly direct: boolean
}

function headOf({ route, query, type, body, form, direct }: UploadParts, world: World): Buffer {
  const target = `${direct ? '' : `/toolbox/${world.sandboxId}`}${route}${query}`
  return requestBytes('POST', target, [
    ['Host', `127.0.0.1:${world.port}`],
    ['Authorization', `Bearer ${world.apiKey}`],
    ['Content-Type', type],
    ['Connection', direct ? 'keep-alive' : 'close'],
    form === 'chunked'
      ? ['Transfer-Encoding', 'chunked']
      : ['Content-Length', String(claimedLength(form, body.length))],
  ])
}

function claimedLength(form: string, actual: number): number {
  if (form === 'short') return actual + 1_000
  return form === 'long' ? Math.floor(actual / 2) : actual
}

function inChunks(body: Buffer): Buffer[] {
  const size = Math.max(1, Math.ceil(body.length / 5))
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size)
    chunks.push(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]))
  }
  return [...chunks, Buffer.from('0\r\n\r\n')]
}
