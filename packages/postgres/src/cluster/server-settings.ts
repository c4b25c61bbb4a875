import { totalmem } from 'node:os'
import { SOCKET_PORT } from './socket-folder.ts'

const MIB = 1024 * 1024

/** Settings given on the command line, so that the data folder's own file can't undo them. */
export function serverSettings(socketFolder: string, isDurable: boolean): string[] {
  const settings = {
    listen_addresses: '',
    port: SOCKET_PORT,
    // a list of quoted names: the path may hold a comma
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
    password_encryption: 'scram-sha-256',
    max_connections: 100,
    shared_buffers: `${sharedBuffersMib()}MB`,
    // short statements by design: compiling them costs more than it saves
    jit: 'off',
    fsync: isDurable ? 'on' : 'off',
    full_page_writes: isDurable ? 'on' : 'off',
    synchronous_commit: isDurable ? 'on' : 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_line_prefix: '',
    // statements, rows and messages ("invalid input …") may name documents or people: clients hear
    // them, the log keeps only what concerns the server (LOG ranks above ERROR here)
    log_min_messages: 'log',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** An eighth of the memory, between 32 and 256 MiB: the file cache serves the rest. */
function sharedBuffersMib(): number {
  return Math.round(Math.min(256, Math.max(32, totalmem() / MIB / 8)))
}
