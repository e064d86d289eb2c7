/** People of the console, as the server returns them and pages show them. */

/** From the lowest to the highest. `viewer` sees, `operator` also runs and changes, `owner` also administers. */
export const roles = ['viewer', 'operator', 'owner'] as const
export type Role = (typeof roles)[number]

export interface Person {
  id: string
  name: string
  role: Role
  /** Signed-in browsers. */
  sessions: number
  /** ISO time of the last sign-in; null before the first. */
  signedInAt: string | null
  /** ISO time at which the open sign-in link ends; null without one. */
  linkExpiresAt: string | null
}
