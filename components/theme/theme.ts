/** Themes and the cookie that stores the selected one, for the server's first paint and for the browser. */

export const themes = ['dark', 'light', 'system'] as const
export type Theme = (typeof themes)[number]

export const themeCookie = 'sandglass-theme'
const yearSeconds = 365 * 24 * 60 * 60

export function parseTheme(value: string | undefined): Theme {
  return themes.find((theme) => theme === value) ?? 'system'
}

/**
 * Stores a display preference in a cookie, so that the server can use it for the first paint. Browser only.
 * Assigns `document.cookie`, because `cookieStore` is missing on plain http from another machine.
 */
export function savePreference(name: string, value: string): void {
  Object.assign(document, {
    cookie: `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${yearSeconds}; SameSite=Lax`,
  })
}
