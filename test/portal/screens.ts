import type { AxeResults } from 'axe-core'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const hasChromium = existsSync(executablePath)

/** A browser with an empty profile, and what its console complained of. */
export class Screens {
  readonly page: Page
  readonly context: BrowserContext
  readonly #complaints: string[] = []
  readonly #profile: string

  private constructor(context: BrowserContext, page: Page, profile: string) {
    this.context = context
    this.page = page
    this.#profile = profile
    page.on('pageerror', (error) => this.#complaints.push(error.message))
    page.on('console', (message) => {
      // A refusal or an outage is noted by the browser as a failure to load; the page deals with it.
      const isAnswer = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isAnswer) this.#complaints.push(message.text())
    })
  }

  static async open(locale = 'fr-FR'): Promise<Screens> {
    const profile = await mkdtemp(join(tmpdir(), 'probant-profile-'))
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      args,
      locale,
      timezoneId: 'Europe/Paris',
      viewport: { width: 1200, height: 900 },
    })
    context.setDefaultTimeout(30_000)
    const page = context.pages()[0] ?? (await context.newPage())
    return new Screens(context, page, profile)
  }

  /** Script errors and violations of the content security policy so far. */
  get complaints(): readonly string[] {
    return this.#complaints
  }

  /**
   * What is wrong with the screen shown, in light and in dark and at the width of a phone: WCAG 2.2 AA as far as axe
   * can tell, what sticks out sideways, and controls too small for a finger.
   */
  async faults(): Promise<string[]> {
    const { page } = this
    const faults: string[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      faults.push(...(await this.#violations()).map((found) => `${colorScheme}: ${found}`))
    }
    await page.setViewportSize({ width: 360, height: 740 })
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    if (width > 360) faults.push(`${width} px wide on a screen of 360`)
    faults.push(...(await this.#smallControls()))
    faults.push(...(await this.#violations()).map((found) => `phone: ${found}`))
    await page.setViewportSize({ width: 1200, height: 900 })
    await page.emulateMedia({ colorScheme: 'light' })
    return faults
  }

  async #violations(): Promise<string[]> {
    await this.page.evaluate(await axe)
    const options = JSON.stringify({ runOnly: rules })
    const { violations } = await this.page.evaluate<AxeResults>(`axe.run(document, ${options})`)
    return violations.map(
      ({ id, nodes }) => `${id} at ${nodes.map((node) => node.html).join(', ')}`,
    )
  }

  async #smallControls(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, input, select, textarea, summary')]
        .filter((control) => control.checkVisibility())
        .filter((control) => {
          const { width, height } = control.getBoundingClientRect()
          return width < 44 || height < 44
        })
        .map((control) => `too small to touch: ${control.outerHTML.slice(0, 100)}`),
    )
  }

  async signIn(address: string, user: string, password: string): Promise<void> {
    await this.page.goto(address)
    await this.page.getByLabel(/Identifiant|User name/).fill(user)
    await this.page.getByLabel(/Mot de passe|Password/).fill(password)
    await this.page.keyboard.press('Enter')
    await this.page.getByRole('table').waitFor()
  }

  async close(): Promise<void> {
    await this.context.close()
    await rm(this.#profile, { recursive: true, force: true })
  }
}
