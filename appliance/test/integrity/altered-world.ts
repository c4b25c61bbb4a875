import { createPool } from '@probant/postgres'
import t from 'tap'
import { Inspection } from '../kill/inspection.ts'
import { createWorld, staff } from '../world.ts'

/** A box, somebody who deposits, a database superuser for whom no trigger runs, and a look at what the box makes of it. */
export async function alteredWorld() {
  const world = await createWorld()
  const root = createPool({ ...world.database.superuser, max: 1 })
  const inspection = new Inspection(world)
  t.teardown(async () => {
    await inspection.close()
    await root.close()
    await world.close()
  })
  await root.query('SET session_replication_role = replica')
  return { world, root, inspection, ...(await staff(world)) }
}
