import type { FastifySchemaCompiler } from 'fastify'
import type { Static, TProperties, TSchema } from 'typebox'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { invalidRequest } from './known-problems.ts'
import { fieldErrors } from './violations.ts'

// Enough that every wrong field of a form is named at once; an attacker can't make the list grow further.
Settings.Set({ maxErrors: 64 })

/** An object schema that refuses unknown fields. Every body, query and path schema must be built with it. */
export function strictObject<Properties extends TProperties>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}

/**
 * A parser for JSON that doesn't arrive as a whole body, such as a part of a multipart request.
 *
 * @param where how the part is called in `errors[].where`
 * @throws Problem invalid-request naming each wrong field
 */
export function strictParser<Schema extends TSchema>(
  schema: Schema,
  where: string,
): (value: unknown) => Static<Schema> {
  const compiled = Compile(schema)
  return (value) => {
    if (compiled.Check(value)) return value
    throw invalidRequest(fieldErrors(compiled.Errors(value), where))
  }
}

const whereByPart: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'headers',
}

/**
 * Validates requests with the compiled TypeBox schema itself. Only text that has no types of its own (query string,
 * path, headers) is converted first; a JSON body is taken as it is: "12" is not 12.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema)
  const isText = httpPart !== 'body'
  const where = whereByPart[httpPart ?? 'body'] ?? 'body'
  return (sent: unknown) => {
    const value = isText ? compiled.Convert(sent) : sent
    if (compiled.Check(value)) return { value }
    return { error: invalidRequest(fieldErrors(compiled.Errors(value), where)) }
  }
}

/** Where a schema lets unknown fields in: the paths of its object schemas that don't refuse them. */
export function openObjects(schema: unknown, path = ''): string[] {
  if (Array.isArray(schema)) return schema.flatMap((item, at) => openObjects(item, `${path}/${at}`))
  if (typeof schema !== 'object' || schema === null) return []
  const isOpen =
    'type' in schema &&
    schema.type === 'object' &&
    !('additionalProperties' in schema) &&
    !('patternProperties' in schema)
  return [
    ...(isOpen ? [path === '' ? '/' : path] : []),
    ...Object.entries(schema).flatMap(([key, value]) => openObjects(value, `${path}/${key}`)),
  ]
}
