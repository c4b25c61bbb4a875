// Files are hashed, written and synced on libuv's threads; four of them would make deposits wait for each other.
process.env['UV_THREADPOOL_SIZE'] ??= '16'

const { runService } = await import('./service.ts')
await runService(process.argv.slice(2))
export {}
