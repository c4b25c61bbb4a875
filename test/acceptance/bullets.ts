import t, { type Test } from 'tap'
import { pointsIn, type Point } from '../running/protocol.ts'
import { ownProgram } from './programs.ts'

/** A bullet that test files hold, each run as a program; what they found is told test by test, what they skip too. */
export async function holds(t: Test, ...files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { code, stdout, stderr } = await ownProgram(file)
    const points = pointsIn(stdout)
    await t.test(file, (t) => tellAll(t, points))
    if (code !== 0 && points.every(({ isOk }) => isOk))
      t.fail(`${file} ended with ${code}`, { stderr })
  }
}

async function tellAll(t: Test, points: readonly Point[]): Promise<void> {
  for (const { name, isOk, skipped, diagnosis, points: inner } of points)
    if (skipped !== undefined) await t.test(name, { skip: skipped }, () => undefined)
    else if (inner.length > 0) await t.test(name, (t) => tellAll(t, inner))
    else if (isOk) t.pass(name)
    else t.fail(name, { ...(typeof diagnosis === 'object' ? diagnosis : {}) })
}

/** A bullet, or a part of one, that this version doesn't meet. */
export const absent = async (bullet: string, why: string) =>
  t.test(bullet, { skip: `absent: ${why}` }, () => undefined)
