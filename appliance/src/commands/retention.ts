import { call, reach, type ApiOptions, type CommandContext } from './reach.ts'

export type RetentionOptions = ApiOptions

export interface ClassOptions extends ApiOptions {
  readonly days: number | null
  readonly starts?: string
  readonly fate?: string
}

export interface HoldOptions extends ApiOptions {
  readonly reason: string
}

interface DescribedClass {
  readonly name: string
  readonly days: number | null
  readonly starts: string
  readonly fate: string
}

interface DescribedHold {
  readonly id: string
  readonly objects: readonly string[] | null
  readonly placed: { readonly at: string; readonly reason: string | null }
  readonly lifted: { readonly at: string; readonly reason: string | null } | null
}

/** One call with a JSON body. */
async function ask(
  context: CommandContext,
  options: ApiOptions,
  method: string,
  path: (vault: string) => string,
  json?: unknown,
): Promise<Response> {
  const to = await reach(context, options)
  return call(to, path(encodeURIComponent(to.vault)), {
    method,
    ...(json === undefined
      ? {}
      : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
  })
}

/** An answer as JSON, or as a line an item. */
function tell(options: ApiOptions, answer: unknown, lines: readonly string[]): void {
  const text = options.json === true ? [JSON.stringify(answer)] : lines
  process.stdout.write(text.map((line) => `${line}\n`).join(''))
}

const aboutClass = ({ name, days, starts, fate }: DescribedClass) =>
  `${name}: ${days === null ? 'for ever' : `${days} days`} from the ${starts}, then ${fate}`

const aboutHold = ({ id, objects, placed, lifted }: DescribedHold) =>
  `${id}: ${objects === null ? 'the whole vault' : `${objects.length} documents`}, placed ${placed.at} (${placed.reason ?? 'reason erased'})${lifted === null ? '' : `, lifted ${lifted.at} (${lifted.reason ?? 'reason erased'})`}`

export async function listClasses(context: CommandContext, options: ApiOptions): Promise<void> {
  const answer = await ask(context, options, 'GET', () => '/retention-classes')
  const list = (await answer.json()) as { items: DescribedClass[] }
  tell(options, list, list.items.map(aboutClass))
}

export async function createClass(
  context: CommandContext,
  name: string,
  options: ClassOptions,
): Promise<void> {
  const { days, starts, fate } = options
  const json = { name, days, starts, fate }
  const answer = await ask(context, options, 'POST', () => '/retention-classes', json)
  const made = (await answer.json()) as DescribedClass
  tell(options, made, [aboutClass(made)])
}

export async function lengthenClass(
  context: CommandContext,
  name: string,
  options: ClassOptions,
): Promise<void> {
  const path = () => `/retention-classes/${encodeURIComponent(name)}`
  const answer = await ask(context, options, 'PATCH', path, { days: options.days })
  const now = (await answer.json()) as DescribedClass
  tell(options, now, [aboutClass(now)])
}

export async function setDefault(
  context: CommandContext,
  name: string,
  options: ApiOptions,
): Promise<void> {
  const json = { class: name === 'none' ? null : name }
  const path = (vault: string) => `/vaults/${vault}/retention`
  const answer = await ask(context, options, 'PUT', path, json)
  tell(options, await answer.json(), [`the vault’s default is now: ${name}`])
}

export async function startRetention(
  context: CommandContext,
  id: string,
  date: string,
  options: ApiOptions,
): Promise<void> {
  const path = (vault: string) =>
    `/vaults/${vault}/objects/${encodeURIComponent(id)}/retention-start`
  const answer = await ask(context, options, 'PUT', path, { date })
  const now = (await answer.json()) as { retention: { until: string | null } | null }
  tell(options, now, [`kept until ${now.retention?.until ?? 'no time that is known'}`])
}

export async function placeHold(
  context: CommandContext,
  ids: readonly string[],
  options: HoldOptions,
): Promise<void> {
  const { vault } = await reach(context, options)
  const json = { reason: options.reason, vault, ...(ids.length === 0 ? {} : { objects: ids }) }
  await tellHold(options, await ask(context, options, 'POST', () => '/holds', json))
}

export async function liftHold(
  context: CommandContext,
  id: string,
  options: HoldOptions,
): Promise<void> {
  const path = () => `/holds/${encodeURIComponent(id)}/lifting`
  await tellHold(options, await ask(context, options, 'POST', path, { reason: options.reason }))
}

async function tellHold(options: ApiOptions, answer: Response): Promise<void> {
  const hold = (await answer.json()) as DescribedHold
  tell(options, hold, [aboutHold(hold)])
}

export async function listHolds(context: CommandContext, options: ApiOptions): Promise<void> {
  const path = (vault: string) => `/holds?limit=200&vault=${vault}`
  const answer = await ask(context, options, 'GET', path)
  const list = (await answer.json()) as { items: DescribedHold[] }
  tell(options, list, list.items.map(aboutHold))
}
