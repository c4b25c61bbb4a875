import { join } from 'node:path'
import { homePaths, type Layout } from '../installation/layout.ts'
import { buildPages } from './build.ts'

/** The pages of the box and of the supervision centre, built when their sources changed. */
export async function buildPortals(
  { root, home }: Layout,
  interrupted: AbortSignal,
): Promise<void> {
  const shared = [join(root, 'packages/web/src/browser'), import.meta.dirname]
  const { pages } = homePaths(home)
  const box = { sources: join(root, 'appliance/portal'), output: pages('portal') }
  const centre = { sources: join(root, 'supervisor/portal'), output: pages('supervision') }
  for (const each of [box, centre]) await buildPages({ ...each, dependsOn: shared }, interrupted)
}
