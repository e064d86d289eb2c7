/** Who sends a request or owns a live socket, and what they may do. */

import { type OperationName, operations } from '@/lib/access/operations'
import type { AuditActor } from '@/lib/process-api/audit'
import { ApiError } from '@/lib/process-api/errors'
import { type Role, roles } from '@/lib/process-api/people'
import type { Session } from './authenticator'

export interface Caller {
  session: Session
  role: Role
  /** As the audit log names the caller. */
  actor: AuditActor
  /** Of the client, as far back as trusted proxies report it. */
  address: string
}

/** The caller of a session. Whoever has opened the console's own sign-in link is an owner; others have the role they were given. */
export function callerOf(session: Session, address: string): Caller {
  const { person } = session
  if (person) return { session, role: person.role, actor: { kind: 'person', ...person }, address }
  return { session, role: 'owner', actor: { kind: 'link', id: '', name: 'Owner', role: 'owner' }, address }
}

/** @throws ApiError FORBIDDEN if the caller's role does not include the operation */
export function authorize(caller: Pick<Caller, 'role'>, operation: OperationName): void {
  const { role } = operations[operation]
  if (roles.indexOf(caller.role) >= roles.indexOf(role)) return
  throw new ApiError(
    'FORBIDDEN',
    `This needs the role ${role}, and yours is ${caller.role}. An owner of this console can change it.`,
  )
}
