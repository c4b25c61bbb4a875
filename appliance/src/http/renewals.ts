import type { Server } from '@probant/web'
import type { Box } from '../box.ts'
import { renewalStanding } from '../renewal/standing.ts'
import { allowedOnBox } from './caller.ts'

export function renewalRoutes(server: Server, box: Box): void {
  server.get(
    '/api/v1/renewals',
    {
      schema: {
        tags: ['renewals'],
        summary: 'What stops proving and when: outside tokens, certificates, algorithms',
      },
    },
    async (request) => {
      await allowedOnBox(box, request, 'read-box-journal', 'list')
      const { database, crypto, settings, seals, clock } = box
      const nowMs = clock.nowMs()
      return { items: await renewalStanding({ database, crypto, settings, seals, nowMs }) }
    },
  )
}
