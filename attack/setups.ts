/** The ways in which an engine is run while it is attacked. */
export interface Setup {
  readonly name: string
  readonly about: string
  /** `ordinary` runs the engine as a user of its own; only root can do that. */
  readonly user: 'root' | 'ordinary'
  /** Programs of the machine that the engine does not find. */
  readonly without: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What is attacked: an engine by itself, the console in front of one, or an engine in a network of its own. */
  readonly stage: 'engine' | 'console' | 'network'
  /**
   * False where sandboxes are plain processes: what is attacked then is what the engine says of it. `perhaps` where an
   * engine may do either.
   */
  readonly isolates: boolean | 'perhaps'
  /** Part of a run that names nothing. */
  readonly usual: boolean
}

const full = { without: [], env: {}, stage: 'engine', isolates: true, usual: true } as const
const bare = { ...full, usual: false }

export const setups: readonly Setup[] = [
  { ...full, name: 'ordinary', about: 'an ordinary user, with all that bubblewrap can use', user: 'ordinary' },
  { ...full, name: 'root', about: 'root, with all that bubblewrap can use', user: 'root' },
  { ...full, name: 'network', about: 'root, in a network that was made for it', user: 'root', stage: 'network' },
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
  { ...bare, name: 'root-warm', about: 'root, with toolboxes kept warm', user: 'root', env: { SANDGLASS_WARM: '2' } },
  {
    ...bare,
    name: 'no-unshare',
    about: 'root, without unshare: nothing isolates',
    user: 'root',
    without: ['unshare'],
    isolates: false,
  },
]
