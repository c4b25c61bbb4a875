import { useLoaded } from './loaded.tsx'
import { addresses, boxShape } from './service.ts'

/** What people call a box; its identifier until that is known. */
export function useBoxName(id: string): string {
  return useLoaded(addresses.box(id), boxShape).value.value?.name ?? id
}
