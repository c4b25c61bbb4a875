import { addresses } from '../demonstration/demo-file.ts'
import { homePaths, type Layout } from '../installation/layout.ts'
import type { Configuration } from '../configuration/schema.ts'
import type { State } from '../installation/state.ts'

/** What a person needs once everything runs: the warning first, then where to go and how to sign in. */
export function readyLines(
  layout: Layout,
  { demo, centre }: State,
  { keys }: Configuration,
): string[] {
  const { portal, supervision } = addresses(layout)
  const password = (name: string) => demo.users.find(({ user }) => user === name)?.password ?? ''
  const paths = homePaths(layout.home)
  return [
    '',
    keys.provider === 'software' ? inFiles(paths.keys('')) : inHardware(keys, paths.keys('centre')),
    '',
    `Probant is ready. Portal ${portal}: sign in as staff, password ${password('staff')}. Supervision ${supervision}: ${centre?.operator.user ?? ''}, password ${centre?.operator.password ?? ''}. Other users, tokens and addresses: ${paths.demo}. Ctrl-C stops it.`,
  ]
}

const inFiles = (folder: string): string =>
  `WARNING: keys are kept in files (${folder}): whoever reads them can sign in the box's name. This is for trying Probant out; a box that keeps real documents needs hardware keys.`

const inHardware = (
  { provider, tcti, tokenLabel, tokenSerial }: Configuration['keys'],
  centre: string,
): string =>
  `WARNING: the keys of the box and of its agent are in the ${provider === 'tpm2' ? `TPM ${tcti ?? ''}` : `token ${tokenLabel ?? tokenSerial ?? ''}`} (npx probant box status tells more), those of the supervision centre in files (${centre}). This is for trying Probant out.`
