/** Draws a terminal by WebGL while it has the focus and the GPU is a real one, else by the DOM. */
import type { WebglAddon } from '@xterm/addon-webgl'
import type { Terminal } from '@xterm/xterm'

let isRealGpu: boolean | null = null

export class RendererChoice {
  private addon: WebglAddon | null = null
  private wantsGpu = false

  constructor(private readonly terminal: Terminal) {}

  async drawOnGpu(): Promise<void> {
    this.wantsGpu = true
    isRealGpu ??= hasRealGpu()
    if (this.addon || !isRealGpu) return
    const { WebglAddon } = await import('@xterm/addon-webgl')
    if (!this.wantsGpu || this.addon) return
    const addon = new WebglAddon()
    // The browser drops the oldest contexts when there are too many: the DOM renderer takes over.
    addon.onContextLoss(() => this.drawInDom())
    try {
      this.terminal.loadAddon(addon)
      this.addon = addon
    } catch {
      addon.dispose() // there is no context to be had
    }
  }

  drawInDom(): void {
    this.wantsGpu = false
    this.addon?.dispose()
    this.addon = null
  }

  dispose(): void {
    this.drawInDom()
  }
}

/** A software renderer is slower than the DOM. */
function hasRealGpu(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2')
  if (!gl) return false
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  const renderer: unknown = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)
  gl.getExtension('WEBGL_lose_context')?.loseContext()
  return typeof renderer === 'string' && !/swiftshader|llvmpipe|software|basic render/i.test(renderer)
}
