/** `README.txt` of a bundle: what it is and how to verify it by hand, in French and English. */
export const readme = `DOSSIER DE PREUVE (English below)

Ce dossier permet de vérifier, hors ligne et sans le logiciel qui l'a produit, qu'un document a été déposé
dans un coffre-fort numérique, à quelle date le coffre dit l'avoir reçu, qu'il n'a pas changé d'un bit depuis, et
quels actes du journal le concernent. Il ne prouve pas que ce que dit le document est vrai.

Ce qu'il faut : ce dossier décompressé ; openssl 3 et sha256sum ; un dossier d'ancres de confiance reçu par un
autre chemin (clés publiques du boîtier, du témoin, de l'autorité d'horodatage), jamais tiré de ce dossier-ci.
Les fichiers de certificates/ ne sont là que par commodité : ils ne prouvent rien. attestation.fr.pdf est le récit du
boîtier lui-même, pour être lu : seul compte ce que dit la vérification.

  sh verify.sh ANCRES [DOCUMENT]

Étapes, que verify.sh exécute une à une :

 1. manifest.json énumère les autres fichiers avec leur empreinte SHA-256 :  sha256sum FICHIER
 2. statement.json contient les deux empreintes de chaque document :
      sha256sum document/1          openssl dgst -sha3-256 document/1
 3. lat.json (la preuve d'archivage) contient, en base64, statement.json, token.tst et signature.der.
 4. signed-bytes.bin (64 octets) = racine de l'arbre du lot, à laquelle mène statement.json, puis SHA-256 de token.tst :
      openssl dgst -sha256 token.tst
 5. Signature du boîtier :
      openssl dgst -sha256 -verify ANCRES/lat.pem -signature signature.der signed-bytes.bin
 6. Horodatage (RFC 3161) de la racine, vérifié à la date du jeton :
      head -c 32 signed-bytes.bin > racine
      openssl ts -verify -data racine -in token.tst -token_in -CAfile ANCRES/tsa.pem -attime DATE
    Sous ANCRES/outside-tsa.pem au lieu de tsa.pem, la date est d'une autorité indépendante du boîtier.
 7. Cachet du client (CAdES), s'il y en a un : blocks/seal-signature, sur les mêmes 64 octets, par un certificat sous
    une racine que vous connaissez (seal.pem) ; ses certificats sont aussi dans blocks/seal-certificates :
      openssl cms -verify -cades -binary -inform DER -in blocks/seal-signature -content signed-bytes.bin \\
        -CAfile ANCRES/seal.pem -purpose any -attime DATE -out octets
 8. openings.json ouvre l'engagement « objectCommitment » de la première trace : il désigne cette preuve d'archivage.
 9. traces/N.tlog-proof mène de traces/N.json à la racine écrite à la troisième ligne de checkpoint.txt (RFC 9162).
10. checkpoint.txt est signé par la clé du journal (ligne de l'origine dans ANCRES/journal.vkeys).
11. Les autres lignes de signature de checkpoint.txt sont celles du témoin : elles disent qu'un tiers a vu ce point de
    contrôle. audit-receipt.txt, s'il est là, dit que le tiers conserve et a recalculé les traces.
12. Horodatage extérieur, s'il y en a un : chaque blocks/dated-token-N porte sur blocks/dated-group, les empreintes
    SHA-512 de blocks/dated-checkpoint et de blocks/dated-seal dans l'ordre de leurs octets, vérifié à la date du jeton :
      openssl ts -verify -data blocks/dated-group -in blocks/dated-token-1 -token_in -attime DATE \\
        -CAfile ANCRES/outside-tsa.pem -untrusted blocks/dated-certificates-1
13. Renouvellement, s'il y en a un : blocks/renewal-N est un enregistrement de preuve (RFC 4998) qui commence par ce jeton.
    Chaque horodatage y vaut jusqu'au suivant :  openssl asn1parse -inform DER -in blocks/renewal-1

La date de réception est l'affirmation du boîtier ; celle du contre-seing est l'affirmation du témoin, indépendante.

--------------------------------------------------------------------------------------------------------

EVIDENCE BUNDLE

With this folder anybody can verify, offline and without the software that made it, that a document was deposited in
a digital vault, when the vault says that it received it, that not a bit has changed since, and which acts in the
journal concern it. It does not prove that what the document says is true.

Needed: this bundle, unpacked; openssl 3 and sha256sum; a folder of trust anchors obtained another way (public keys of
the box, the witness, the time-stamping authority), never taken from this bundle. The files in certificates/ are
for convenience only and prove nothing. attestation.en.pdf is the box's own account, to be read: what counts is what
verifying says.

  sh verify.sh ANCHORS [DOCUMENT]

The steps, which verify.sh carries out one by one:

 1. manifest.json lists the other files with their SHA-256:  sha256sum FILE
 2. statement.json holds the two digests of each document:
      sha256sum document/1          openssl dgst -sha3-256 document/1
 3. lat.json (the archive proof) holds statement.json, token.tst and signature.der in base64.
 4. signed-bytes.bin (64 bytes) = the root of the batch's tree, to which statement.json leads, then SHA-256 of token.tst:
      openssl dgst -sha256 token.tst
 5. The box's signature:
      openssl dgst -sha256 -verify ANCHORS/lat.pem -signature signature.der signed-bytes.bin
 6. Time-stamp (RFC 3161) of the root, verified as of the token's own time:
      head -c 32 signed-bytes.bin > root
      openssl ts -verify -data root -in token.tst -token_in -CAfile ANCHORS/tsa.pem -attime TIME
    Under ANCHORS/outside-tsa.pem in place of tsa.pem, the time is by an authority that is independent of the box.
 7. The client's seal (CAdES), if there is one: blocks/seal-signature, over the same 64 bytes, by a certificate under a
    root that you know (seal.pem); its certificates are in blocks/seal-certificates too:
      openssl cms -verify -cades -binary -inform DER -in blocks/seal-signature -content signed-bytes.bin \\
        -CAfile ANCHORS/seal.pem -purpose any -attime TIME -out bytes
 8. openings.json opens the commitment "objectCommitment" of the first trace: it names this archive proof.
 9. traces/N.tlog-proof leads from traces/N.json to the root on the third line of checkpoint.txt (RFC 9162).
10. checkpoint.txt is signed by the journal's key (the line of its origin in ANCHORS/journal.vkeys).
11. The other signature lines of checkpoint.txt are the witness's: a third party saw this checkpoint.
    audit-receipt.txt, when it is there, says that the third party stores the traces and recomputed them.
12. A time-stamp from outside, if there is one: each blocks/dated-token-N is over blocks/dated-group, the SHA-512 digests
    of blocks/dated-checkpoint and blocks/dated-seal in the order of their bytes, verified as of the token's own time:
      openssl ts -verify -data blocks/dated-group -in blocks/dated-token-1 -token_in -attime TIME \\
        -CAfile ANCHORS/outside-tsa.pem -untrusted blocks/dated-certificates-1
13. Renewal, if there is any: blocks/renewal-N is an evidence record (RFC 4998) that begins with that token. Each
    time-stamp in it holds until the next:  openssl asn1parse -inform DER -in blocks/renewal-1

The date of reception is the box's own claim; that of a cosignature is the witness's, who is independent.
`
