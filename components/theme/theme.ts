/** The names of the theme choice and of the cookie that keeps it, for the server's first paint and for the browser. */

export const themes = ['dark', 'light', 'system'] as const
export type Theme = (typeof themes)[number]

export const themeCookie = 'sandglass-theme'
const yearSeconds = 365 * 24 * 60 * 60

export function parseTheme(value: string | undefined): Theme {
  return themes.find((theme) => theme === value) ?? 'system'
}

/**
 * Keeps a display preference in a cookie, so that the server's next paint already has it. Browser only.
 * `cookieStore` is missing on plain http from another machine, so the old property is assigned.
 */
export function keepPreference(name: string, value: string): void {
  Object.assign(document, {
    cookie: `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${yearSeconds}; SameSite=Lax`,
  })
}
