import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the command line finds the installation. */
export interface CommandContext {
  readonly home: string
}

export interface ApiOptions {
  readonly api?: string
  readonly token?: string
  readonly vault?: string
  readonly json?: boolean
}

/** A box's API, as one user, in one vault. */
export interface Reach {
  readonly api: string
  readonly token: string
  readonly vault: string
}

type DemoFile = Partial<Record<'api' | 'token' | 'adminToken' | 'vault', string>>

async function demoOf(home: string): Promise<DemoFile> {
  return readFile(join(home, 'demo.json'), 'utf8').then(
    (text) => JSON.parse(text) as DemoFile,
    (): DemoFile => ({}),
  )
}

/** Address of the box and an administrator's token: as given, from the environment, or the demo's own. @throws Error saying what to name */
export async function reachAsAdministrator(
  { home }: CommandContext,
  options: Omit<ApiOptions, 'vault'>,
): Promise<Omit<Reach, 'vault'>> {
  const demo = await demoOf(home)
  const api = options.api ?? process.env['PROBANT_API'] ?? demo.api
  const token = options.token ?? process.env['PROBANT_TOKEN'] ?? demo.adminToken
  if (api === undefined || token === undefined)
    throw new Error(`Name the box with --api and --token: no demo was started in ${home}.`)
  return { api, token }
}

/** Address, token and vault: as given, from the environment, or the demo's own. @throws Error saying what to name */
export async function reach({ home }: CommandContext, options: ApiOptions): Promise<Reach> {
  const demo = await demoOf(home)
  const api = options.api ?? process.env['PROBANT_API'] ?? demo.api
  const token = options.token ?? process.env['PROBANT_TOKEN'] ?? demo.token
  const vault = options.vault ?? process.env['PROBANT_VAULT'] ?? demo.vault
  if (api === undefined || token === undefined || vault === undefined)
    throw new Error(`Name the box with --api, --token and --vault: no demo was started in ${home}.`)
  return { api, token, vault }
}

/** One call. @throws Error with the box's own sentence when it refuses */
export async function call(
  { api, token }: Omit<Reach, 'vault'>,
  path: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<Response> {
  const answer = await fetch(`${api}${path}`, {
    ...init,
    headers: { 'accept-language': 'en', ...init.headers, authorization: `Bearer ${token}` },
  }).catch((error: unknown) => {
    throw new Error(`The box does not answer at ${api}.`, { cause: error })
  })
  if (answer.ok) return answer
  const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string }
  const said = [problem.title, problem.detail].filter((text) => text !== undefined).join(' ')
  const told = new Error(said === '' ? `The box answered ${answer.status}.` : said)
  throw Object.assign(told, { status: answer.status })
}
