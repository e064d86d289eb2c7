/** The ways to run an engine for the attacks. */
export interface Setup {
  readonly name: string
  readonly about: string
  /** `ordinary` runs the engine as a separate user, which needs root. */
  readonly user: 'root' | 'ordinary'
  /** Programs that are hidden from the engine. */
  readonly without: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What is attacked: an engine alone, the console in front of one, or an engine in its own network. */
  readonly stage: 'engine' | 'console' | 'network'
  /**
   * False when sandboxes are plain processes: then the attack checks what the engine claims. `perhaps` when the engine may
   * do either.
   */
  readonly isolates: boolean | 'perhaps'
  /** Included in a run without named setups. */
  readonly usual: boolean
}

/** How often race attacks are repeated; `--rounds` multiplies it. */
export interface Effort {
  readonly rounds: number
}

const full = { without: [], env: {}, stage: 'engine', isolates: true, usual: true } as const
const bare = { ...full, usual: false }

export const setups: readonly Setup[] = [
  { ...full, name: 'ordinary', about: 'an ordinary user, with everything that bubblewrap can use', user: 'ordinary' },
  { ...full, name: 'root', about: 'root, with everything that bubblewrap can use', user: 'root' },
  { ...full, name: 'network', about: 'root, in a separate network', user: 'root', stage: 'network' },
  { ...full, name: 'console', about: 'root, with the console in front', user: 'root', stage: 'console' },
  {
    ...bare,
    name: 'ordinary-bare',
    about: 'an ordinary user, without slirp4netns and control groups',
    user: 'ordinary',
    without: ['slirp4netns'],
    env: { SANDGLASS_LIMITS: 'none' },
  },
  {
    ...bare,
    name: 'root-bare',
    about: 'root, without slirp4netns, setpriv and control groups',
    user: 'root',
    without: ['slirp4netns', 'setpriv'],
    isolates: 'perhaps',
    env: { SANDGLASS_LIMITS: 'none' },
  },
  { ...bare, name: 'root-warm', about: 'root, with warm toolboxes', user: 'root', env: { SANDGLASS_WARM: '2' } },
  {
    ...bare,
    name: 'no-unshare',
    about: 'root, without unshare: no isolation',
    user: 'root',
    without: ['unshare'],
    isolates: false,
  },
]
