import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { RAISED_KINDS } from '../src/findings/kinds.ts'

const LABELS = ['Means', 'First', 'Honest or attack', 'Run', 'Keep', 'Resolve']

void t.test(
  'every kind that the centre raises has its runbook, whole and in the index',
  async (t) => {
    const text = await readFile(join(import.meta.dirname, '../../docs/runbooks.md'), 'utf8')
    const sections = new Map(
      text
        .split(/^### /m)
        .slice(1)
        .map((section) => [section.slice(0, section.indexOf('\n')), section]),
    )
    for (const kind of RAISED_KINDS) {
      const section = sections.get(kind) ?? ''
      const missing = LABELS.filter((label) => !section.includes(`- **${label}**: `))
      t.same(missing, [], kind)
      t.ok(text.includes(`[\`${kind}\`](#${kind})`), `${kind} is in the index`)
    }
  },
)
