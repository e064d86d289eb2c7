/** Checks whether previews are isolated from the console in a browser: refused at startup, or reported there and by each sandbox. */
import { siteRelation } from '@/lib/edge/same-site'
import type { IsolationReport } from '@/lib/process-api/sandbox'

export interface PreviewNames {
  /** Host names of the console, besides those of the loopback. */
  readonly consoles: readonly string[]
  /** Domains below which previews are served, besides `localhost`. */
  readonly previews: readonly string[]
  /** The administrator allows them to share host names. */
  readonly shared: boolean
}

/**
 * Warnings about previews that are too close to the console.
 * Throws a RangeError when they share a host name and that is not allowed.
 */
export function previewNotices({ consoles, previews, shared }: PreviewNames): string[] {
  const notices: string[] = []
  for (const preview of previews) {
    const sharing = consoles.find((name) => siteRelation(preview, name) === 'shared')
    const sibling = consoles.find((name) => siteRelation(preview, name) === 'sibling')
    if (sharing !== undefined && !shared) {
      throw new RangeError(
        `SANDGLASS_PREVIEW_HOSTS has "${preview}", which shares a host name with the console at "${sharing}": pages of sandboxes could interfere with the console. Use another domain, or set SANDGLASS_SHARED_HOST_PREVIEWS to "allow".`,
      )
    }
    if (sharing !== undefined) {
      notices.push(
        `Previews below ${preview} share a host name with the console at ${sharing} (SANDGLASS_SHARED_HOST_PREVIEWS): pages of sandboxes can set cookies that browsers send to the console.`,
      )
    } else if (sibling !== undefined) {
      notices.push(
        `Browsers may treat previews below ${preview} and the console at ${sibling} as one site. Use another domain for previews to keep their cookies apart.`,
      )
    }
  }
  if (shared) {
    notices.push(
      'Pages of sandboxes are served under the host name of the engine, which may also be that of the console (SANDGLASS_SHARED_HOST_PREVIEWS).',
    )
  }
  return notices
}

const sharedNetwork =
  'The sandbox shares the network of this machine: its programs can serve pages under the host name of the console, on another port.'

/** Adds preview notices to a report, after its first warning, which is the most serious one. */
export function withPreviewNotices(report: IsolationReport, notices: readonly string[]): IsolationReport {
  const added = report.network === 'shared' ? [sharedNetwork, ...notices] : notices
  if (added.length === 0) return report
  const [first, ...rest] = report.warnings
  return { ...report, warnings: first === undefined ? [...added] : [first, ...added, ...rest] }
}
