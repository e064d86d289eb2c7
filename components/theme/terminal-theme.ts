/**
 * Colours for xterm.js, read from the tokens of the page. xterm does not parse `oklch()` and cannot read CSS variables,
 * so each colour is painted on one pixel and read back as hex.
 */

/** The subset of xterm's `ITheme` that we set; all values are `#rrggbb` or `#rrggbbaa`. */
export interface TerminalTheme {
  background: string
  foreground: string
  cursor: string
  cursorAccent: string
  selectionBackground: string
  selectionInactiveBackground: string
  black: string
  red: string
  green: string
  yellow: string
  blue: string
  magenta: string
  cyan: string
  white: string
  brightBlack: string
  brightRed: string
  brightGreen: string
  brightYellow: string
  brightBlue: string
  brightMagenta: string
  brightCyan: string
  brightWhite: string
}

/** Reads the current tokens; call again when the theme changes (`onThemeChange`). Browser only. */
export function readTerminalTheme(): TerminalTheme {
  const color = tokenReader()
  return {
    background: color('var(--term)'),
    foreground: color('var(--ink)'),
    cursor: color('var(--accent)'),
    cursorAccent: color('var(--accent-ink)'),
    selectionBackground: color('color-mix(in oklab, var(--accent) 32%, var(--term))'),
    selectionInactiveBackground: color('color-mix(in oklab, var(--accent) 18%, var(--term))'),
    black: color('var(--ansi-0)'),
    red: color('var(--ansi-1)'),
    green: color('var(--ansi-2)'),
    yellow: color('var(--ansi-3)'),
    blue: color('var(--ansi-4)'),
    magenta: color('var(--ansi-5)'),
    cyan: color('var(--ansi-6)'),
    white: color('var(--ansi-7)'),
    brightBlack: color('var(--ansi-8)'),
    brightRed: color('var(--ansi-9)'),
    brightGreen: color('var(--ansi-10)'),
    brightYellow: color('var(--ansi-11)'),
    brightBlue: color('var(--ansi-12)'),
    brightMagenta: color('var(--ansi-13)'),
    brightCyan: color('var(--ansi-14)'),
    brightWhite: color('var(--ansi-15)'),
  }
}

/** One token or CSS colour as hex, for canvas and xterm decorations. Browser only. */
export function readColor(css: string): string {
  return tokenReader()(css)
}

function tokenReader(): (css: string) => string {
  const canvas = document.createElement('canvas')
  canvas.width = 1
  canvas.height = 1
  const pixel = canvas.getContext('2d', { willReadFrequently: true })
  const probe = document.createElement('span')
  return (css) => {
    if (!pixel) return '#808080'
    // The browser resolves the colour first: a canvas supports neither variables nor light-dark().
    probe.style.color = css
    document.body.append(probe)
    const resolved = getComputedStyle(probe).color
    probe.remove()
    pixel.clearRect(0, 0, 1, 1)
    pixel.fillStyle = resolved
    pixel.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0, alpha = 255] = pixel.getImageData(0, 0, 1, 1).data
    const parts = alpha === 255 ? [red, green, blue] : [red, green, blue, alpha]
    return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
  }
}
