#!/usr/bin/env node
'use strict'
/* The `probant` command, on whichever node the shell finds. */
var path = require('path')
require('../pinned-node.cjs')(__filename, path.join(__dirname, 'probant.ts'))
