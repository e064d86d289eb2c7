import { expect, test } from 'vitest'
import { operations } from '@/lib/access/operations'
import { words } from './action-words'

test('every operation has words', () => {
  expect(Object.keys(words).filter((name) => name !== 'audit.lost')).toEqual(Object.keys(operations))
})
