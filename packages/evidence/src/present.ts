/**
 * A value that the code around it has made sure of, where types can't say so (`list[at]`). Its absence is a fault of this
 * program and ends what it does: only for what no input, however hostile, can bring about.
 */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value that has to be there is missing')
  return value
}
