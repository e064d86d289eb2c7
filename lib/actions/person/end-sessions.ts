'use server'

import { z } from 'zod'
import { people } from '@/lib/auth/people'
import { actionWith } from '../action-client'
import { accepted, personId } from './person-fields'

/** Signs a person out of all browsers. */
export const endSessions = actionWith('people.endSessions', z.object({ personId })).action(async ({ parsedInput }) =>
  accepted(people().endSessions(parsedInput.personId)),
)
