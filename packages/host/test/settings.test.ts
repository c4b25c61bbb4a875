import { join } from 'node:path'
import t from 'tap'
import Type from 'typebox'
import { checkSettings, readSettings } from '../src/index.ts'

const schema = Type.Object({
  name: Type.String({ minLength: 1 }),
  database: Type.Object({ socketFolder: Type.String(), port: Type.Integer({ minimum: 1 }) }),
  centre: Type.Union([Type.Object({ auditKey: Type.String() }), Type.Null()]),
  listeners: Type.Optional(Type.Array(Type.Object({ host: Type.String() }))),
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
})

const good = {
  name: 'box',
  database: { socketFolder: '/run/pg', port: 5432 },
  centre: { auditKey: 'k' },
  listeners: [{ host: 'localhost' }],
  labels: { anything: 'goes' },
}

await t.test('settings that match come back typed and whole', async (t) => {
  const folder = t.testdir({ 'settings.json': JSON.stringify(good) })
  const settings = await readSettings(schema, join(folder, 'settings.json'))
  t.equal(settings.database.port, 5432)
  t.strictSame(settings, good)
  t.strictSame(checkSettings(schema, { ...good, centre: null }, 'x').centre, null)
})

await t.test('unknown keys are refused, named, with the nearest known one', (t) => {
  const cases: [object, string][] = [
    [{ ...good, nmae: 'x' }, 's.json: unknown key nmae; did you mean name?'],
    [{ ...good, labels: good.labels, zzzzzzzz: 1 }, 's.json: unknown key zzzzzzzz'],
    [
      { ...good, database: { ...good.database, socketfolder: 'x' } },
      's.json: unknown key database.socketfolder; did you mean database.socketFolder?',
    ],
    [
      { ...good, centre: { auditKey: 'k', auditkeys: 'x' } },
      's.json: unknown key centre.auditkeys; did you mean centre.auditKey?',
    ],
    [
      { ...good, listeners: [{ host: 'a' }, { host: 'b', hots: 'c' }] },
      's.json: unknown key listeners[1].hots; did you mean listeners[1].host?',
    ],
    // as JSON.parse makes it: a key like any other
    [Object.fromEntries([['__proto__', 1]]), 's.json: unknown key __proto__'],
  ]
  for (const [value, message] of cases) {
    const error = t.throws(() => checkSettings(schema, value, 's.json'), {
      code: 'settings-invalid',
    })
    t.equal(error instanceof Error ? error.message : error, message)
  }
  t.end()
})

await t.test('missing and wrong values are named, never quoted', (t) => {
  const wrong = { ...good, name: 7, database: { port: 'secret-password' } }
  const error = t.throws(() => checkSettings(schema, wrong, 's.json'))
  t.match(error, { code: 'settings-invalid', message: /name must be string/ })
  t.match(error, { message: /database\.port must be integer/ })
  t.match(error, { message: /database must have required properties socketFolder/ })
  t.notMatch(error, { message: /secret-password/ })
  t.throws(() => checkSettings(schema, [], 's.json'), { message: /the whole file must be object/ })
  t.end()
})

await t.test('a file that is absent or not JSON is refused by name, unquoted', async (t) => {
  const folder = t.testdir({ 'broken.json': '{"password": "hunter2' })
  const broken = join(folder, 'broken.json')
  const error = await t.rejects(readSettings(schema, broken), { code: 'settings-unreadable' })
  t.match(error, { message: `${broken} is not JSON` })
  t.notMatch(error, { message: /hunter2/ })
  t.equal(error instanceof Error ? error.cause : '', undefined)
  await t.rejects(readSettings(schema, join(folder, 'absent.json')), {
    code: 'settings-unreadable',
    message: /absent\.json/,
  })
})
