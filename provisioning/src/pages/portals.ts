import { join } from 'node:path'
import { homePaths, type Layout } from '../installation/layout.ts'
import { buildPages } from './build.ts'

/** The pages of the box and of the supervision centre, built when their sources changed. */
export async function buildPortals({ root, home }: Layout): Promise<void> {
  const shared = [join(root, 'packages/web/src/browser')]
  const paths = homePaths(home)
  await buildPages({
    sources: join(root, 'appliance/portal'),
    dependsOn: shared,
    output: paths.pages('portal'),
  })
  await buildPages({
    sources: join(root, 'supervisor/portal'),
    dependsOn: shared,
    output: paths.pages('supervision'),
  })
}
