import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ManualClock } from '@probant/host'
import t from 'tap'
import { startMailSink } from '../src/mail/sink.ts'

const startMs = Date.UTC(2026, 2, 5, 14, 30, 0)

/** Says each line once the server answered the one before; returns what it answered. */
async function converse(
  port: number,
  lines: string[],
  { breakOff } = { breakOff: false },
): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1' })
  const answers: string[] = []
  for await (const chunk of socket) {
    answers.push(String(chunk).trim())
    const line = lines.shift()
    if (line === undefined) break
    socket.write(line)
    if (breakOff && lines.length === 0) break
  }
  // written out first, or the last line would never leave
  await new Promise<void>((resolve) => socket.end(resolve))
  socket.destroy()
  return answers
}

const mail = (text: string) => [
  'HELO box\r\n',
  'MAIL FROM:<probant@demo.example>\r\n',
  'RCPT TO:<it@client.example>\r\n',
  'DATA\r\n',
  text,
  'QUIT\r\n',
]

void t.test('a mail is a whole file before its sender hears that it was accepted', async (t) => {
  const folder = t.testdir()
  const clock = new ManualClock({ nowMs: startMs })
  const sink = await startMailSink({ host: '127.0.0.1', port: 0, folder, clock })
  t.teardown(() => sink.close())
  const answers = await converse(
    sink.port,
    mail('Subject: Alerte\r\n\r\nUne trace a été altérée.\r\n..\r\n.\r\n'),
  )
  t.match(answers[5], /^250 .*2026-03-05T14-30-00\.000Z-0001\.eml/)
  const names = await readdir(folder)
  t.same(names, ['2026-03-05T14-30-00.000Z-0001.eml'])
  const kept = await readFile(join(folder, names[0] ?? ''), 'utf8')
  t.equal(kept, 'Subject: Alerte\r\n\r\nUne trace a été altérée.\r\n.\r\n')
})

void t.test('two mails of one instant are two files', async (t) => {
  const folder = t.testdir()
  const clock = new ManualClock({ nowMs: startMs })
  const sink = await startMailSink({ host: '127.0.0.1', port: 0, folder, clock })
  t.teardown(() => sink.close())
  await converse(sink.port, mail('Subject: 1\r\n\r\n.\r\n'))
  await converse(sink.port, mail('Subject: 2\r\n\r\n.\r\n'))
  t.equal((await readdir(folder)).length, 2)
})

void t.test('a mail that breaks off in the middle leaves nothing', async (t) => {
  const folder = t.testdir()
  const clock = new ManualClock({ nowMs: startMs })
  const sink = await startMailSink({ host: '127.0.0.1', port: 0, folder, clock })
  t.teardown(() => sink.close())
  const half = [...mail('').slice(0, 4), 'Subject: half\r\n\r\nand then']
  await converse(sink.port, half, { breakOff: true })
  for (let tries = 0; tries < 40 && (await readdir(folder)).length > 0; tries++) await delay(50)
  t.same(await readdir(folder), [])
  await converse(sink.port, mail('Subject: whole\r\n\r\n.\r\n'))
  t.equal((await readdir(folder)).length, 1)
})

void t.test('a folder that can not be written to is answered with a failure', async (t) => {
  const folder = t.testdir({ mail: 'a file where the folder should be' })
  const clock = new ManualClock({ nowMs: startMs })
  await t.rejects(
    startMailSink({ host: '127.0.0.1', port: 0, folder: join(folder, 'mail'), clock }),
  )
})
