import { expect, test } from 'vitest'
import { counted } from './counted'

test.each([
  [counted(0, 'file'), '0 files'],
  [counted(1, 'file'), '1 file'],
  [counted(2, 'process', 'processes'), '2 processes'],
  [counted(1234, 'line', undefined, '1,234'), '1,234 lines'],
])('%s', (text, expected) => expect(text).toBe(expected))
