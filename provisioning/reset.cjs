'use strict'
/* Where `npm run reset` begins, on any node. */
var path = require('path')
require('./pinned-node.cjs')(__filename, path.join(__dirname, 'src', 'reset.ts'))
