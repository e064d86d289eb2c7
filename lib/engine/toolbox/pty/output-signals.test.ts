import { describe, expect, it } from 'vitest'
import { OutputSignals } from './output-signals'

/** What is left after output in chunks of a length. */
function signalsOf(text: string, chunk = 1000) {
  let changes = 0
  const signals = new OutputSignals(() => {
    changes += 1
  })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunk) signals.add(bytes.subarray(at, at + chunk))
  return { ...signals.signals, changes }
}

describe('the signals of a terminal', () => {
  for (const chunk of [1, 3, 1000]) {
    it(`are found in chunks of ${chunk}`, () => {
      const text = 'a\x07\x1b]0;first\x07\x1b[31m\x1b]2;second é\x1b\\\x07\x1b]9;4;1;40\x07b'
      expect(signalsOf(text, chunk)).toMatchObject({
        title: 'second é',
        bells: 2,
        progress: { state: 'normal', value: 40 },
      })
    })
  }

  it.each([
    ['the end of a title is no bell', '\x1b]0;t\x07', { title: 't', bells: 0 }],
    ['bells within other strings are none', '\x1bPq\x07\x1b\\', { bells: 0 }],
    ['progress ends', '\x1b]9;4;3\x07\x1b]9;4;0\x07', { progress: null }],
    ['an error keeps its position', '\x1b]9;4;2;70\x07', { progress: { state: 'error', value: 70 } }],
    ['other commands change nothing', '\x1b]52;c;aGk=\x07\x1b]8;;http://x\x07', { title: '', changes: 0 }],
    ['a long string is no title', `\x1b]0;${'x'.repeat(10_000)}\x07`, { title: '', bells: 0 }],
    ['a cancelled string is no title', '\x1b]0;t\x18\x07', { title: '', bells: 1 }],
    ['a string that another sequence interrupts is no title', '\x1b]0;t\x1b[0mx\x07', { title: '', bells: 1 }],
  ])('%s', (_what, text, expected) => {
    expect(signalsOf(text)).toMatchObject(expected)
  })

  it('report once for each chunk, and only changes', () => {
    expect(signalsOf('\x07'.repeat(50)).changes).toBe(1)
    expect(signalsOf('plain text\x1b[0m').changes).toBe(0)
  })
})
