import ipaddr from 'ipaddr.js'

/** Whether this is a network in CIDR notation, IPv4 or IPv6, written with its first address. */
export function isNetwork(text: string): boolean {
  if (!ipaddr.isValidCIDR(text)) return false
  const [address] = ipaddr.parseCIDR(text)
  const first =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(text)
      : ipaddr.IPv6.networkAddressFromCIDR(text)
  return first.toString() === address.toString()
}

/**
 * Whether an address is within one of the networks; an IPv4 address that came over IPv6 counts as what it is.
 * @param networks null: from anywhere
 */
export function isFrom(address: string, networks: readonly string[] | null): boolean {
  if (networks === null) return true
  if (!ipaddr.isValid(address)) return false
  const from = ipaddr.process(address)
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network)
    return base.kind() === from.kind() && from.match(base, bits)
  })
}
