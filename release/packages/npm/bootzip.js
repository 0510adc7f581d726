#!/usr/bin/env node
// Starts the program of this platform's package, which npm has installed beside this one.
'use strict';

const { spawn } = require('node:child_process');

const name = `@bootzip/${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/bin/bootzip${process.platform === 'win32' ? '.exe' : ''}`);
} catch {
  console.error(`bootzip: error: the package ${name} is not installed`);
  console.error('hint: install bootzip without --omit=optional, for one of: linux, darwin (macOS) and win32, on x64 and arm64');
  process.exit(1);
}

const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
child.on('error', (error) => {
  console.error(`bootzip: error: ${error.message}`);
  process.exit(1);
});
// A terminal sends an interrupt to both.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal === null) {
    process.exit(code);
  }
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
