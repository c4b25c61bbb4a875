import { noSuchEntry } from '../errors.ts'
import { problemOf } from './problems.ts'

export const noSuchUser = () =>
  problemOf(noSuchEntry('Cet utilisateur n’existe pas.', 'This user does not exist.'))

export const noSuchGroup = () =>
  problemOf(noSuchEntry('Ce groupe n’existe pas.', 'This group does not exist.'))
