import type { TLocalizedValidationError } from 'typebox/error'
import type { Words } from './language.ts'
import type { FieldError } from './problem.ts'

/** Enough for a person to mend a request; an attacker can't make the answer grow. */
const mostErrors = 20

const frenchTypes: Readonly<Record<string, string>> = {
  string: 'texte',
  integer: 'entier',
  number: 'nombre',
  boolean: 'oui/non',
  array: 'liste',
  object: 'objet',
  null: 'vide',
}

/** One entry per wrong field, in words; `where` is the part of the request. */
export function fieldErrors(violations: TLocalizedValidationError[], where: string): FieldError[] {
  const unions = violations
    .filter(({ keyword }) => keyword === 'anyOf')
    .map(({ schemaPath }) => `${schemaPath}/anyOf/`)
  return (
    violations
      // The branches of a union that didn't match and the bare `false` behind a refused field repeat their parent.
      .filter(({ keyword, schemaPath }) => {
        return keyword !== 'boolean' && !unions.some((union) => schemaPath.startsWith(union))
      })
      .flatMap((violation) => entries(violation, where))
      .slice(0, mostErrors)
  )
}

function entries(violation: TLocalizedValidationError, where: string): FieldError[] {
  const at = violation.instancePath
  if (violation.keyword === 'required') {
    return violation.params.requiredProperties.map((name) => {
      return entry(where, `${at}/${escaped(name)}`, { fr: 'manque', en: 'is missing' })
    })
  }
  if (violation.keyword === 'additionalProperties') {
    return violation.params.additionalProperties.map((name) => {
      return entry(where, `${at}/${escaped(name)}`, { fr: 'n’est pas connu', en: 'is not known' })
    })
  }
  return [entry(where, at, wordsOf(violation))]
}

function entry(where: string, field: string, said: Words): FieldError {
  const name = field === '' ? where : field.slice(1)
  return {
    where,
    field,
    message: { fr: `« ${name} » ${said.fr}.`, en: `“${name}” ${said.en}.` },
  }
}

function wordsOf(violation: TLocalizedValidationError): Words {
  switch (violation.keyword) {
    case 'type': {
      const types = [violation.params.type].flat()
      const french = types.map((type) => frenchTypes[type] ?? type).join(' ou ')
      return { fr: `doit être de type ${french}`, en: `must be of type ${types.join(' or ')}` }
    }
    case 'maxLength':
      return {
        fr: `dépasse ${violation.params.limit} caractères`,
        en: `exceeds ${violation.params.limit} characters`,
      }
    case 'minLength':
      return {
        fr: `doit avoir au moins ${violation.params.limit} caractère(s)`,
        en: `must have at least ${violation.params.limit} character(s)`,
      }
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return { fr: 'est hors des limites', en: 'is out of bounds' }
    case 'maxItems':
    case 'minItems':
      return { fr: 'n’a pas le bon nombre d’éléments', en: 'has the wrong number of items' }
    default:
      return { fr: 'n’a pas la forme attendue', en: 'doesn’t have the expected form' }
  }
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 100)
}
