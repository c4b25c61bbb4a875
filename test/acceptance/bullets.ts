import t, { type Test } from 'tap'
import { ownProgram } from './programs.ts'

/** A bullet that test files hold, each run as a program; what they skip, for want of a device, is said. */
export async function holds(t: Test, ...files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { code, stdout } = await ownProgram(file)
    t.equal(code, 0, code === 0 ? file : `${file}\n${stdout}`)
    for (const [line] of stdout.matchAll(/^ok .*# SKIP.*$/gm)) t.comment(`${file}: ${line}`)
  }
}

/** A bullet, or a part of one, that this version doesn't meet. */
export const absent = async (bullet: string, why: string) =>
  t.test(bullet, { skip: `absent: ${why}` }, () => undefined)
