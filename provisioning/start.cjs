'use strict'
/*
 * Where `npm start` and `npm run reset` begin. npm runs it with the `node` of node_modules/.bin, which
 * `npm ci` pinned; where an old npm left that out, or somebody calls this file directly, it may be any
 * node of the last ten years, so this file keeps to what all of them parse.
 */
var fs = require('fs')
var path = require('path')
var childProcess = require('child_process')

var OLDEST_NODE = 24
var OLDEST_NPM = 7

var root = path.resolve(__dirname, '..')
var program = path.join(__dirname, 'src', process.argv[2] === 'reset' ? 'reset.ts' : 'start.ts')
var given = process.argv.slice(process.argv[2] === 'reset' ? 3 : 2)

function refuse(sentence) {
  process.stderr.write(sentence + '\n')
  process.exit(1)
}

function npmVersion() {
  var found = /npm\/(\d+)[^ ]*/.exec(process.env.npm_config_user_agent || '')
  return found ? { major: Number(found[1]), text: found[0].slice(4) } : null
}

function nodeMajor() {
  return Number(process.version.slice(1).split('.')[0])
}

function refuseOldNpm() {
  var npm = npmVersion()
  if (npm && npm.major < OLDEST_NPM)
    refuse(
      'npm ' +
        npm.text +
        ' is too old to install this project (it ignores workspaces): ' +
        'install npm 9 or later (Debian: apt-get install npm, elsewhere: npm install -g npm@9), then run npm ci && npm start.',
    )
}

function rerunPinned() {
  var pinned = path.join(root, 'node_modules', 'node', 'bin', 'node')
  if (!fs.existsSync(pinned))
    refuse(
      'Node ' +
        process.version.slice(1) +
        ' is too old and the pinned Node ' +
        OLDEST_NODE +
        ' is not installed in node_modules: run npm ci in ' +
        root +
        ' with npm 9 or later and with install scripts allowed, then npm start.',
    )
  var child = childProcess.spawn(pinned, [__filename].concat(process.argv.slice(2)), {
    stdio: 'inherit',
  })
  var signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  signals.forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal)
    })
  })
  child.on('error', function (error) {
    refuse(
      'The pinned Node ' + pinned + ' does not start (' + error.message + '): run npm ci again.',
    )
  })
  child.on('exit', function (code) {
    process.exit(code === null ? 1 : code)
  })
}

refuseOldNpm()
if (nodeMajor() < OLDEST_NODE) rerunPinned()
else if (!fs.existsSync(path.join(root, 'node_modules')))
  refuse('Nothing is installed yet: run npm ci in ' + root + ', then npm start.')
else {
  process.argv = [process.argv[0], program].concat(given)
  // a dynamic import written out would not parse on the oldest of them
  new Function('url', 'return import(url)')(require('url').pathToFileURL(program).href).catch(
    function (error) {
      var missing = error && error.code === 'ERR_MODULE_NOT_FOUND'
      refuse(
        missing
          ? 'A package is missing (' +
              error.message.split('\n')[0] +
              '): run npm ci, then npm start.'
          : error.stack,
      )
    },
  )
}
