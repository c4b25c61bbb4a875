import type { NodeRow, Queryable } from './journal.ts'

/** Keeps a node of the SHA3-256 tree at the boundary of a tile; the same may come again. */
export async function keepSha3Node(client: Queryable, node: NodeRow): Promise<void> {
  await client.query({
    name: 'keep-sha3-node',
    text: `INSERT INTO journal.sha3_nodes (level, index, hash) VALUES ($1, $2, $3)
      ON CONFLICT (level, index) DO UPDATE SET hash = excluded.hash`,
    values: [node.level, node.index, Buffer.from(node.hash)],
  })
}

/** Nodes `begin` ≤ index < `end` of a level by their index; those that are missing are not in the map. */
export async function readSha3Nodes(
  client: Queryable,
  level: number,
  begin: number,
  end: number,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const { rows } = await client.query<{ index: number; hash: Buffer }>({
    name: 'read-sha3-nodes',
    text: `SELECT index, hash FROM journal.sha3_nodes WHERE level = $1 AND index >= $2 AND index < $3`,
    values: [level, begin, end],
  })
  return new Map(rows.map(({ index, hash }) => [index, hash]))
}

/** Index after the last node kept of a level. */
export async function sha3NodesEnd(client: Queryable, level: number): Promise<number> {
  const { rows } = await client.query<{ end: number }>(
    `SELECT coalesce(max(index) + 1, 0) AS end FROM journal.sha3_nodes WHERE level = $1`,
    [level],
  )
  return rows[0]?.end ?? 0
}
