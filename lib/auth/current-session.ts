/** The session of the current page, route or action: the second check, after the one of the middleware. */
import 'server-only'
import { headers } from 'next/headers'
import { isFromOtherOrigin } from '@/lib/edge/fetch-site'
import { ApiError } from '@/lib/process-api/errors'
import { consoleSettings } from '@/lib/settings/console-settings'
import { sessionOfCookies } from './authenticator'
import { type Caller, callerOf } from './caller'
import { addressHeader } from './middleware'
import { consoleOrigins } from './origin-policy'

/** The caller of the current page, route or action. Throws ApiError UNAUTHORIZED without a session. */
export async function requireCaller(): Promise<Caller> {
  const sent = await headers()
  const session = sessionOfCookies(sent.get('cookie') ?? undefined)
  if (session === null) throw new ApiError('UNAUTHORIZED', 'You are not signed in.')
  return callerOf(session, sent.get(addressHeader) ?? '')
}

/** Requires that a change was sent by a page of this console. Throws ApiError FORBIDDEN. */
export async function requireOwnOrigin(): Promise<void> {
  const sent = await headers()
  const host = sent.get('host') ?? undefined
  const origin = sent.get('origin')
  const origins = consoleOrigins(consoleSettings())
  const isForeign = isFromOtherOrigin({ 'sec-fetch-site': sent.get('sec-fetch-site') ?? undefined })
  if (origin === null || isForeign || !origins.knowsHost(host) || !origins.accepts(origin, host)) {
    throw new ApiError('FORBIDDEN', 'The console rejects requests that its own pages did not send.')
  }
}
