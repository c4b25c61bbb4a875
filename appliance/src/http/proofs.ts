import type { Server } from '@probant/web'
import type { Box } from '../box.ts'

export function proofRoutes(_server: Server, _box: Box): void {}
