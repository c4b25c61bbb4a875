// formats.md sections 3, 6 and 7.
// Computed apart from this code, with Python's hashlib and cryptography, from formats.md alone.
// Never change a value: a test that fails here means that a format drifted.
// Five traces of one log (UTF-8), each with the hash of the one before; their tree; all hashes in hex.

export const traces = [
  '{"act":"log-opened","actor":null,"boot":"0123456789abcdef0123456789abcdef","data":{"boxId":"boitier-vecteur","keys":{"journal":"0631c51f8d12c23ac194299415cbcc88b1244bfe6b10d9096dfd1a0eb658e0b6","lat":"473c3cba6f0b66454d766555166e4829100f26a13f3a0a01019233e0c39c785b","tsa":"6916de9e5fcdc0c867c0b971ab7de089dea2b3d26f725dbab096b79bb67a35e8"}},"format":1,"monotonicMs":1000,"object":null,"objectCommitment":null,"origin":"boitier-vecteur/1","outcome":"done","prev":"0000000000000000000000000000000000000000000000000000000000000000","seq":0,"time":"2026-11-22T09:00:00.000Z","vault":null}',
  '{"act":"vault-created","actor":{"sha256":"50df7daf16c8c8d46ce03726d4b4637e34c56ce8e4115095686a00458546b08d","sha3-256":"a1827ab52c90473aff4cfd518faef868761db0d48a25bf5c14fb920bdcea8a16"},"boot":"0123456789abcdef0123456789abcdef","data":{"name":null},"format":1,"monotonicMs":2007,"object":null,"objectCommitment":null,"origin":"boitier-vecteur/1","outcome":"done","prev":"c11a9d3debe2bec2f3f9f88609bee35a84c0b2038a7f375c3f23b07e8e35f63e","seq":1,"time":"2026-11-22T09:00:01.007Z","vault":"3f2504e0-4f89-41d3-9a0c-0305e82c3301"}',
  '{"act":"deposit","actor":{"sha256":"50df7daf16c8c8d46ce03726d4b4637e34c56ce8e4115095686a00458546b08d","sha3-256":"a1827ab52c90473aff4cfd518faef868761db0d48a25bf5c14fb920bdcea8a16"},"boot":"0123456789abcdef0123456789abcdef","data":{},"format":1,"monotonicMs":3014,"object":"c9bf9e57-1685-4c89-bafb-ff5af830be8a","objectCommitment":{"sha256":"973a74ce6da0435a069ac0ffdfce504ad1d6bbe6bd4c6e64b5e42798bca4182f","sha3-256":"ddc101e2ce0d9158f4a62b6d9c17f6171002ef9a132358ad5d8f04852a82078e"},"origin":"boitier-vecteur/1","outcome":"done","prev":"19325186a7c602f148b17f38cc207732958c523ab3ab36900cde2ca7549a6ef8","seq":2,"time":"2026-11-22T09:00:02.014Z","vault":"3f2504e0-4f89-41d3-9a0c-0305e82c3301"}',
  '{"act":"seal","actor":null,"blocks":[{"content":{"clock":1234567,"resetCount":3,"restartCount":0,"safe":true,"time":"18446744073709551615"},"critical":false,"type":"hardware-clock","version":1},{"content":{"index":"01800001","value":"42"},"critical":false,"type":"hardware-counter","version":1}],"boot":"0123456789abcdef0123456789abcdef","data":{"cosignatures":[],"lastToken":null,"previousCheckpoint":null,"sha3Chain":"24e0a36e5e519af9ab7736295a895f63bbdce15c833e505e11b8c72537ab328c","sha3Root":"623c3ff569561df186dbaf021527677b0178bf6f44b4e7bcd5d3685e2aca0d7e","size":3},"format":1,"monotonicMs":4021,"object":null,"objectCommitment":null,"origin":"boitier-vecteur/1","outcome":"done","prev":"58bf5677c9599a60cd48fb445c302ad29c817ee8d6e3cfe95799575d8edb415e","seq":3,"time":"2026-11-22T09:00:03.021Z","vault":null}',
  '{"act":"access","actor":null,"boot":"0123456789abcdef0123456789abcdef","data":{"reason":"outside-network"},"format":1,"monotonicMs":5028,"object":null,"objectCommitment":null,"origin":"boitier-vecteur/1","outcome":"refused","prev":"293ecf4990a1b209eb5384bdf2d01bea511d756a7167a8e9a9c589d90daeda99","seq":4,"time":"2026-11-22T09:00:04.028Z","vault":null}',
]

