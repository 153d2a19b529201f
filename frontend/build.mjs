// Bundles frontend/ into the folder given as the first argument. Run by scripts/build_frontend.py.
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as esbuild from 'esbuild';
import * as sass from 'sass';

const out = path.resolve(process.argv[2]);
const here = path.dirname(new URL(import.meta.url).pathname);
const target = ['chrome87', 'firefox91', 'safari15'];

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const scripts = await esbuild.build({
  entryPoints: { app: path.join(here, 'js/app.js') },
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: true,
  sourcemap: false,
  legalComments: 'none',
  target,
  outdir: out,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  metafile: true,
  logLevel: 'warning',
});

const style = sass.compile(path.join(here, 'css/app.scss'), {
  loadPaths: [path.resolve(here, '../node_modules')],
  style: 'expanded',
  quietDeps: true,
});
const css = (await esbuild.transform(style.css, { loader: 'css', minify: true, target, legalComments: 'none' })).code;
const cssName = `app-${createHash('sha256').update(css).digest('hex').slice(0, 8).toUpperCase()}.css`;
await writeFile(path.join(out, cssName), css);

const manifest = { 'app.css': cssName };
const sizes = { [cssName]: css.length };
for (const [file, about] of Object.entries(scripts.metafile.outputs)) {
  const name = path.basename(file);
  sizes[name] = about.bytes;
  if (about.entryPoint?.endsWith('js/app.js')) {
    manifest['app.js'] = name;
    manifest['app.js preload'] = about.imports.filter((i) => i.kind === 'import-statement').map((i) => path.basename(i.path));
  }
}
const first = [manifest['app.js'], ...manifest['app.js preload']];
manifest.ordinaryPageScriptBytes = first.reduce((sum, name) => sum + sizes[name], 0);
await writeFile(path.join(out, 'manifest.json'), JSON.stringify(manifest, null, 1));
console.log(`styles ${(css.length / 1024).toFixed(0)} KB, scripts of an ordinary page ${(manifest.ordinaryPageScriptBytes / 1024).toFixed(0)} KB`);
