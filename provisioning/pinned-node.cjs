'use strict'
/*
 * Runs a TypeScript program of this project under the Node that `npm ci` pinned, whichever node came
 * first: npm scripts find the pinned one in node_modules/.bin, but a command may be called directly,
 * or an old npm may have left it out. So this file keeps to what every node of the last ten years
 * parses.
 */
var fs = require('fs')
var path = require('path')
var url = require('url')
var childProcess = require('child_process')

var OLDEST_NODE = 24
var root = path.resolve(__dirname, '..')
var pinned = path.join(root, 'node_modules', 'node', 'bin', 'node')

function refuse(sentence) {
  process.stderr.write(sentence + '\n')
  process.exit(1)
}

function runAgain(entry) {
  if (!fs.existsSync(pinned))
    refuse(
      'Node ' +
        process.version.slice(1) +
        ' is too old, and Node ' +
        OLDEST_NODE +
        ' is not in node_modules: run npm ci in ' +
        root +
        ' with npm 9 or later and with install scripts allowed, then try again.',
    )
  var child = childProcess.spawn(pinned, [entry].concat(process.argv.slice(2)), {
    stdio: 'inherit',
  })
  ;['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal)
    })
  })
  child.on('error', function (error) {
    refuse(
      'Node ' +
        OLDEST_NODE +
        ' in node_modules does not start (' +
        error.message +
        '): run npm ci again.',
    )
  })
  child.on('exit', function (code) {
    process.exit(code === null ? 1 : code)
  })
}

function runHere(program) {
  // written out, a dynamic import would not parse on the oldest of them
  var load = new Function('address', 'return import(address)')
  load(url.pathToFileURL(program).href).catch(function (error) {
    var isMissing =
      error && error.code === 'ERR_MODULE_NOT_FOUND' && error.message.indexOf('package') !== -1
    refuse(
      isMissing
        ? 'Something is not installed (' +
            error.message.split(' imported from')[0] +
            '): run npm ci in ' +
            root +
            ', then try again.'
        : String((error && error.stack) || error),
    )
  })
}

/** `entry`: the file that node was started with; `program`: the TypeScript file that does the work. */
module.exports = function run(entry, program) {
  if (!fs.existsSync(path.join(root, 'node_modules')))
    refuse('Nothing is installed yet: run npm ci in ' + root + ', then try again.')
  else if (Number(process.version.slice(1).split('.')[0]) < OLDEST_NODE) runAgain(entry)
  else runHere(program)
}