export const previousHashes = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  'c11a9d3debe2bec2f3f9f88609bee35a84c0b2038a7f375c3f23b07e8e35f63e',
  '19325186a7c602f148b17f38cc207732958c523ab3ab36900cde2ca7549a6ef8',
  '58bf5677c9599a60cd48fb445c302ad29c817ee8d6e3cfe95799575d8edb415e',
  '293ecf4990a1b209eb5384bdf2d01bea511d756a7167a8e9a9c589d90daeda99',
  '1d5e96fa93ab7b78844c3f5b128c3389b7e06b69853a7e71c6608eed09466c9b',
]

export const leafHashes = [
  '84b8d8f642a9cae3f2f81821896916b71fee321dc36c0dc2ebbc804e4ee97da1',
  '2ef6a38ee36d3dc7ae28244314207286cc21e8ea1cab5a2133525b9ad9123991',
  'e7d8f0657d21eef31226e97f8d6008130dba48e2e6645f95b407884285bf2765',
  'aebeab52a2837abfadd7c0ef64dfc1a4355a8edb05ff9e85005d8426470de6c7',
  'db83037fafd7c8af5168eeae61ea1022a3deb1fe27598cf24aab38b4721a424e',
]

export const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '84b8d8f642a9cae3f2f81821896916b71fee321dc36c0dc2ebbc804e4ee97da1',
  'a9e5cc7137c8d7bc85d6b41aa30b3a378af85b1c93876aa4ce0e6db1d7a81767',
  'baaad84a0148e58eba5205049f3319f8bc04da731db6500ae3d1ef6d4694ef38',
  'd5583f826c0621839ed4ac65320feb45466a2e34a8352289d11addcd618a0631',
  'c43e87c61e635f03e14a113303a60ccde3f6d2ecd5a1c52f2484bb0d05ca934e',
]

export const sha3Roots = [
  'a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a',
  'c1f8ed78d02abc88c51865eaaaaeaa5d10446cd8f64a1a4de70cb9c57c1d0ed4',
  '20b7c9d556a0dcb714c40327a2881bbf1b33651042af905b2c3a32147c93ff65',
  '623c3ff569561df186dbaf021527677b0178bf6f44b4e7bcd5d3685e2aca0d7e',
  '20f3664d375d1c28dd187f7b8df0c06b982997efdd258313ea204a3bd890b6ab',
  'e4e1941ecdaeb2344411bb393b21640962ba02dab736441553bbfc19402889e6',
]

export const inclusionPath2Of5 = [
  'aebeab52a2837abfadd7c0ef64dfc1a4355a8edb05ff9e85005d8426470de6c7',
  'a9e5cc7137c8d7bc85d6b41aa30b3a378af85b1c93876aa4ce0e6db1d7a81767',
  'db83037fafd7c8af5168eeae61ea1022a3deb1fe27598cf24aab38b4721a424e',
]

export const consistency3To5 = [
  'e7d8f0657d21eef31226e97f8d6008130dba48e2e6645f95b407884285bf2765',
  'aebeab52a2837abfadd7c0ef64dfc1a4355a8edb05ff9e85005d8426470de6c7',
  'a9e5cc7137c8d7bc85d6b41aa30b3a378af85b1c93876aa4ce0e6db1d7a81767',
  'db83037fafd7c8af5168eeae61ea1022a3deb1fe27598cf24aab38b4721a424e',
]

export const compactRange5 = [
  'd5583f826c0621839ed4ac65320feb45466a2e34a8352289d11addcd618a0631',
  'db83037fafd7c8af5168eeae61ea1022a3deb1fe27598cf24aab38b4721a424e',
]
