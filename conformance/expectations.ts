/** Assertions that the checklist shares. */
import { expect } from 'vitest'
import type { ErrorEnvelope } from '@/lib/process-api/errors'
import { type Answer, deployment } from './client'

/**
 * An error of section 1.6: its status and the whole envelope.
 * @param its the reference's own status, if different
 */
export function expectError(
  answer: Pick<Answer, 'status' | 'text'>,
  status: number,
  message?: string | RegExp,
  its: number = status,
): void {
  const wanted = deployment.reference && answer.status === its ? its : status
  expect([answer.status, answer.text]).toEqual([wanted, expect.anything()])
  if (deployment.reference && !answer.text.startsWith('{"statusCode"')) return
  const envelope = JSON.parse(answer.text) as ErrorEnvelope
  expect(envelope).toMatchObject({
    statusCode: wanted,
    message: expect.any(String),
    timestamp: expect.any(String),
    path: expect.stringMatching(/^\//),
  })
  if (message !== undefined) expect(envelope.message).toMatch(message)
}

/**
 * The shortest of some tries in ms; it stops at the first below the limit. What else the machine does meanwhile makes
 * some tries longer; a floor of the deployment's own, such as an interval of polling, makes all of them longer.
 */
export async function shortest(limitMs: number, attempt: () => Promise<number>, tries = 8): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let count = 0; count < tries && best >= limitMs; count += 1) best = Math.min(best, await attempt())
  return best
}

/** How long something takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
