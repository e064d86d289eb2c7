import { targetPath } from '@/lib/queries/read'

/** A route of the console that redirects to the page of a port. */
export function openPortPath(target: string, sandboxId: string, port: number): string {
  return targetPath(target, 'sandboxes', sandboxId, 'ports', String(port), 'open')
}
