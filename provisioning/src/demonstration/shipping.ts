import { request } from 'node:http'
import { ProvisioningError } from '../errors.ts'

const LONGEST_SHIPMENT_MS = 120_000

/** Asks the agent, over its control socket, to ship now; resolves once the centre's receipt is in. */
export function shipNow(controlSocket: string): Promise<void> {
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
