import { defineConfig } from 'vitepress';
import { apiSection } from '../api-section.mjs';
import { REPOSITORY, sections } from '../contents.mjs';

export default defineConfig({
  title: 'Throughline',
  description: 'Distributed tracing for Node.js without monkey-patching',
  srcDir: 'pages',
  outDir: 'dist', // for `vitepress serve` too
  cleanUrls: true,
  ignoreDeadLinks: 'localhostLinks',
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/first-trace' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: {
      '/api/': [apiSection()],
      '/': sections.map(({ title, pages }) => ({
        text: title,
        items: pages.map(([text, , address]) => ({ text, link: `/${address}` })),
      })),
    },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
  },
});
