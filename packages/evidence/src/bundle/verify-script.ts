/**
 * `verify.sh` of a bundle: the steps of README.txt for somebody who trusts no program of ours. POSIX sh, openssl,
 * sha256sum and the usual text tools. Byte-identical to the published release file.
 */
export const verifyScript = String.raw`#!/bin/sh
# Verifies this evidence bundle with sh, openssl and sha256sum only. README.txt says the same in words.
# In the unpacked folder:  sh verify.sh ANCHORS [DOCUMENT]     ANCHORS is your own folder of keys that you trust.
# One line a step; the last says valid (exit 0), invalid (1) or can't tell (3: what could not be checked is named).
set -u; LC_ALL=C; export LC_ALL
anchors=; document=; [ $# -lt 1 ] || anchors=$1; [ $# -lt 2 ] || document=$2
work=$(mktemp -d) || exit 2; trap 'rm -rf "$work"' EXIT
result=valid
ok() { echo "ok          $1"; }
bad() { echo "INVALID     $1"; result=invalid; }
unknown() { echo "can't tell  $1"; [ "$result" = invalid ] || result="can't tell"; }
check() { what=$1; shift; if "$@" >/dev/null 2>&1; then ok "$what"; else bad "$what"; fi; }
sha() { sha256sum | cut -c1-64; }; decode() { openssl base64 -d -A; }; hex() { od -An -v -tx1 | tr -d ' \n'; }
# Bytes from hex: openssl wraps them into an ASN.1 string, whose last bytes they are.
bin() { openssl asn1parse -genstr "FORMAT:HEX,OCT:$1" -noout -out "$work/der" >/dev/null 2>&1
  tail -c $(($(printf %s "$1" | wc -c) / 2)) "$work/der"; }
# Root that leads from leaf $3, number $1 of $2, along the hashes on standard input (RFC 9162, 2.1.3.2).
root() {
  fn=$1; sn=$(($2 - 1)); r=$3
  while read -r p; do
    [ -n "$p" ] || continue; [ "$sn" -ne 0 ] || return 1
    if [ $((fn % 2)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
      r=$( (printf '\001'; bin "$p"; bin "$r") | sha)
      while [ $((fn % 2)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn / 2)); sn=$((sn / 2)); done
    else r=$( (printf '\001'; bin "$r"; bin "$p") | sha); fi
    fn=$((fn / 2)); sn=$((sn / 2))
  done
  [ "$sn" -eq 0 ] && echo "$r"
}
# 1. Every file is the one listed.
tr '{' '\n' <manifest.json | sed -n 's/^"name":"\([A-Za-z0-9.\/-]*\)","sha256":"\([0-9a-f]*\)".*/\2  \1/p' >"$work/entries"
check "digests of all files listed in manifest.json" sha256sum -c "$work/entries"
# 2. The documents have the two digests in the statement that the box signed (steps 4 and 5).
(sed 's/.*"files":\[\(.*\)\],"format":1.*/\1/' statement.json; echo) | tr '{' '\n' |
  sed -n 's/^"sha256":"\([0-9a-f]*\)","sha3-256":"\([0-9a-f]*\)"}.*/\1 \2/p' >"$work/documents"
digests() { echo "$(sha <"$1") $(openssl dgst -sha3-256 -r "$1" | cut -c1-64)"; }; n=0
while read -r both; do
  n=$((n + 1))
  if [ -f "document/$n" ]; then check "digests of document/$n" [ "$(digests "document/$n")" = "$both" ]
  elif [ -z "$document" ]; then echo "note        document/$n is not here, so it was not compared: give the file"; fi
done <"$work/documents"
[ "$n" -gt 0 ] || bad "statement.json names no document"
[ -z "$document" ] || check "$document as one of the documents" grep -qx "$(digests "$document")" "$work/documents"
# 3. statement.json, token.tst and signature.der are those inside the archive proof lat.json.
member() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/" lat.json | decode >"$work/member"; cmp -s "$work/member" "$2"; }
check "statement.json as in the archive proof" member statement statement.json
check "token.tst as in the archive proof" member token token.tst
check "signature.der as in the archive proof" member value signature.der
# 4. The 64 signed bytes: root of the batch's tree, to which the statement leads, and SHA-256 of the token.
tree=$(sed 's/.*"tree":{"index":\([0-9]*\),"path":\[\([^]]*\)\],"size":\([0-9]*\)}.*/\1 \3 \2/' lat.json | tr -d '"')
leaf=$( (printf '\000'; cat statement.json) | sha)
batch=$(echo "$tree" | cut -d' ' -f3 | tr ',' '\n' | root $(echo "$tree" | cut -d' ' -f1,2) "$leaf")
bin "$batch" >"$work/root"; (cat "$work/root"; openssl dgst -sha256 -binary token.tst) >"$work/signed"
check "signed-bytes.bin: root of the tree, digest of the token" cmp "$work/signed" signed-bytes.bin
# 5. Signed by a LAT key that you trust.
lat_signature() { awk -v to="$work/lat" '/BEGIN/ { n++ } { print > (to n ".pem") }' "$anchors/lat.pem"
  for key in "$work"/lat*.pem; do openssl dgst -sha256 -verify "$key" -signature signature.der signed-bytes.bin && return; done; }
if [ -f "$anchors/lat.pem" ]; then check "signature by a LAT key you trust" lat_signature; else unknown "signature: no lat.pem"; fi
# 6. The token is over that root, by an authority that you trust, checked at the token's own time.
time=$(openssl ts -reply -in token.tst -token_in -text 2>/dev/null | sed -n 's/^Time stamp: //p' | sed 's/\.[0-9]*//')
at=$(date -u -d "$time" +%s 2>/dev/null) && at="-attime $at" || at=
untrusted=; [ ! -f certificates/tsa.pem ] || untrusted="-untrusted certificates/tsa.pem"
token() { openssl ts -verify -data "$work/root" -in token.tst -token_in -CAfile "$anchors/$1" $untrusted $at >/dev/null 2>&1; }
if token tsa.pem; then ok "time-stamp token of $time"; elif token outside-tsa.pem; then ok "time-stamp token of $time, by an authority outside (outside-tsa.pem)"
elif [ -f "$anchors/tsa.pem" ]; then bad "time-stamp token of $time"; else unknown "time-stamp token: no tsa.pem"; fi
# 7. Where the client sealed too: its CAdES signature over the same 64 bytes, by a certificate under a root that you trust.
seal() { openssl cms -verify -cades -binary -inform DER -in "$work/seal" -content signed-bytes.bin -CAfile "$anchors/seal.pem" -purpose any $at -out "$work/sealed"; }
if grep -q '"type":"cms-signature"' lat.json; then
  sed 's/.*"cms":"\([^"]*\)".*/\1/' lat.json | decode >"$work/seal"
  [ ! -f blocks/seal-signature ] || check "blocks/seal-signature as in the archive proof" cmp "$work/seal" blocks/seal-signature
  if [ -f "$anchors/seal.pem" ]; then check "seal of the client's certificate" seal
  else echo "note        seal of the client's certificate: not checked, no seal.pem"; fi
fi
# 8. The deposit's trace commits to this archive proof: the opening gives the digest in the trace.
salt=$(sed 's/.*"object":{"field":"object","salt":"\([0-9a-f]*\)".*/\1/' openings.json)
sed 's/.*"object":{"field":"object","salt":"[0-9a-f]*","value":"\([^"]*\)".*/\1/' openings.json | decode >"$work/value"
commitment=$( (printf '\000\000\000\025probant/commitment/v1\000\000\000\006object\000\000\000\040'; bin "$salt"
  bin "$(printf %08x "$(wc -c <"$work/value")")"; cat "$work/value") | sha)
deposit=$(sed -n 's/.*  \(traces\/[0-9]*\.json\)$/\1/p' "$work/entries" | head -n 1)
check "opening of the deposit: names this archive proof" grep -q "\"lat\":{\"sha256\":\"$(sha <lat.json)\"" "$work/value"
check "deposit in $deposit: commits to that opening" grep -q "\"act\":\"deposit\".*\"objectCommitment\":{\"sha256\":\"$commitment\"" "$deposit"
# 9. Each trace is in the journal whose root checkpoint.txt states.
size=$(sed -n 2p checkpoint.txt); head=$(sed -n 3p checkpoint.txt | decode | hex)
for trace in traces/*.json; do
  proof=$(dirname "$trace")/$(basename "$trace" .json).tlog-proof
  found=$(sed '1,2d;/^$/,$d' "$proof" | while read -r h; do echo "$h" | tr -d '\n' | decode | hex; echo; done |
    root "$(sed -n '2s/^index //p' "$proof")" "$size" "$( (printf '\000'; cat "$trace") | sha)")
  check "$trace under the checkpoint" [ "$found" = "$head" ]
done
# 10. The checkpoint is signed by the journal key that you trust for its origin (the 4 first bytes are the key's id).
origin=$(sed -n 1p checkpoint.txt); sed '/^$/,$d' checkpoint.txt >"$work/text"
sed -n 's/^— //p' checkpoint.txt | awk -v o="$origin" '$1 == o { print $2; exit }' | decode | tail -c +5 >"$work/signature"
awk -F+ -v o="$origin" '$1 == o' "$anchors/journal.vkeys" 2>/dev/null | sed 's/^[^+]*+[^+]*+//;q' | decode | tail -c +2 >"$work/key"
if [ -s "$work/key" ]; then check "checkpoint: signature by the journal of $origin" \
  openssl dgst -sha256 -keyform DER -verify "$work/key" -signature "$work/signature" "$work/text"
else unknown "checkpoint: no key of $origin in journal.vkeys"; fi
[ ! -f blocks/dated-group ] || echo "note        what authorities outside dated and renewed (blocks/): README.txt, steps 12 and 13"
echo "note        witnesses' cosignatures and audit receipts are left to the command 'probant verify'"
echo "$result"; case $result in valid) exit 0 ;; invalid) exit 1 ;; *) exit 3 ;; esac
`
