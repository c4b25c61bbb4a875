import { request } from 'node:http'
import type { Clock } from '@probant/host'
import { ProvisioningError } from '../errors.ts'

const LONGEST_SHIPMENT_MS = 120_000

/** Its own process may just have been started again. */
const ATTEMPTS = 3
const PAUSE_MS = 2000

/**
 * Asks the agent, over its control socket, to ship now; resolves once the centre's receipt is in.
 * @throws ProvisioningError `request-refused` when it doesn't after three times
 */
export async function shipNow(controlSocket: string, clock: Clock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await ship(controlSocket)
      return
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
      await clock.sleep(PAUSE_MS)
    }
  }
}

function ship(controlSocket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: unknown) =>
      reject(new ProvisioningError('request-refused', `The agent did not ship: ${why}.`, cause))
    const call = request(
      { socketPath: controlSocket, path: '/ship', method: 'POST', timeout: LONGEST_SHIPMENT_MS },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => (text += part))
        answer.on('error', (error) => failed('its answer broke off', error))
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve()
          else failed(`status ${answer.statusCode ?? 0}, ${text.slice(0, 300)}`)
        })
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer in time')))
    call.on('error', (error) => failed(error.message, error))
    call.end()
  })
}
