/** What isolation with bubblewrap consists of on this host. */
import type { BubblewrapFeatures } from './bubblewrap-arguments'
import type { Certificates } from './certificates'
import type { Limits } from './limits/limits'
import type { NetworkCapabilities } from './network/network-capabilities'
import type { Runtimes } from './runtimes'
import type { SystemView } from './system-view'

/** How bwrap is used on this host; determined once, when the engine starts. */
export interface BubblewrapSetup extends NetworkCapabilities {
  readonly bwrap: string
  readonly unshare: string
  /** Set when the engine is root: each sandbox then runs as its own ordinary user of the host. */
  readonly setpriv: string | null
  readonly features: BubblewrapFeatures
  /** The compiled seccomp filter; null, with an entry in `warnings`, if there is none for this machine. */
  readonly seccomp: Buffer | null
  readonly system: SystemView
  readonly runtimes: Runtimes
  readonly certificates: Certificates
  /** The node binary for the toolbox. */
  readonly node: string
  /** The hand's binary. */
  readonly hand: string
  /** Folder of the toolbox's bundle. */
  readonly assetsDir: string
  readonly warnings: readonly string[]
  readonly limits: Limits
}
