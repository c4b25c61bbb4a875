import { readFile } from 'node:fs/promises'
import { Type } from 'typebox'
import { Value } from 'typebox/value'

export interface ConfirmationOptions {
  /** The centre's API, as `https://centre.example/api/v1`. */
  readonly centre: string
  /** Files that hold the code of the box and the operator's token: neither is for arguments, which every process may read. */
  readonly codeFile: string
  readonly tokenFile: string
  /** Of the words to read back. */
  readonly language: 'fr' | 'en'
  readonly json?: boolean
}

const REFUSED = 1
const UNUSABLE = 2
const NOT_REACHED = 3
const ANSWER_MS = 60_000

const Words = Type.Array(Type.String())
const Confirmed = Type.Object({
  boxId: Type.String(),
  answer: Type.Object({ fr: Words, en: Words }),
})
const Refusal = Type.Object({ title: Type.String(), detail: Type.Optional(Type.String()) })

/**
 * `probant supervisor confirm-enrolment WORD…`, as the operator whose token it is: prints the words to read back. Exit 1 when the centre
 * refuses, 2 when a file can't be read, 3 when the centre doesn't answer.
 */
export async function confirmEnrolment(
  words: readonly string[],
  options: ConfirmationOptions,
): Promise<number> {
  const [code, token] = await Promise.all([lineIn(options.codeFile), lineIn(options.tokenFile)])
  if (code === undefined || token === undefined) return UNUSABLE
  const url = `${options.centre.replace(/\/$/, '')}/enrolments/confirmations`
  const value = await post(url, token, { code, words: words.join(' ') })
  if (Value.Check(Confirmed, value)) {
    const { boxId, answer } = value
    const back = answer[options.language]
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ boxId, words: back })}\n`
        : `${boxId} is followed from now on. Read these words back:\n  ${back.join('  ')}\n`,
    )
    return 0
  }
  if (Value.Check(Refusal, value)) {
    say([value.title, value.detail ?? ''].join(' ').trim())
    return REFUSED
  }
  say(value instanceof Error ? `${url}: ${value.message}` : `${url} is no centre's API`)
  return NOT_REACHED
}

/** @returns what the centre answered; an error where it didn't */
async function post(url: string, token: string, body: object): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'accept-language': 'en',
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const answered: unknown = await response.json()
    return answered
  } catch (error) {
    return error
  }
}

async function lineIn(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
