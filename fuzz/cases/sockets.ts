/** WebSockets: invalid handshakes, invalid frames, and valid frames with invalid contents. */
import fc from 'fast-check'
import { type ExchangeCase, requestBytes } from '../exchange-case'
import type { KnownRoute } from '../routes'
import { oddDocument, oddText } from '../texts'
import type { World } from '../world'
import type { Header } from './headers'
import { filledPath, query } from './paths'
import { bodyFor } from './requests'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='

const handshake: fc.Arbitrary<{ headers: Header[]; isProper: boolean }> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constant({
      isProper: true,
      headers: [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Key', key],
        ['Sec-WebSocket-Version', '13'],
      ] as Header[],
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('Upgrade', 'upgrade, keep-alive', 'close'),
        fc.constantFrom('websocket', 'WebSocket', 'h2c', '', 'tcp'),
        fc.constantFrom(key, '', 'short', `${key}${key}`, '\xff'),
        fc.constantFrom('13', '8', '0', '', '13, 8', '99999999999'),
      )
      .map(([connection, upgrade, nonce, version]) => ({
        isProper: false,
        headers: [
          ['Connection', connection],
          ['Upgrade', upgrade],
          ['Sec-WebSocket-Key', nonce],
          ['Sec-WebSocket-Version', version],
        ] as Header[],
      })),
  },
)

const protocols: fc.Arbitrary<Header[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Header[]>([]) },
  fc
    .constantFrom(
      'X-Daytona-SDK-Version~0.216.0',
      'X-Daytona-Pty-Exit-Control',
      'X-Daytona-Pty-Exit-Control, X-Daytona-Pty-Envs~e30',
      'X-Daytona-Pty-Envs~%%%',
      `X-Daytona-Pty-Envs~${'A'.repeat(20_000)}`,
      'a, a',
      ',,,',
      '',
      'a b',
      'é',
    )
    .map((value): Header[] => [['Sec-WebSocket-Protocol', value]]),
  fc.constant<Header[]>([
    ['Sec-WebSocket-Extensions', 'permessage-deflate; server_max_window_bits=99; x'],
    ['Origin', 'http://evil.example'],
  ]),
)

interface Frame {
  fin: boolean
  reserved: number
  opcode: number
  masked: boolean
  payload: Buffer
  /** The claimed payload length, and its encoding. */
  claims: { length: bigint; form: 0 | 2 | 8 }
}

function frameBytes({ fin, reserved, opcode, masked, payload, claims }: Frame): Buffer {
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  const mask = masked ? 0x80 : 0
  const length = Buffer.alloc(claims.form)
  if (claims.form === 2) length.writeUInt16BE(Number(claims.length & 0xffffn))
  if (claims.form === 8) length.writeBigUInt64BE(claims.length & 0xffff_ffff_ffff_ffffn)
  const short = claims.form === 0 ? Number(claims.length & 0x7fn) : claims.form === 2 ? 126 : 127
  // A mask of zeros leaves the payload unchanged.
  return Buffer.concat([Buffer.from([first, mask | short]), length, Buffer.alloc(masked ? 4 : 0), payload])
}

function proper(opcode: number, payload: Buffer): Frame {
  const size = payload.length
  const form = size < 126 ? 0 : size < 65_536 ? 2 : 8
  return { fin: true, reserved: 0, opcode, masked: true, payload, claims: { length: BigInt(size), form } }
}

