import type { Duplex } from 'node:stream'
import { ShippingError } from './errors.ts'
import { encodeFrame, FrameDecoder, type Frame, type FrameName } from './frame.ts'
import { encodeMessage, type MessageName, type Messages } from './messages.ts'

/**
 * Frames over one duplex stream, with backpressure both ways: bytes are taken only while a frame is asked for, and
 * {@link send} resolves once the stream takes more. One `receive` and one `send` at a time.
 */
export class FrameChannel {
  readonly #stream: Duplex
  readonly #decoder = new FrameDecoder()
  #failure: Error | undefined
  #ended = false
  #closed = false
  #wake: (() => void) | undefined
  #wakeWriter: (() => void) | undefined
  readonly #onReadable = (): void => this.#wake?.()

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('readable', this.#onReadable)
    stream.on('drain', () => this.#wakeWriter?.())
    stream.on('end', () => {
      this.#ended = true
      this.#wake?.()
    })
    stream.on('close', () => this.#close())
    stream.on('error', (error: Error) => {
      this.#failure ??= error
      this.#close()
    })
  }

  /**
   * Sends a frame; resolves when the stream takes more.
   * @throws ShippingError `cut-short` when the stream is gone, `too-slow` when the peer takes nothing for `timeoutMs`
   */
  async send(name: FrameName, payload: Uint8Array, timeoutMs = 60_000): Promise<void> {
    this.#mustBeOpen()
    if (this.#stream.write(encodeFrame(name, payload))) return
    const taken = await waitFor((wake) => (this.#wakeWriter = wake), timeoutMs)
    if (!taken) throw new ShippingError('too-slow', 'the peer took nothing in time')
    this.#mustBeOpen()
  }

  /** Encodes and sends a JSON message. */
  async sendMessage<N extends MessageName>(name: N, message: Messages[N]): Promise<void> {
    await this.send(name, encodeMessage(name, message))
  }

  /**
   * The next frame; undefined when the peer ended the stream between two frames.
   * @param timeoutMs longest wait for the whole frame, so that a peer that sends a byte a minute is dropped too
   * @throws ShippingError `cut-short`, `too-slow`, `frame-too-long`, `unknown-frame`
   */
  async receive(timeoutMs: number): Promise<Frame | undefined> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const frame = this.#decoder.next()
      if (frame !== undefined) return frame
      const chunk: unknown = this.#stream.read()
      if (chunk instanceof Uint8Array) {
        this.#decoder.push(chunk)
        continue
      }
      if (this.#ended) {
        this.#decoder.end()
        return undefined
      }
      if (this.#closed) throw this.#cut()
      const woken = await waitFor((wake) => (this.#wake = wake), deadline - performance.now())
      if (!woken) throw new ShippingError('too-slow', 'the peer sent no whole frame in time')
    }
  }

  /** Ends our side after what was sent. What the peer still sends is thrown away, so that its end can be seen. */
  end(): void {
    this.#stream.off('readable', this.#onReadable)
    this.#stream.resume()
    this.#stream.end()
  }

  #mustBeOpen(): void {
    if (this.#closed || !this.#stream.writable) throw this.#cut()
  }

  #close(): void {
    this.#closed = true
    this.#wake?.()
    this.#wakeWriter?.()
  }

  #cut(): ShippingError {
    return new ShippingError('cut-short', 'the connection was cut', { cause: this.#failure })
  }
}

/** True when woken, false after `timeoutMs`. */
function waitFor(register: (wake: () => void) => void, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), Math.max(0, timeoutMs))
    register(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
