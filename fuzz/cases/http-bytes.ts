/** Bytes that are not HTTP, or that two servers may parse differently. */
import fc from 'fast-check'
import type { ExchangeCase } from '../exchange-case'
import { damaged } from '../texts'
import type { World } from '../world'

function heads(world: World): string[] {
  const key = `Authorization: Bearer ${world.apiKey}\r\n`
  const host = `Host: 127.0.0.1:${world.port}\r\n`
  const execute = `/toolbox/${world.sandboxId}/process/execute`
  const body = '{"command":"echo ok"}'
  const post = `POST ${execute} HTTP/1.1\r\n${host}${key}`
  const direct = `POST /process/execute HTTP/1.1\r\n${host}`
  const smuggled = `GET /health HTTP/1.1\r\n${host}\r\n`
  return [
    '\r\n\r\n\r\n',
    '\0\0\0\0',
    'GET\r\n\r\n',
    'GET /\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTP/1.0\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'get / http/1.1\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    `GET  /health HTTP/1.1\r\n${host}\r\n`,
    `GET /health\tHTTP/1.1\r\n${host}\r\n`,
    `GET /\0 HTTP/1.1\r\n${host}\r\n`,
    `GET http://evil.example/ HTTP/1.1\r\n${host}\r\n`,
    `GET //evil.example/health HTTP/1.1\r\n${host}\r\n`,
    `OPTIONS * HTTP/1.1\r\n${host}\r\n`,
    `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n`,
    `CONNECT ${execute} HTTP/1.1\r\n${host}${key}\r\n`,
    `GET /health HTTP/1.1\r\n${host}${host}\r\n`,
    `GET /health HTTP/1.1\r\nHost : x\r\n\r\n`,
    `GET /health HTTP/1.1\r\n: x\r\n\r\n`,
    `GET /health HTTP/1.1\r\n${host}X: 1\r\n folded\r\n\r\n`,
    `GET /health HTTP/1.1\n${host.replace('\r', '')}\n`,
    `GET /health HTTP/1.1\r\n${host}X: ${'a'.repeat(200_000)}\r\n\r\n`,
    `GET /${'a'.repeat(200_000)} HTTP/1.1\r\n${host}\r\n`,
    `GET /health HTTP/1.1\r\n${host}${'X: 1\r\n'.repeat(5_000)}\r\n`,
    ...[post, direct].flatMap((head) => [
      `${head}Content-Length: ${body.length}\r\n\r\n${body}`,
      `${head}Content-Length: ${body.length + 100}\r\n\r\n${body}`,
      `${head}Content-Length: 3\r\n\r\n${body}`,
      `${head}Content-Length: -1\r\n\r\n${body}`,
      `${head}Content-Length: +21\r\n\r\n${body}`,
      `${head}Content-Length: 0x15\r\n\r\n${body}`,
      `${head}Content-Length: 99999999999999999999999\r\n\r\n${body}`,
      `${head}Content-Length: 21\r\nContent-Length: 22\r\n\r\n${body}`,
      `${head}Content-Length: 21, 21\r\n\r\n${body}`,
      `${head}Content-Length: 21\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${head}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n15\r\n${body}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\n15\r\n${body}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\n15\r\n${body}\r\n0\r\n\r\n${smuggled}`,
      `${head}Transfer-Encoding: chunked\r\n\r\n15;ext="${'x'.repeat(20_000)}"\r\n${body}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n${body}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\n-1\r\n${body}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n${body}`,
      `${head}Transfer-Encoding: chunked\r\n\r\n15\r\n${body}XX0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\n15\r\n${body}\r\n0\r\nX-Trailer: ${'y'.repeat(200_000)}\r\n\r\n`,
      `${head}Transfer-Encoding: xchunked\r\n\r\n15\r\n${body}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding: chunked, identity\r\n\r\n15\r\n${body}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding:\tchunked\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n${body}\r\n0\r\n\r\n`,
      `${head}Transfer-Encoding : chunked\r\n\r\n15\r\n${body}\r\n0\r\n\r\n`,
      `${head}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      `${head}Expect: the unexpected\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      `${head}Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ]),
  ]
}

export function httpBytes(world: World): fc.Arbitrary<ExchangeCase> {
  const head = fc.constantFrom(...heads(world)).map((text) => Buffer.from(text, 'latin1'))
  const bytes = fc.oneof(
    { weight: 4, arbitrary: head },
    { weight: 5, arbitrary: damaged(head) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }).map((random) => Buffer.from(random)) },
    { weight: 1, arbitrary: fc.tuple(head, head, head).map((several) => Buffer.concat(several)) },
  )
  return fc
    .record({
      bytes,
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
      to: fc.constantFrom('engine' as const, 'toolbox' as const),
      end: fc.constantFrom('half-close' as const, 'reset' as const),
    })
    .map(({ bytes, cut, to, end }) => {
      const at = Math.floor(bytes.length * cut)
      const [title = ''] = bytes.subarray(0, 60).toString('latin1').split('\r\n')
      return {
        kind: 'bytes',
        title: JSON.stringify(title),
        to,
        writes: [bytes.subarray(0, at), bytes.subarray(at)],
        end,
        isWhole: false,
      }
    })
}
