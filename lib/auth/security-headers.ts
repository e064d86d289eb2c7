/** Security headers of every response. */
import { randomBytes } from 'node:crypto'

/** A new nonce for one page. Next adds it to its own scripts if it finds it in the request's policy. */
export function newNonce(): string {
  return randomBytes(16).toString('base64')
}

/**
 * Scripts need the nonce or our origin; nothing else may load, frame or be framed. Inline styles are allowed because
 * xterm and CodeMirror write `<style>` elements. WebSocket addresses are listed because older Safari limits 'self' to http.
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
    // Previews of ports have host names below `localhost`, which are other origins and other sites than the console.
    "frame-src 'self' http://*.localhost:* https://*.localhost:*",
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
  // Not to other sites, because paths contain ids. `no-referrer` would make browsers send `Origin: null` with forms.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}
