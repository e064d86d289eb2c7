/** Headers of every answer. */
import { randomBytes } from 'node:crypto'

/** A new nonce for one page: Next puts it on its own scripts when it finds it in the request's policy. */
export function newNonce(): string {
  return randomBytes(16).toString('base64')
}

/**
 * Scripts need the nonce or come from us; nothing else may load, frame or be framed. Styles are let in inline because
 * xterm and CodeMirror write `<style>` elements. The live socket is named beside 'self', which older Safari takes for http only.
 * @param host the request's checked `Host`
 */
export function contentSecurityPolicy(nonce: string, host: string, dev: boolean): string {
  return [
    "default-src 'self'",
    // React's development build evaluates code to show server stacks.
    `script-src 'self' 'nonce-${nonce}'${dev ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self' ws://${host} wss://${host}`,
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Only to ourselves: paths hold ids. `no-referrer` would make browsers send `Origin: null` with a form.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}
