/**
 * Everything that a client of the console can do: who may do it, and whether the audit log records it. Every server
 * action, read route, download, upload and live message names its operation, and passes `authorize`.
 */

import type { Role } from '@/lib/process-api/people'

export interface Operation {
  /** The lowest role that may do it. */
  role: Role
  /**
   * `change`: recorded each time. `read`: content is returned; recorded once in ten minutes for each person and thing,
   * because pages read again and again. Null: lists and states, which are not recorded.
   */
  audit: 'change' | 'read' | null
}

const see = { role: 'viewer', audit: null } as const
const read = { role: 'viewer', audit: 'read' } as const
const change = { role: 'operator', audit: 'change' } as const
const administer = { role: 'owner', audit: 'change' } as const

export const operations = {
  'audit.read': { role: 'owner', audit: 'read' },
  'cell.answer': change,
  'cell.read': read,
  'cell.start': change,
  'command.run': change,
  'command.sendInput': change,
  'command.signal': change,
  'command.stop': change,
  'console.signIn': { role: 'viewer', audit: 'change' },
  'console.signOut': { role: 'viewer', audit: 'change' },
  'context.create': change,
  'context.delete': change,
  'context.interrupt': change,
  'context.list': see,
  'context.restart': change,
  'file.copy': change,
  'file.createFolder': change,
  'file.delete': change,
  'file.download': read,
  'file.list': see,
  'file.move': change,
  'file.search': read,
  'file.setPermissions': change,
  'file.upload': change,
  'file.write': change,
  'history.annotate': change,
  'history.list': see,
  'history.read': read,
  'history.remove': change,
  'log.download': read,
  'log.read': read,
  'notebook.read': read,
  'notebook.save': change,
  'people.changeRole': administer,
  'people.createLink': administer,
  'people.endSessions': administer,
  'people.invite': administer,
  'people.list': { role: 'owner', audit: null },
  'people.remove': administer,
  'port.createLink': change,
  'port.list': see,
  'port.open': change,
  'port.revokeLink': change,
  'process.signal': change,
  'replay.read': read,
  'run.delete': change,
  'run.list': see,
  'run.read': read,
  'run.sendInput': change,
  'run.signal': change,
  'run.start': change,
  'run.stop': change,
  'sandbox.archive': change,
  'sandbox.change': change,
  'sandbox.create': change,
  'sandbox.createSnapshot': change,
  'sandbox.delete': change,
  'sandbox.deleteSnapshot': change,
  'sandbox.fork': change,
  'sandbox.list': see,
  'sandbox.resize': change,
  'sandbox.setInterval': change,
  'sandbox.setLabels': change,
  'sandbox.setNetwork': change,
  'sandbox.start': change,
  'sandbox.stop': change,
  'session.create': change,
  'session.delete': change,
  'session.list': see,
  'terminal.create': change,
  'terminal.deleteRecording': change,
  'terminal.kill': change,
  'terminal.list': see,
  'terminal.open': read,
  'terminal.readRecording': read,
  'terminal.record': change,
  'terminal.resize': change,
  'terminal.type': change,
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations
