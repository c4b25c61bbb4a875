import t from 'tap'
import { findingPhrases, phrasebook } from '../src/index.ts'

void t.test('a phrase in French, its facts as they are', (t) => {
  const french = phrasebook(findingPhrases)
  t.equal(french('trace 8 follows'), 'la trace 8 suit')
  t.equal(french('traces up to 14, as signed'), 'des traces jusqu’à 14, comme signé')
  t.equal(
    french('the signature by box/1 (x) is not valid'),
    'la signature par box/1 (x) n’est pas valable',
  )
  t.match(french('a checkpoint of size 9 whose signature was not checked'), /9 traces/)
  t.equal(french('prev 00'), undefined, 'a bare fact')
  t.equal(french('trace 8 follows.'), undefined, 'no part of a phrase')
  t.equal(phrasebook([['a.b', 'c']])('axb'), undefined, 'a phrase is no pattern')
  t.end()
})

void t.test('each phrase is found by itself, with as many facts in both languages', (t) => {
  const french = phrasebook(findingPhrases)
  for (const [en, fr] of findingPhrases) {
    t.equal(fr.split('{}').length, en.split('{}').length, en)
    t.equal(french(en.replaceAll('{}', '7')), fr.replaceAll('{}', '7'), en)
  }
  t.end()
})
