import { join } from 'node:path'
import type { Configuration } from '../configuration/schema.ts'
import type { CentreIdentity } from './identities.ts'
import { homePaths, LOOPBACK, type Layout } from './layout.ts'
import type { State } from './state.ts'

/** What changes from one start to the next: where the sockets are. */
export interface Sockets {
  /** Short folder outside PROBANT_HOME: a Unix socket's path may hold 107 bytes. */
  folder: string
  database: { folder: string; port: number }
}

interface Given {
  layout: Layout
  configuration: Configuration
  state: State
  sockets: Sockets
}

export function applianceSettings(given: Given, centre: CentreIdentity) {
  const { layout, configuration, state, sockets } = given
  const paths = homePaths(layout.home)
  const passwords = state.databasePasswords
  return {
    boxId: state.boxId,
    name: state.boxName,
    origin: `${state.boxId}/1`,
    home: paths.box,
    database: {
      socketFolder: sockets.database.folder,
      port: sockets.database.port,
      database: 'box',
      owner: { user: 'box_owner', password: passwords.boxOwner },
      service: { user: 'box_service', password: passwords.boxService },
    },
    listen: { host: LOOPBACK, port: layout.ports.portal },
    administration: { host: LOOPBACK, port: layout.ports.administration },
    localSocket: boxSocket(sockets),
    keys: { ...configuration.keys, folder: paths.keys('box') },
    centre: { witnessKeys: centre.witnessKeys, auditKey: centre.auditKey },
    journal: configuration.journal,
    ...witnessingSettings(configuration),
    seal: configuration.seal,
    timestamping: { keyType: configuration.timestamping.keyType },
    ...datingSettings(configuration),
    ...(configuration.renewal === undefined ? {} : { renewal: configuration.renewal }),
    keyEpochs: configuration.keyEpochs,
    ...networkSettings(configuration),
    signIn: signInSettings(configuration, layout.ports.portal),
    limits: configuration.limits,
    portalFolder: paths.pages('portal'),
  }
}

function networkSettings({ network }: Configuration) {
  if (network === undefined) return {}
  const { address: host, port = 443, ...kept } = network
  return { network: { host, port, ...kept } }
}

/** What browsers call the portal decides which passkeys they offer. */
function signInSettings({ signIn }: Configuration, port: number) {
  const { origins = [`http://localhost:${String(port)}`], ...kept } = signIn
  return { ...kept, origins }
}

/** How many witnesses it takes, and whose keys count beside the centre's. */
function witnessingSettings({ witnessing }: Configuration) {
  const { refuseAfterHours, required, witnesses } = witnessing
  const keys = witnesses.flatMap((witness) => witness.keys)
  return { witnessing: { refuseAfterHours, required, keys } }
}

/** Authorities outside, where there are any, and whether reception tokens are theirs. */
function datingSettings({ timestamping }: Configuration) {
  const { keyType: _own, proxy, authorities, ...others } = timestamping
  const {
    reception,
    receptionFallback: fallback,
    receptionGapSeconds: gapSeconds,
    ...rest
  } = others
  const received = reception === 'outside' ? { reception: { fallback, gapSeconds } } : {}
  if (authorities.length === 0) return received
  const { url, login } = proxy ?? {}
  const through =
    url === undefined ? {} : { proxy: { url, ...(login === undefined ? {} : { login }) } }
  return { dating: { ...rest, authorities, ...through }, ...received }
}