function brokenFrames(payload: fc.Arbitrary<Buffer>): fc.Arbitrary<Frame> {
  return fc.oneof(
    fc
      .record({
        fin: fc.boolean(),
        reserved: fc.nat(7),
        opcode: fc.nat(15),
        masked: fc.boolean(),
        payload: payload.map((bytes) => bytes.subarray(0, 100)),
      })
      .map((frame) => ({ ...proper(frame.opcode, frame.payload), ...frame })),
    fc
      .record({
        length: fc.constantFrom(0n, 126n, 65_535n, 2n ** 24n + 1n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
        form: fc.constantFrom(0 as const, 2 as const, 8 as const),
        opcode: fc.constantFrom(1, 2, 8, 9),
      })
      .map(({ opcode, ...claims }) => ({ ...proper(opcode, Buffer.from('{}')), claims })),
    fc.constantFrom(
      proper(1, Buffer.from([0xff, 0xfe, 0xc0])),
      proper(8, Buffer.from([0x03])),
      proper(8, Buffer.from([0x00, 0x00])),
      proper(8, Buffer.from([0x03, 0xe8, 0xff])),
      proper(8, Buffer.from([0x03, 0xe8])),
      proper(9, Buffer.alloc(200)),
      { ...proper(9, Buffer.alloc(1)), fin: false },
      proper(0, Buffer.from('continuation of nothing')),
      { ...proper(1, Buffer.from('{"code":')), fin: false },
    ),
  )
}

/** Engine.IO packets, for the SDK's events endpoint. */
const packets = fc.oneof(
  fc.constantFrom('0', '1', '2', '2probe', '3', '40', '40{', '40{"token":1}', '40{"token":"wrong"}', '41', '42["x"]'),
  fc.constantFrom(
    '42',
    '42["__proto__"]',
    '451-["x",{"_placeholder":true,"num":9}]',
    '5',
    '9',
    '40/other,{}',
    '43999[]',
  ),
  oddText,
)

function frames(payload: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer[]> {
  const good = fc.tuple(fc.constantFrom(1, 2), payload).map(([opcode, bytes]) => proper(opcode, bytes))
  return fc
    .array(fc.oneof({ weight: 3, arbitrary: good }, { weight: 2, arbitrary: brokenFrames(payload) }), { maxLength: 5 })
    .map((list) => list.map(frameBytes))
}

export function sockets(routes: readonly KnownRoute[], world: World): fc.Arbitrary<ExchangeCase> {
  const messages = fc.oneof({ weight: 3, arbitrary: bodyFor(world) }, oddDocument)
  const addresses = routes
    .filter(({ kind, of, method }) => kind === 'socket' || (of === 'toolbox' && method === 'GET'))
    .map((route) =>
      fc.tuple(filledPath(route, world), query).map(([path, search]) => ({ route, target: path + search })),
    )
  const socketIo: KnownRoute = { of: 'engine', method: 'GET', path: '/api/socket.io/', kind: 'socket' }
  const onRoute = fc.tuple(fc.oneof(...addresses), frames(messages))
  const onSocketIo = fc.tuple(
    fc
      .constantFrom(
        '?EIO=4&transport=websocket',
        '?EIO=3&transport=websocket',
        '?transport=polling',
        '?EIO=4&transport=x',
        '',
      )
      .map((search) => ({ route: socketIo, target: socketIo.path + search })),
    frames(packets.map((text) => Buffer.from(text))),
  )
  return fc
    .record({
      what: fc.oneof({ weight: 8, arbitrary: onRoute }, { weight: 1, arbitrary: onSocketIo }),
      handshake,
      protocols,
      preview: fc.integer({ min: 0, max: 9 }),
      direct: fc.boolean(),
      end: fc.constantFrom('half-close' as const, 'half-close' as const, 'reset' as const),
    })
    .map(({ what: [{ route, target }, sent], handshake, protocols, preview, direct, end }): ExchangeCase => {
      const toToolbox = route.of === 'toolbox' && direct
      const isPreview = preview === 0 && !toToolbox
      const host = isPreview ? `3000-${world.sandboxId}.localhost` : `127.0.0.1:${world.port}`
      const prefix = route.of === 'toolbox' && !toToolbox && !isPreview ? `/toolbox/${world.sandboxId}` : ''
      const head = requestBytes('GET', prefix + target, [
        ['Host', host],
        ['Authorization', `Bearer ${world.apiKey}`],
        ...handshake.headers,
        ...protocols,
      ])
      return {
        kind: 'socket',
        title: route.path,
        to: toToolbox ? 'toolbox' : 'engine',
        writes: [head, ...sent],
        end,
        isWhole: false,
        isForeign: route === socketIo,
      }
    })
}
