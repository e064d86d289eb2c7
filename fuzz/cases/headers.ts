/** Request headers: valid and invalid credentials, versions, types, hosts. */
import fc from 'fast-check'
import { oddText } from '../texts'
import type { World } from '../world'

export type Header = readonly [name: string, value: string]

/** Removes characters that a header value cannot have; another case tests those. */
function inHeader(text: string): string {
  return Buffer.from(text.slice(0, 2_000), 'utf8')
    .toString('latin1')
    .replace(/[\0-\x08\x0a-\x1f\x7f]/g, '')
}

const oddHeaderValue = oddText.map(inHeader)

function credentials(world: World): fc.Arbitrary<Header[]> {
  const key = world.apiKey
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant<Header[]>([['Authorization', `Bearer ${key}`]]) },
    {
      weight: 2,
      arbitrary: fc.oneof(
        fc.constantFrom<Header[]>(
          [],
          [['Authorization', '']],
          [['Authorization', 'Bearer']],
          [['Authorization', `bearer   ${key}   `]],
          [['Authorization', `Basic ${Buffer.from(`x:${key}`).toString('base64')}`]],
          [['Authorization', `Bearer ${key}x`]],
          [
            ['Authorization', 'Bearer wrong'],
            ['Authorization', `Bearer ${key}`],
          ],
          [['X-Daytona-Preview-Token', key]],
          [['Cookie', `daytona-sandbox-auth=${key}`]],
        ),
        oddHeaderValue.map((value): Header[] => [['Authorization', `Bearer ${value}`]]),
      ),
    },
  )
}

const further: fc.Arbitrary<Header> = fc.tuple(
  fc.constantFrom(
    'X-Daytona-SDK-Version',
    'X-Daytona-Source',
    'X-Daytona-Skip-Last-Activity-Update',
    'X-Daytona-Disable-Cors',
    'Accept',
    'Accept-Encoding',
    'Content-Encoding',
    'Content-Type',
    'Cookie',
    'Expect',
    'If-None-Match',
    'Origin',
    'Range',
    'Sec-WebSocket-Protocol',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-HTTP-Method-Override',
  ),
  fc.oneof(
    oddHeaderValue,
    fc.constantFrom(
      '0.100.0',
      '0.190.0',
      '0.216.0',
      '100-continue',
      'bytes=0-0',
      'bytes=5-1',
      'bytes=-',
      'bytes=0-99999999999999999999',
      'bytes=0-1,3-4,',
      'gzip',
      'text/html',
      'application/json; charset=utf-16',
      'http://evil.example',
      'null',
    ),
  ),
)

/** The headers of a request to either server, which closes its connection. */
export function headersFor(world: World): fc.Arbitrary<Header[]> {
  const host = fc.oneof(
    { weight: 20, arbitrary: fc.constant(`127.0.0.1:${world.port}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('localhost', `3000-${world.sandboxId}.localhost`, 'evil.example', '', '[::1'),
    },
    { weight: 1, arbitrary: oddHeaderValue },
  )
  return fc
    .tuple(host, credentials(world), fc.array(further, { maxLength: 3 }))
    .map(([name, key, more]) => [['Host', name], ...key, ['Connection', 'close'], ...more])
}