export function agentSettings(given: Given, centre: CentreIdentity) {
  const { layout, configuration, state, sockets } = given
  const paths = homePaths(layout.home)
  const { everySeconds } = configuration.heads
  const { start, end, timeZone, jitterSeconds } = configuration.window
  return {
    boxId: state.boxId,
    origin: `${state.boxId}/1`,
    home: paths.agent,
    database: {
      socketFolder: sockets.database.folder,
      port: sockets.database.port,
      database: 'box',
      user: 'box_journal_reader',
      password: state.databasePasswords.boxJournalReader,
    },
    applianceSocket: boxSocket(sockets),
    administration: { host: LOOPBACK, port: layout.ports.agentAdministration },
    centre: {
      host: LOOPBACK,
      port: layout.ports.ssh,
      hostKey: centre.sshHostKey,
      witnessKeys: centre.witnessKeys,
      auditKey: centre.auditKey,
    },
    witnesses: configuration.witnessing.witnesses,
    keys: { ...configuration.keys, folder: paths.keys('agent') },
    ...agentAttestation(configuration),
    ...agentMail(given),
    heads: everySeconds === null ? null : { everySeconds },
    window: { start, end, timeZone, jitterSeconds },
    controlSocket: agentSocket(sockets),
  }
}

export function supervisorSettings({ layout, configuration, state, sockets }: Given) {
  const paths = homePaths(layout.home)
  const passwords = state.databasePasswords
  return {
    centreName: state.centreName,
    home: paths.centre,
    database: {
      socketFolder: sockets.database.folder,
      port: sockets.database.port,
      database: 'centre',
      owner: { user: 'centre_owner', password: passwords.centreOwner },
      service: { user: 'centre_service', password: passwords.centreService },
    },
    listen: { host: LOOPBACK, port: layout.ports.supervision },
    administration: { host: LOOPBACK, port: layout.ports.centreAdministration },
    ssh: { host: LOOPBACK, port: layout.ports.ssh },
    ...witnessDoor(configuration),
    ...(configuration.centre.alerts === undefined ? {} : { alerts: configuration.centre.alerts }),
    ...(configuration.centre.quotas === undefined ? {} : { quotas: configuration.centre.quotas }),
    ...(configuration.centre.timestamping === undefined
      ? {}
      : { timestamping: configuration.centre.timestamping }),
    // The centre stands elsewhere: the hardware is the box's, and few tokens make ML-DSA keys.
    keys: { provider: 'software', folder: paths.keys('centre') },
    ...centreAttestation(configuration),
    mail: {
      host: configuration.mail.host ?? LOOPBACK,
      port: configuration.mail.port ?? layout.ports.mail,
      from: configuration.mail.from,
      secure: false,
    },
    publicUrl: `http://localhost:${layout.ports.supervision}`,
    portalFolder: paths.pages('supervision'),
  }
}

/** Where boxes of other centres bring their heads, once a port says so. */
function witnessDoor({ centre }: Configuration) {
  const { host = LOOPBACK, port } = centre.witness ?? {}
  return port === undefined ? {} : { witness: { host, port } }
}

function boxSocket(sockets: Sockets): string {
  return join(sockets.folder, 'box.sock')
}

export function agentSocket(sockets: Sockets): string {
  return join(sockets.folder, 'agent.sock')
}

/** Whom the box tells by itself; nobody by mail where no contact is named. */
function agentMail({ layout, configuration }: Given) {
  const { contact } = configuration.box
  if (contact === undefined) return {}
  const { host = LOOPBACK, port = layout.ports.mail, from } = configuration.mail
  return { mail: { host, port, from, to: [contact] } }
}

/** The box's side: its TPM. */
function agentAttestation({ attestation }: Configuration) {
  if (attestation === undefined) return {}
  const { tcti, eventLog, pcrs } = attestation
  const given = {
    tcti,
    ...(eventLog === undefined ? {} : { eventLog }),
    ...(pcrs === undefined ? {} : { pcrs }),
  }
  return { attestation: given }
}

/** The centre's side: whom it trusts, and what it asks for. */
function centreAttestation({ attestation }: Configuration) {
  if (attestation === undefined) return {}
  const { manufacturerRoots, referenceKeys, pcrs } = attestation
  const given = {
    manufacturerRoots,
    ...(referenceKeys === undefined ? {} : { referenceKeys }),
    ...(pcrs === undefined ? {} : { pcrs }),
  }
  return { attestation: given }
}
