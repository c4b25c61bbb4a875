import { formatPem } from '@probant/evidence'
import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { describeSeal } from '../seal-certificate/description.ts'
import { sealRows } from '../store/seal-certificates.ts'
import { allowedOnBox } from './caller.ts'

/** Longest values of X.520's naming attributes (RFC 5280 appendix A.1). */
const name = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\p{Cc}]+$' })

const Subject = strictObject({
  commonName: name(64),
  organization: Type.Optional(name(64)),
  organizationIdentifier: Type.Optional(name(128)),
  organizationalUnit: Type.Optional(name(64)),
  locality: Type.Optional(name(128)),
  country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
})
const KeyType = Type.Union([Type.Literal('ec-p256'), Type.Literal('rsa-3072')])
const Pem = Type.String({ minLength: 1, maxLength: 200_000 })
const Key = strictObject({ key: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,63}$' }) })

export function sealCertificateRoutes(server: Server, box: Box): void {
  const tags = ['seal certificates']
  const { sealAdministration: administration } = box
  const described = async (key?: string) => {
    const nowMs = box.clock.nowMs()
    const rows = await sealRows(box.database)
    return rows
      .filter((row) => key === undefined || row.keyLabel === key)
      .map((row) => describeSeal(box.crypto, box.seals, row, nowMs))
  }

  server.get(
    '/api/v1/seal-certificates',
    { schema: { tags, summary: 'The client’s seal certificates, from their requests on' } },
    async (request) => {
      await allowedOnBox(box, request, 'read-box-journal', 'list')
      const { isRequired, inForce } = box.seals.standing()
      return { required: isRequired, inForce: inForce?.key.label ?? null, items: await described() }
    },
  )

  server.post(
    '/api/v1/seal-certificates/requests',
    {
      schema: {
        tags,
        summary: 'A PKCS #10 request for a key made in the box’s key store',
        body: strictObject({ subject: Subject, keyType: Type.Optional(KeyType) }),
      },
    },
    async (request, reply) => {
      const act = 'seal-certificate-requested'
      const caller = await allowedOnBox(box, request, 'administer-keys', act)
      const { subject, keyType = 'ec-p256' } = request.body
      const made = await administration.request(subject, keyType, caller.user.id)
      return reply.code(201).send({
        key: made.keyLabel,
        request: formatPem(made.request, 'CERTIFICATE REQUEST'),
      })
    },
  )

  server.post(
    '/api/v1/seal-certificates',
    {
      schema: {
        tags,
        summary: 'Import a certificate with its issuers, checked against the given root',
        body: strictObject({ certificates: Pem, root: Pem }),
      },
    },
    async (request, reply) => {
      const act = 'seal-certificate-imported'
      const caller = await allowedOnBox(box, request, 'administer-keys', act)
      const key = await administration.import(request.body, caller.user.id)
      const [imported] = await described(key)
      return reply.code(201).send(imported)
    },
  )

  server.post(
    '/api/v1/seal-certificates/:key/withdrawal',
    {
      schema: {
        tags,
        summary: 'Take a certificate out of use for good; what it sealed stays as it is',
        params: Key,
        body: strictObject({
          reason: Type.Union([
            Type.Literal('revoked'),
            Type.Literal('superseded'),
            Type.Literal('other'),
          ]),
        }),
      },
    },
    async (request, reply) => {
      const act = 'seal-certificate-withdrawn'
      const caller = await allowedOnBox(box, request, 'administer-keys', act)
      const { key } = request.params
      await administration.withdraw(key, request.body.reason, caller.user.id)
      return reply.code(204).send()
    },
  )
}
