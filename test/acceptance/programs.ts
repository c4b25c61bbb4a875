import { execFile } from 'node:child_process'

/** Root of the project. */
export const project = new URL('../../', import.meta.url).pathname

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program with its words; its exit code, −1 when it was ended by a signal. */
export function run(
  words: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Ended> {
  const [program = '', ...others] = words
  return new Promise((resolve) => {
    execFile(
      program,
      others,
      { ...options, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ code, stdout, stderr })
      },
    )
  })
}

/** Runs one of the project's own programs on the Node of this very test. */
export function ownProgram(
  file: string,
  words: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return run([process.execPath, file, ...words], {
    cwd: project,
    env: { ...process.env, ...more },
  })
}

/** The figures that a benchmark printed, one JSON line each. */
export function figuresOf({ stdout }: Ended): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
