import type { ChartColors } from './option'

const seriesTokens = ['run', 'peer', 'kill', 'ok', 'time', 'fail']

/** The colours of the current theme, as a browser paints them. */
export function readChartColors(element: Element): ChartColors {
  const canvas = document.createElement('canvas')
  canvas.width = 1
  canvas.height = 1
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const probe = document.createElement('span')
  element.append(probe)
  const read = (token: string): string => {
    probe.style.color = `var(--${token})`
    if (!context) return getComputedStyle(probe).color
    context.fillStyle = getComputedStyle(probe).color
    context.fillRect(0, 0, 1, 1)
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
    return `rgb(${red}, ${green}, ${blue})`
  }
  const colors = {
    ink: read('ink'),
    muted: read('ink-2'),
    line: read('line'),
    ground: read('surface'),
    series: seriesTokens.map(read),
  }
  probe.remove()
  return colors
}
