/** `README.txt` of a collection, in French and English. */
export const collectionReadme = `DOSSIERS DE PREUVE DE PLUSIEURS DOCUMENTS (English below)

Chaque fichier du dossier « bundles » est un dossier de preuve complet, celui d'un seul document, nommé d'après
son identifiant. Chacun se vérifie seul : décompressez-le et lisez le README.txt qu'il contient.

collection.json énumère ces dossiers, avec leur taille et leur empreinte SHA-256 (sha256sum FICHIER), et nomme sous
« omissions » ce qui manque : un document dont la copie conservée a été altérée ou qui a disparu du coffre. Personne
n'a signé cette liste : elle ne prouve pas que la sélection soit complète. Seul compte ce que prouve chaque dossier.

  probant verify CE-FICHIER.zip --anchors ANCRES     vérifie tous les dossiers à la fois


EVIDENCE BUNDLES OF SEVERAL DOCUMENTS

Each file in the folder "bundles" is a whole evidence bundle, that of one document, named after its identifier. Each
is verified by itself: unpack it and read the README.txt inside.

collection.json lists these bundles with their size and SHA-256 (sha256sum FILE), and names under "omissions" what is
missing: a document whose stored copy was altered, or that has gone from the vault. Nobody signed this list: it does
not prove that the selection is complete. What counts is what each bundle proves.

  probant verify THIS-FILE.zip --anchors ANCHORS     verifies all bundles at once
`
