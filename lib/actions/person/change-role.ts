'use server'

import { z } from 'zod'
import { people } from '@/lib/auth/people'
import { roles } from '@/lib/process-api/people'
import { actionWith } from '../action-client'
import { accepted, personId } from './person-fields'

/** Gives a person another role, also in pages that are open. */
export const changeRole = actionWith('people.changeRole', z.object({ personId, role: z.enum(roles) })).action(
  async ({ parsedInput }) => accepted(people().changeRole(parsedInput.personId, parsedInput.role)),
)
