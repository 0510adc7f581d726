// Records a session of a terminal as docs/images/session.svg: it runs the commands below with
// the bootzip in PATH, in a directory of its own, and draws what they print.
//
//   node site/session.mjs
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const commands = [
  'bootzip new hello && cd hello',
  'bootzip verify',
  'bootzip invoke hello function-url',
]

const dir = mkdtempSync(join(tmpdir(), 'session-'))
const lines = []
try {
  for (const command of commands) {
    lines.push({ text: '$ ' + command, kind: 'command' })
    // What a command leaves of the shell's directory is the next one's.
    const script = `cd "$(cat ${dir}/.cwd 2>/dev/null || echo ${dir})" && { ${command}\n} 2>&1; status=$?; pwd >${dir}/.cwd; exit $status`
    const { status, stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
    if (status !== 0) throw new Error(`${command} ends with ${status}:\n${stdout}`)
    for (const text of stdout.trimEnd().split('\n')) lines.push({ text, kind: 'output' })
    lines.push({ text: '', kind: 'output' })
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}
lines.pop()

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const columns = 100
const height = 19
const rows = lines.flatMap(({ text, kind }) => {
  const parts = text.trimEnd().replaceAll('\t', '  ').match(new RegExp(`.{1,${columns}}(?:\\s+|$)|.{1,${columns}}`, 'g')) || ['']
  return parts.map((part) => ({ part, kind }))
})
const drawn = rows.map(({ part, kind }, i) => {
  const text = escape(part).replace(/\bPASS\b/g, '<tspan class="pass">PASS</tspan>').replace(/^\$ /, '<tspan class="prompt">$ </tspan>')
  return `<text x="16" y="${30 + i * height}" class="${kind}" xml:space="preserve">${text}</text>`
})
const title = 'A session: ' + commands.join('; ')
writeFileSync(join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs/images/session.svg'), `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * 8 + 32} ${rows.length * height + 32}" role="img" aria-label="${escape(title)}">
<title>${escape(title)}</title>
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #c9d1d9 }
.command { fill: #ffffff; font-weight: bold }
.prompt { fill: #79c0ff }
.pass { fill: #7ee787; font-weight: bold }
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${drawn.join('\n')}
</svg>
`)
