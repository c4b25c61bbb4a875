import koffi from 'koffi'
import { Tpm2Error } from '../errors.ts'

type Library = ReturnType<typeof koffi.load>
export type Native = ReturnType<Library['func']>

/** The library's name and the Debian packages that have it: before and since the 64-bit time_t change (Debian 13, Ubuntu 24.04). */
const places = {
  esys: ['libtss2-esys.so.0', 'libtss2-esys-3.0.2-0 (libtss2-esys-3.0.2-0t64 on Debian 13)'],
  mu: ['libtss2-mu.so.0', 'libtss2-mu0 (libtss2-mu-4.0.1-0t64 on Debian 13)'],
  tctildr: ['libtss2-tctildr.so.0', 'libtss2-tctildr0 (libtss2-tctildr0t64 on Debian 13)'],
} as const

let loaded: Readonly<Record<keyof typeof places, Library>> | undefined
const functions = new Map<string, Native>()

/**
 * A function of a library, looked up once; the first loads them all. Unless `TSS2_LOG` asks for it, they write nothing to standard
 * error: every failure is in the error that is thrown, and their log can hold what crosses the bus.
 * @throws Tpm2Error `libraries-missing` naming the Debian packages to install
 */
export function native(
  library: keyof typeof places,
  name: string,
  result: string,
  parameters: readonly string[],
): Native {
  const known = functions.get(name)
  if (known !== undefined) return known
  loaded ??= { esys: load('esys'), mu: load('mu'), tctildr: load('tctildr') }
  const found = loaded[library].func(name, result, [...parameters])
  functions.set(name, found)
  return found
}

/** Overwrites memory that a library allocated. */
export function wipe(address: bigint, length: number): void {
  explicitBzero ??= koffi.load('libc.so.6').func('explicit_bzero', 'void', ['void *', 'size_t'])
  explicitBzero(address, length)
}

let explicitBzero: Native | undefined

function load(library: keyof typeof places): Library {
  process.env['TSS2_LOG'] ??= 'all+none'
  const [file, debianPackage] = places[library]
  try {
    return koffi.load(file)
  } catch (cause) {
    throw new Tpm2Error(
      'libraries-missing',
      `${file} can't be loaded: install the Debian packages ${debianPackage} and, for the kind of connection, ` +
        'libtss2-tcti-device0 or libtss2-tcti-swtpm0 (the same names ending in t64 on Debian 13).',
      { cause },
    )
  }
}
