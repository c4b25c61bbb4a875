import { effect, signal } from '@preact/signals'
import type { Language } from '../language.ts'

const storageKey = 'probant.language'

/** The language of the page. Components that read it are drawn again when it changes. */
export const language = signal<Language>(initialLanguage())

/** Changes the language and remembers it in this browser. */
export function chooseLanguage(chosen: Language): void {
  language.value = chosen
  try {
    localStorage.setItem(storageKey, chosen)
  } catch {
    // A browser that keeps nothing still shows the page in the language chosen.
  }
}

/** Tells assistive technology which language the page speaks. Called once, when the page starts. */
export function announceLanguage(): void {
  effect(() => {
    document.documentElement.lang = language.value
  })
}

function initialLanguage(): Language {
  const preferred = [rememberedLanguage(), ...navigator.languages]
    .map((tag) => tag?.slice(0, 2).toLowerCase())
    .find((tag) => tag === 'fr' || tag === 'en')
  return preferred === 'en' ? 'en' : 'fr'
}

function rememberedLanguage(): string | undefined {
  try {
    return localStorage.getItem(storageKey) ?? undefined
  } catch {
    return undefined
  }
}
