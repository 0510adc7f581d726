// Makes the site of README.md and docs/ in out/, and checks each link and anchor of it.
//
//   npm ci && npm run build
//
// SITE_BASE is the path that it is published under, such as /bootzip/; default: /.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vitepress'

const here = dirname(fileURLToPath(import.meta.url))
const top = dirname(here)
const pages = join(here, 'pages')
const repository = 'https://github.com/bootzip/bootzip'

// By their paths in the repository, the pages of the site.
const pageOf = new Map([
  ['README.md', 'index.md'],
  ['docs/README.md', 'documentation.md'],
  ['docs/decisions/README.md', 'decisions/index.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['SECURITY.md', 'security.md'],
  ['CHANGELOG.md', 'changelog.md'],
])
for (const name of readdirSync(join(top, 'docs'), { recursive: true })) {
  const file = posix.join('docs', name)
  if (name.endsWith('.md') && !pageOf.has(file)) pageOf.set(file, name)
}

// link is where a link of a page leads on the site: to a page or an image of it, or to the repository.
function link(target, from) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target) || target.startsWith('#')) return target
  const [path, hash] = target.split('#')
  const file = posix.normalize(posix.join(posix.dirname(from), path)).replace(/\/$/, '')
  const anchor = hash === undefined ? '' : '#' + hash
  const page = pageOf.get(file) || pageOf.get(posix.join(file, 'README.md'))
  if (page) return '/' + page + anchor
  if (!existsSync(join(top, file))) throw new Error(`${from}: ${target} leads to nothing`)
  if (file.startsWith('docs/images/')) return '/' + file.slice('docs/'.length)
  const kind = statSync(join(top, file)).isDirectory() ? 'tree' : 'blob'
  return `${repository}/${kind}/main/${file}${anchor}`
}

// page makes a page: links lead where they lead on the site, and comments are left out.
function page(text, from) {
  let fence = '', comment = false
  const lines = []
  for (let line of text.split('\n')) {
    const mark = /^\s*(```+|~~~+)/.exec(line)
    if (!comment && mark && (!fence || mark[1].startsWith(fence))) {
      fence = fence ? '' : mark[1]
      lines.push(line)
      continue
    }
    if (fence) {
      lines.push(line)
      continue
    }
    if (comment) {
      const end = line.indexOf('-->')
      if (end < 0) continue
      comment = false
      line = line.slice(end + 3)
    }
    line = line.replace(/<!--.*?-->/g, '')
    const begin = line.indexOf('<!--')
    if (begin >= 0) {
      comment = true
      line = line.slice(0, begin)
    }
    if (/^\|[\s:|-]+\|$/.test(line)) lines.push(named(lines.pop()))
    lines.push(line.replace(/\]\(([^()\s]+)\)/g, (_, target) => `](${link(target, from)})`))
  }
  return lines.join('\n')
}

// named gives each column of a table a name, which a screen reader says.
function named(header) {
  const cells = header.replace(/^\||\|$/g, '').split('|')
  return '|' + cells.map((cell, i) => cell.trim() || `<span class="visually-hidden">${i === 0 ? 'what' : 'about it'}</span>`).join('|') + '|'
}

const titleOf = (file) => /^# (.+)$/m.exec(readFileSync(join(top, file), 'utf8'))[1].replaceAll('`', '')

// sidebar has the tables of docs/README.md: a group for each, with the titles of the pages.
function sidebar() {
  const groups = []
  for (const line of readFileSync(join(top, 'docs/README.md'), 'utf8').split('\n')) {
    const heading = /^## (.+)$/.exec(line)
    if (heading) groups.push({ text: heading[1], items: [] })
    const row = /^\| \[[^\]]*\]\(([^)#]+)\)/.exec(line)
    if (!row) continue
    const file = posix.normalize(posix.join('docs', row[1]))
    const page = pageOf.get(file) || pageOf.get(posix.join(file, 'README.md'))
    if (page) groups.at(-1).items.push({ text: page === 'index.md' ? 'README' : titleOf(pageOf.has(file) ? file : posix.join(file, 'README.md')), link: '/' + page.replace(/\.md$/, '').replace(/(^|\/)index$/, '$1') })
  }
  return groups
}

rmSync(pages, { recursive: true, force: true })
rmSync(join(here, 'out'), { recursive: true, force: true })
for (const [file, name] of pageOf) {
  mkdirSync(dirname(join(pages, name)), { recursive: true })
  writeFileSync(join(pages, name), page(readFileSync(join(top, file), 'utf8'), file))
}
cpSync(join(top, 'docs/images'), join(pages, 'images'), { recursive: true })
writeFileSync(join(here, '.vitepress/sidebar.json'), JSON.stringify(sidebar(), null, 2) + '\n')
await build(here)

// Every link of the site leads to a page of it, and every anchor to a heading.
const base = process.env.SITE_BASE || '/'
const out = join(here, 'out')
const files = readdirSync(out, { recursive: true })
const anchors = new Map()
for (const name of files.filter((name) => name.endsWith('.html'))) {
  const text = readFileSync(join(out, name), 'utf8')
  anchors.set(name, { text, ids: new Set([...text.matchAll(/\sid="([^"]*)"/g)].map((m) => m[1])) })
}
const broken = []
let checked = 0
for (const [name, { text }] of anchors) {
  for (const [, attribute] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(attribute)) {
      if (/^https?:/.test(attribute) || attribute.startsWith('data:') || attribute.startsWith('mailto:')) continue
      broken.push(`${name}: ${attribute}`)
      continue
    }
    checked++
    const [path, hash] = attribute.replaceAll('&amp;', '&').split('#')
    let target = path === '' ? name : path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(name), path)
    if (target === '' || target.endsWith('/')) target += 'index.html'
    if (!files.includes(target) && files.includes(target + '.html')) target += '.html'
    const page = anchors.get(target)
    if (!files.includes(target) || hash && page && !page.ids.has(decodeURIComponent(hash))) broken.push(`${name}: ${attribute}`)
  }
}
if (broken.length > 0) {
  console.error(`${broken.length} links lead to nothing:\n` + [...new Set(broken)].join('\n'))
  process.exit(1)
}
console.log(`${anchors.size} pages, ${checked} links checked`)
