/** What a person must know of where pages of sandboxes are served: refused at the start, or told at the start and with each sandbox. */
import { kinshipOf } from '@/lib/edge/same-site'
import type { IsolationReport } from '@/lib/process-api/sandbox'

export interface PreviewPlaces {
  /** Host names of the console, besides those of the loopback. */
  readonly consoles: readonly string[]
  /** Domains below which previews are served, besides `localhost`. */
  readonly previews: readonly string[]
  /** The administrator has said that they may share host names. */
  readonly shared: boolean
}

/**
 * Sentences about previews that are too near to the console.
 * Throws a RangeError where they share a host name and nobody has allowed that.
 */
export function previewNotices({ consoles, previews, shared }: PreviewPlaces): string[] {
  const notices: string[] = []
  for (const preview of previews) {
    const sharing = consoles.find((name) => kinshipOf(preview, name) === 'shared')
    const sibling = consoles.find((name) => kinshipOf(preview, name) === 'sibling')
    if (sharing !== undefined && !shared) {
      throw new RangeError(
        `SANDGLASS_PREVIEW_HOSTS has "${preview}", which shares a host name with the console at "${sharing}": a page of a sandbox could meddle with the console there. Use another domain, or set SANDGLASS_SHARED_HOST_PREVIEWS to "allow".`,
      )
    }
    if (sharing !== undefined) {
      notices.push(
        `Previews below ${preview} share a host name with the console at ${sharing} (SANDGLASS_SHARED_HOST_PREVIEWS): a page of a sandbox can set cookies there that the console is sent.`,
      )
    } else if (sibling !== undefined) {
      notices.push(
        `Browsers may take previews below ${preview} and the console at ${sibling} for one site; another domain for previews keeps their cookies apart.`,
      )
    }
  }
  if (shared) {
    notices.push(
      'Pages of sandboxes are shown under the host name of the engine, which may be the console’s as well (SANDGLASS_SHARED_HOST_PREVIEWS).',
    )
  }
  return notices
}

const sharedNetwork =
  'It shares the network of this machine: a program in it can serve pages under the host name of the console, on another port.'

/** A report with what must be known of previews, behind its own first warning, which is the gravest. */
export function withPreviewNotices(report: IsolationReport, notices: readonly string[]): IsolationReport {
  const added = report.network === 'shared' ? [sharedNetwork, ...notices] : notices
  if (added.length === 0) return report
  const [first, ...rest] = report.warnings
  return { ...report, warnings: first === undefined ? [...added] : [first, ...added, ...rest] }
}
