import { language } from './language.ts'

const locales = { fr: 'fr-FR', en: 'en-GB' } as const
const unitSteps = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** A date and time in the reader's own time zone. */
export function formatDateTime(iso: string, withSeconds = false): string {
  return new Intl.DateTimeFormat(locales[language.value], {
    dateStyle: 'medium',
    timeStyle: withSeconds ? 'medium' : 'short',
  }).format(new Date(iso))
}

/** A day in the reader's own time zone, in full. */
export function formatDay(iso: string): string {
  return new Intl.DateTimeFormat(locales[language.value], { dateStyle: 'full' }).format(
    new Date(iso),
  )
}

/** A time of day in the reader's own time zone. */
export function formatTimeOfDay(iso: string): string {
  return new Intl.DateTimeFormat(locales[language.value], { timeStyle: 'medium' }).format(
    new Date(iso),
  )
}

/** Day and time on the clocks of a place. @throws RangeError for a zone that the browser doesn't know */
export function formatInZone(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat(locales[language.value], {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  }).format(new Date(iso))
}

/** The same instant for whoever compares it with a proof: UTC, to the second. */
export function formatUtc(iso: string): string {
  return new Date(iso)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(locales[language.value]).format(value)
}

/** A size in decimal units (1 kB = 1,000 bytes), as file managers show it. */
export function formatSize(sizeBytes: number): string {
  const step = sizeBytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(sizeBytes) / 3))
  return new Intl.NumberFormat(locales[language.value], {
    style: 'unit',
    unit: unitSteps[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step < 2 ? 0 : 1,
  }).format(sizeBytes / 1000 ** step)
}

/** A share between 0 and 1 as a percentage without decimals. */
export function formatPercent(share: number): string {
  return new Intl.NumberFormat(locales[language.value], { style: 'percent' }).format(share)
}
