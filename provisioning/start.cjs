'use strict'
/* Where `npm start` begins, on any npm and any node. */
var path = require('path')
var run = require('./pinned-node.cjs')

var OLDEST_NPM = 7
var npm = /npm\/((\d+)[^ ]*)/.exec(process.env.npm_config_user_agent || '')

if (npm && Number(npm[2]) < OLDEST_NPM) {
  process.stderr.write(
    'npm ' +
      npm[1] +
      ' is too old to install this project, since it does not know workspaces: ' +
      'install npm 9 or later (Debian 12 and later: apt-get install npm), then run npm ci && npm start.\n',
  )
  process.exit(1)
}
run(__filename, path.join(__dirname, 'src', 'start.ts'))
