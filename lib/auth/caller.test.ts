import { expect, test } from 'vitest'
import { type OperationName, operations } from '@/lib/access/operations'
import { ApiError } from '@/lib/process-api/errors'
import { roles } from '@/lib/process-api/people'
import { authorize, callerOf } from './caller'

const names = Object.keys(operations) as OperationName[]

test('a role includes the operations of the roles below it, and no others', () => {
  const allowed = roles.map((role) =>
    names.filter((name) => {
      try {
        authorize({ role }, name)
        return true
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError)
        return false
      }
    }),
  )
  expect(allowed[2]).toEqual(names)
  expect(allowed[1]).toEqual(names.filter((name) => operations[name].role !== 'owner'))
  expect(allowed[0]).toEqual(names.filter((name) => operations[name].role === 'viewer'))
})

test('nothing that changes something is open to viewers', () => {
  const open = names.filter((name) => operations[name].audit === 'change' && operations[name].role === 'viewer')
  expect(open).toEqual(['console.signIn', 'console.signOut'])
})

test('who has opened a sign-in link is an owner', () => {
  expect(callerOf({ id: 's', issuedAt: 0 }, '127.0.0.1')).toMatchObject({ role: 'owner', actor: { kind: 'link' } })
})
