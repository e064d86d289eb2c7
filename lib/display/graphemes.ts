/**
 * Widths of characters in terminals, as the addon for grapheme clusters defines them, with a limit on the characters of one
 * cell. The terminals of the console and the screens of the toolbox use the same, so that both agree on every position.
 */
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes'
import type { ITerminalAddon, IUnicodeVersionProvider, Terminal } from '@xterm/xterm'

/** The longest clusters of real text have about 20 characters. Without a limit a cell grows as long as a program prints. */
const maxClusterLength = 64
/**
 * A joined character takes three times the memory of a cell. So each cell pays for a few of them, and the text as a whole
 * may have no more; what was saved up allows lines of long clusters, such as families of emoji.
 */
const joinedPerCell = 4
const maxSaved = 4_096
/** The bit of the properties that says whether a character joins the cell before it. */
const joins = 1

export class GraphemesAddon implements ITerminalAddon {
  private readonly addon = new UnicodeGraphemesAddon()

  /** @param terminal of xterm, with or without a display */
  activate({ unicode }: Pick<Terminal, 'unicode'>): void {
    const limited = {
      register: (provider: IUnicodeVersionProvider) => unicode.register(new LimitedProvider(provider)),
      get versions() {
        return unicode.versions
      },
      get activeVersion() {
        return unicode.activeVersion
      },
      set activeVersion(version: string) {
        unicode.activeVersion = version
      },
    }
    // The addon uses nothing else of a terminal.
    this.addon.activate({ unicode: limited } as unknown as Terminal)
  }

  dispose(): void {
    this.addon.dispose()
  }
}

class LimitedProvider implements IUnicodeVersionProvider {
  /** Characters of the current cluster. */
  private length = 0
  /** How many more characters may join. */
  private saved = maxSaved

  constructor(private readonly provider: IUnicodeVersionProvider) {}

  get version(): string {
    return this.provider.version
  }

  wcwidth(codepoint: number): 0 | 1 | 2 {
    return this.provider.wcwidth(codepoint)
  }

  charProperties(codepoint: number, preceding: number): number {
    const properties = this.provider.charProperties(codepoint, preceding)
    const isJoined = (properties & joins) !== 0
    if (isJoined && this.length < maxClusterLength && this.saved > 0) {
      this.length += 1
      this.saved -= 1
      return properties
    }
    this.length = 1
    this.saved = Math.min(this.saved + joinedPerCell, maxSaved)
    return isJoined ? this.provider.charProperties(codepoint, 0) : properties
  }
}
