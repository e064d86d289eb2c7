/** Texts, numbers and documents that programs often handle incorrectly. */
import fc from 'fast-check'

const odd = [
  '',
  ' ',
  '.',
  '..',
  '../../../../etc/passwd',
  '/',
  '//',
  '/proc/self/fd/0',
  '/proc/self/mem',
  '/dev/zero',
  '\0',
  'a\0b',
  '\r\nX-Injected: 1',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ud800',
  '\udfff\ud800',
  'é',
  '🦄',
  '-1',
  '-0',
  '1e999',
  'NaN',
  'Infinity',
  '0x10',
  '00000000000000000001',
  '99999999999999999999',
  '9007199254740993',
  '2147483648',
  'null',
  'undefined',
  'true',
  '[object Object]',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  '%',
  '%00',
  '%2e%2e%2f',
  '%ff',
  '%u0041',
  "'",
  '"',
  '\\',
  '$(id)',
  '`id`',
  '$x',
  '{{x}}',
  '<script>',
  '*',
  '**/*',
  '[',
  '(',
  '(a+)+$',
  '?',
  '#',
  ';',
  '|',
  '&',
  '\x1b[31m',
  '\x7f',
]

const long = [300, 5_000, 70_000].flatMap((length) => ['a', '/', '%41', 'é', '../'].map((part) => part.repeat(length)))

/** Any text, with odd ones more often than by chance. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...odd) },
  { weight: 1, arbitrary: fc.constantFrom(...long) },
  { weight: 2, arbitrary: fc.string({ maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
)

const oddNumber = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  0.5,
  -0.1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  5e-324,
)

/** A value of any type. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  oddNumber,
  fc.constantFrom(null, true, false, [], {}, [[]], [null], { length: 1e9 }),
  fc.array(oddText, { maxLength: 5 }),
  fc.dictionary(oddText, oddText, { maxKeys: 4 }),
  fc.jsonValue({ maxDepth: 3 }),
)

const deep = [2_000, 100_000].flatMap((depth) => {
  const [open, close] = ['['.repeat(depth), ']'.repeat(depth)]
  const objects = '{"a":'.repeat(depth)
  return [open, `${open}${close}`, `${objects}1${'}'.repeat(depth)}`, `{"command":${open}${close}}`]
})

/** Invalid JSON, or JSON that a server does not expect. */
export const oddDocument: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .constantFrom(
      '',
      ' ',
      'null',
      'true',
      '1',
      '"text"',
      '[]',
      '[{}]',
      '{}',
      '{',
      '{"a"',
      '{"a":}',
      '{"a":1,}',
      "{'a':1}",
      '{"a":1}{"a":2}',
      '\ufeff{}',
      '{"__proto__":{"polluted":true}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      '{"a":1,"a":2}',
      '{"a":"\\ud800"}',
      '{"a":"\\u0000"}',
      `{"a":${'9'.repeat(400)}}`,
      'NaN',
      '/* */ {}',
      ...deep,
    )
    .map((text) => Buffer.from(text)),
  fc.constantFrom(
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.from('{"command":"true"}', 'utf16le'),
    Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
    Buffer.alloc(300_000, 0x20),
    Buffer.alloc(1024 * 1024 + 1, 0x30),
  ),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
)

/** A valid document that was truncated or changed. */
export function damaged(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(
      bytes,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(255),
      fc.constantFrom('cut', 'change', 'add', 'twice'),
    )
    .map(([whole, share, byte, how]) => {
      const at = Math.floor(share * Math.max(0, whole.length - 1))
      const [before, after] = [whole.subarray(0, at), whole.subarray(at)]
      if (how === 'cut') return before
      if (how === 'add') return Buffer.concat([before, Buffer.from([byte]), after])
      if (how === 'twice') return Buffer.concat([before, before, after])
      return Buffer.concat([before, Buffer.from([byte]), after.subarray(1)])
    })
}
