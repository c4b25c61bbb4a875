import { Secret, TOTP } from 'otpauth'
import type { Test } from 'tap'
import type { Installation } from './installation.ts'
import type { Screens } from './screens.ts'

/** A clerk sets up an app, is asked for its code, makes a passkey and signs in with it, and takes all of it away again. */
export async function signingInOtherwise(
  t: Test,
  screens: Screens,
  installation: Installation,
): Promise<void> {
  const { page, context } = screens
  const password = installation.passwordOf('staff')
  const button = (name: string | RegExp) => page.getByRole('button', { name })
  const dialog = page.getByRole('dialog')
  const confirmWith = async (act: string | RegExp) => {
    await dialog.getByLabel('Mot de passe').fill(password)
    t.same(await screens.faults(), [])
    await dialog.getByRole('button', { name: act }).click()
    await dialog.waitFor({ state: 'detached' })
  }
  const signOut = async () => {
    await button('Se déconnecter').click()
    await page.getByRole('heading', { name: 'Se connecter' }).waitFor()
  }
  // signing in leads back to where one was
  const isSignedIn = () => page.getByRole('heading', { name: 'Mon compte' }).waitFor()
  await page.goto(installation.demo.portal)
  await page.locator('header a.who').click()
  await page.getByRole('heading', { name: 'Mon compte' }).waitFor()
  await page.getByRole('row', { name: 'Cette session' }).getByText('mot de passe').waitFor()
  t.same(await screens.faults(), [])

  await button('Configurer une application').click()
  await confirmWith('Configurer une application')
  await page.getByRole('img', { name: 'Carré à lire' }).waitFor()
  const secret = (await page.locator('code').first().innerText()).replaceAll(' ', '')
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })
  t.same(await screens.faults(), [])
  await page.getByLabel('Code à six chiffres').fill('000000')
  await button('Confirmer').click()
  await page.getByRole('alert').getByText('pas le bon').waitFor()
  await page.getByLabel('Code à six chiffres').fill(totp.generate())
  await button('Confirmer').click()
  await page.getByRole('heading', { name: 'Codes de secours' }).waitFor()
  const [code = ''] = await page.locator('.codes code').allInnerTexts()
  t.match(code, /^[A-Z2-9]{4}(-[A-Z2-9]{4}){3}$/)
  t.same(await screens.faults(), [])
  await button('J’ai gardé ces codes').click()
  await page.getByText('Codes restants : 10.').waitFor()

  await signOut()
  await page.getByLabel('Identifiant').fill('staff')
  await page.getByLabel('Mot de passe').fill(password)
  await page.keyboard.press('Enter')
  await page.getByText('Il faut encore un code').waitFor()
  t.equal(
    await page.evaluate(() => document.activeElement?.getAttribute('autocomplete')),
    'one-time-code',
  )
  t.same(await screens.faults(), [])
  await page.keyboard.type('AAAA-AAAA-AAAA-AAAA')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('n’est pas le bon').waitFor()
  await page.getByLabel('Code', { exact: true }).fill(code)
  await page.keyboard.press('Enter')
  await isSignedIn()

  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.getByText('Codes restants : 9.').waitFor()
  await page.getByLabel('Nom de la clé').fill('portable bleu')
  await button('Ajouter une clé d’accès').click()
  await confirmWith('Ajouter une clé d’accès')
  await page.getByRole('row', { name: 'portable bleu' }).getByText('Jamais').waitFor()
  t.same(await screens.faults(), [])

  await signOut()
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await button('Utiliser une clé d’accès').click()
  await page.getByRole('alert').getByText('Aucune clé d’accès').waitFor()
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  await button('Utiliser une clé d’accès').click()
  await isSignedIn()
  await page.getByRole('row', { name: 'Cette session' }).getByText('clé d’accès').waitFor()

  await button('Retirer la clé portable bleu').click()
  await confirmWith('Retirer')
  await page.getByText('Vous n’avez pas de clé d’accès.').waitFor()
  await signOut()
  await button('Utiliser une clé d’accès').click()
  await page.getByRole('alert').getByText('n’est pas reconnue').waitFor()
  await page.getByLabel('Identifiant').fill('staff')
  await page.getByLabel('Mot de passe').fill(password)
  await page.keyboard.press('Enter')
  await page.getByText('Il faut encore un code').waitFor()
  await page
    .getByLabel('Code', { exact: true })
    .fill(totp.generate({ timestamp: new Date().getTime() + 30_000 }))
  await page.keyboard.press('Enter')
  await isSignedIn()
  await button('Retirer l’application').click()
  await confirmWith('Retirer l’application')
  await page.getByText('Aucune application n’est configurée').waitFor()
  await devtools.detach()
}
