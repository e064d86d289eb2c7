/** The font of logs. xterm measures its cells once, so the font must be loaded before the terminal opens. */

export interface LogFont {
  /** A list of families with real names: a canvas does not resolve CSS variables. */
  family: string
  /** px */
  size: number
}

/** Row height over font size, as 18 px rows for 13 px text. */
const rowRatio = 18 / 13

/** Reads the page's mono family and loads the font. If that fails, the browser uses the next family. */
export async function loadLogFont(size: number): Promise<LogFont> {
  const family = getComputedStyle(document.documentElement).getPropertyValue('--font-mono').trim() || 'monospace'
  const first = family.split(',')[0]?.trim() ?? family
  await Promise.allSettled([document.fonts.load(`${size}px ${first}`), document.fonts.load(`600 ${size}px ${first}`)])
  return { family, size }
}

/** xterm's font options. `lineHeight` is a factor of the font's natural height, which differs between fonts. */
export function logFont({ family, size }: LogFont) {
  const height = naturalHeight(family, size)
  return {
    fontFamily: family,
    fontSize: size,
    fontWeight: 400,
    fontWeightBold: 600,
    letterSpacing: 0,
    lineHeight: Math.max(1, Math.round(size * rowRatio) / height),
  } as const
}

function naturalHeight(family: string, size: number): number {
  const pen = document.createElement('canvas').getContext('2d')
  if (!pen) return size * rowRatio
  pen.font = `${size}px ${family}`
  const box = pen.measureText('W')
  const ratio = window.devicePixelRatio
  return Math.ceil((box.fontBoundingBoxAscent + box.fontBoundingBoxDescent) * ratio) / ratio
}
