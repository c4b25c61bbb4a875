import type { Shape } from '@probant/web/browser'
import {
  get,
  isSessionLost,
  messageOf,
  Notice,
  poll,
  Progress,
  sessionEpoch,
} from '@probant/web/browser'
import { useSignal, type Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { words } from './words.ts'

const everyMs = 5000

interface Loaded<T> {
  value: Signal<T | undefined>
  failure: Signal<unknown>
}

/** One thing of the centre, kept up to date as long as the component that shows it is on the screen. */
export function useLoaded<T>(path: string, shape: Shape<T>): Loaded<T> {
  const value = useSignal<T | undefined>(undefined)
  const failure = useSignal<unknown>(undefined)
  useEffect(
    () =>
      poll(async (stop) => {
        if (isSessionLost.peek()) return
        try {
          value.value = await get(path, shape, stop)
          failure.value = undefined
        } catch (error) {
          if (!stop.aborted) failure.value = error
          throw error
        }
      }, everyMs),
    [path, sessionEpoch.value],
  )
  return { value, failure }
}

/** It, once it is there; before, that it is on its way or failed. */
export function Loading<T>(props: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  const { value, failure } = props.of
  return (
    <>
      {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
      {value.value === undefined && failure.value === undefined && (
        <Progress label={words().loading} />
      )}
      {value.value !== undefined && props.children(value.value)}
    </>
  )
}
