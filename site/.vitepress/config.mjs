import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import { slug } from '../slug.mjs'

const repository = 'https://github.com/bootzip/bootzip'

export default defineConfig({
  title: 'bootzip',
  description: 'Turns source code into what AWS Lambda is sure to start',
  lang: 'en',
  base: process.env.SITE_BASE || '/',
  srcDir: 'pages',
  outDir: 'out',
  cacheDir: 'cache',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: { anchor: { slugify: slug }, theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Documentation', link: '/documentation' },
      { text: 'Checks', link: '/checks' },
      { text: 'Failures', link: '/failures' },
    ],
    sidebar: JSON.parse(readFileSync(new URL('./sidebar.json', import.meta.url), 'utf8')),
    socialLinks: [{ icon: 'github', link: repository }],
  },
})
