// formats.md section 1.
// Computed apart from this code, with Python's hashlib and cryptography, from formats.md alone.
// Never change a value: a test that fails here means that a format drifted.
// The JSON text on the left has the canonical bytes on the right (hex of UTF-8).

export const canonicalJson = [
  {
    json: 'null',
    bytes: '6e756c6c',
  },
  {
    json: 'true',
    bytes: '74727565',
  },
  {
    json: '-9007199254740991',
    bytes: '2d39303037313939323534373430393931',
  },
  {
    json: '9007199254740991.0',
    bytes: '39303037313939323534373430393931',
  },
  {
    json: '-0',
    bytes: '30',
  },
  {
    json: '1e3',
    bytes: '31303030',
  },
  {
    json: '"\\u0000\\u0008\\u0009\\u000a\\u000b\\u000c\\u000d\\u001f\\u0020\\"\\\\\\/\\u007f"',
    bytes: '225c75303030305c625c745c6e5c75303030625c665c725c7530303166205c225c5c2f7f22',
  },
  {
    json: '"\\u00e9\\u20ac\\ud83d\\ude00\\u2028\\ufeff"',
    bytes: '22c3a9e282acf09f9880e280a8efbbbf22',
  },
  {
    json: ' [ 1 , [ ] , { } , "" ] ',
    bytes: '5b312c5b5d2c7b7d2c22225d',
  },
  {
    json: '{"b":1,"a":2,"B":3,"":4,"10":5,"9":6,"\\u00e9":7,"\\ud83d\\ude00":8,"\\ufb33":9}',
    bytes:
      '7b22223a342c223130223a352c2239223a362c2242223a332c2261223a322c2262223a312c22c3a9223a372c22f09f9880223a382c22efacb3223a397d',
  },
]

export const refusedBytes = [
  '7b2262223a312c2261223a327d',
  '7b2261223a312c2261223a317d',
  '5b312c20325d',
  '312e30',
  '316533',
  '2d30',
  '302e35',
  '39303037313939323534373430393932',
  '225c753030653922',
  '225c756438303022',
  '225c2f22',
  '7b2261223a317d0a',
  'efbbbf7b7d',
  '22ff22',
  '22eda08022',
  '5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d',
]
