import { expect, test } from 'vitest'
import { unverifiedReasonSchema } from '@/lib/process-api/execution'
import { unverifiedSentence } from './unverified'

test('only a failed check is shown as not verified', () => {
  expect(unverifiedSentence({ verified: true, unverifiedReason: null })).toBeNull()
  expect(unverifiedSentence({ verified: null, unverifiedReason: null })).toBeNull()
  expect(unverifiedSentence({ verified: false, unverifiedReason: null })).toBe('Not verified.')
})

test.each(unverifiedReasonSchema.options)('the reason %s has a sentence of its own', (reason) => {
  expect(unverifiedSentence({ verified: false, unverifiedReason: reason })).toMatch(/^Not verified: .+\.$/)
})
