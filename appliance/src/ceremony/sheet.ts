import { checkWords, formatShare, type Share, type SheetLanguage } from '@probant/keys'

export interface SheetFacts {
  readonly boxName: string
  readonly boxId: string
  readonly holder: string
  /** Day of the ceremony, UTC. */
  readonly day: string
  /** Hex of the recovery key's id. */
  readonly keyId: string
}

const RULE = '-'.repeat(66)

const titles: Readonly<Record<SheetLanguage, string>> = {
  fr: 'PROBANT : PART DE LA CLÉ DE RÉCUPÉRATION',
  en: 'PROBANT: SHARE OF THE RECOVERY KEY',
}

/** The language of a sheet; undefined for a share without one. */
export function languageOf(text: Uint8Array): SheetLanguage | undefined {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.length)
  return (['fr', 'en'] as const).find((language) => bytes.includes(titles[language]))
}

/**
 * One holder's sheet as plain text of at most 72 columns, to be printed anywhere.
 * @returns UTF-8; it holds the share, a secret: the caller overwrites it
 */
export function sheet(share: Share, facts: SheetFacts, language: SheetLanguage): Buffer {
  const { number, shares, threshold } = share
  const words = checkWords(share, language).join('  ')
  const body =
    language === 'fr'
      ? {
          facts: [
            ['Boîtier', facts.boxName],
            ['', facts.boxId],
            ['Détenteur', facts.holder],
            ['Part', `${number} sur ${shares} ; ${threshold} suffisent, moins ne disent rien`],
            ['Clé', `${facts.keyId.slice(0, 16)}…`],
            ['Cérémonie du', facts.day],
            ['Mots', words],
          ],
          notes: [
            'Avec les autres détenteurs, cette part rouvre tous les coffres du',
            'boîtier si celui-ci est détruit. Gardez-la sous clé, sous pli scellé,',
            'loin du boîtier et des autres parts. Ne la photographiez pas, ne la',
            'dictez pas, ne l’envoyez pas. Elle ne se donne qu’à « probant box',
            'recover », sur la nouvelle machine, devant témoins. Perdue ou vue par',
            'un tiers : demandez une nouvelle cérémonie.',
          ],
        }
      : {
          facts: [
            ['Box', facts.boxName],
            ['', facts.boxId],
            ['Holder', facts.holder],
            ['Share', `${number} of ${shares}; ${threshold} are enough, fewer say nothing`],
            ['Key', `${facts.keyId.slice(0, 16)}…`],
            ['Ceremony of', facts.day],
            ['Check words', words],
          ],
          notes: [
            'Together with other holders, this share opens every vault of the box',
            'again if the box is destroyed. Keep it locked away in a sealed',
            'envelope, far from the box and from other shares. Don’t photograph,',
            'dictate or send it. It is given to “probant box recover” alone, on',
            'the new machine, before witnesses. If it is lost or somebody saw it,',
            'ask for a new ceremony.',
          ],
        }
  const named = body.facts.map(([name = '', value = '']) => `${name.padEnd(14)}${value}`)
  const head = [RULE, titles[language], RULE, ...named, '', '']
  const text = formatShare(share)
  const whole = Buffer.concat([
    Buffer.from(head.join('\n')),
    text,
    Buffer.from(['', '', ...body.notes, RULE, ''].join('\n')),
  ])
  text.fill(0)
  return whole
}
