/**
 * The cookie that keeps a preview open in a browser after a link has opened it. It is valid for one port under one host name
 * only, and is never forwarded to the program.
 */
import { createHmac } from 'node:crypto'
import { previewCookiePrefix } from '@/lib/process-api/previews'
import { secretsEqual } from '../access/credentials'
import type { PreviewHost } from '../access/host-check'

/** As in the reference. */
export const previewCookieSeconds = 3_600

export interface PreviewCookieOptions {
  /** The engine's own key. */
  readonly key: string
  readonly preview: PreviewHost
  /** Revoking this ends the cookie: the sandbox's token, which changes at each start, or the signed token. */
  readonly secret: string
}

/** A `Set-Cookie` line for this host alone; other sites can only use it by linking to a page. */
export function previewCookie(options: PreviewCookieOptions, now: number, secure: boolean): string {
  const expires = now + previewCookieSeconds
  const attributes = `Path=/; Max-Age=${previewCookieSeconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
  return `${nameOf(options)}=${expires}.${signatureOf(options, expires)}; ${attributes}`
}

/** Check the cookies of a request. @param now Unix seconds */
export function hasPreviewCookie(header: string | undefined, options: PreviewCookieOptions, now: number): boolean {
  return cookiesOf(header).some(([name, value]) => {
    if (name !== nameOf(options)) return false
    const [, digits = '', signature = ''] = /^(\d{1,12})\.([A-Za-z0-9_-]+)$/.exec(value) ?? []
    const expires = Number(digits)
    return digits !== '' && secretsEqual(signature, signatureOf(options, expires)) && now < expires
  })
}

/** Whether a request has a cookie for this preview, valid or not. */
export function hasAnyPreviewCookie(header: string | undefined, preview: PreviewHost): boolean {
  return cookiesOf(header).some(([name]) => name === nameOf({ preview }))
}

/** The labels of all preview cookies of a request, valid or not. */
export function previewCookieLabels(header: string | undefined): string[] {
  return cookiesOf(header).flatMap(([name]) =>
    name.startsWith(previewCookiePrefix) ? [name.slice(previewCookiePrefix.length)] : [],
  )
}

/** The program's own cookies in a `Cookie` header; empty when there are none. */
export function withoutPreviewCookies(header: string): string {
  return header
    .split(';')
    .filter((part) => !part.trim().startsWith(previewCookiePrefix))
    .join(';')
    .trim()
}

/**
 * A `Set-Cookie` line of a program, restricted to the program's own host: parent domains are shared with other sandboxes.
 * Null when it uses a cookie name of ours.
 */
export function programCookie(line: string): string | null {
  const [pair = '', ...attributes] = line.split(';')
  if (pair.trim().startsWith(previewCookiePrefix)) return null
  return [pair, ...attributes.filter((attribute) => !/^\s*domain\s*=/i.test(attribute))].join(';')
}

function nameOf({ preview }: Pick<PreviewCookieOptions, 'preview'>): string {
  return previewCookiePrefix + preview.label
}

function signatureOf({ key, preview: { port, label }, secret }: PreviewCookieOptions, expires: number): string {
  const text = `v1:preview-cookie:${port}:${label}:${expires}:${secret}`
  return createHmac('sha256', key).update(text).digest('base64url')
}

function cookiesOf(header: string | undefined): Array<[name: string, value: string]> {
  return (header ?? '').split(';').map((part) => {
    const [name = '', ...value] = part.trim().split('=')
    return [name, value.join('=')]
  })
}
