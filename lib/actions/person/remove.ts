'use server'

import { z } from 'zod'
import { people } from '@/lib/auth/people'
import { actionWith } from '../action-client'
import { accepted, personId } from './person-fields'

/** Removes a person, whose sessions and link end at once. */
export const remove = actionWith('people.remove', z.object({ personId })).action(async ({ parsedInput }) =>
  accepted(people().remove(parsedInput.personId)),
)
