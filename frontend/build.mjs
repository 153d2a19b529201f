// Bundles frontend/ into the folder given as the first argument. Run by scripts/build_frontend.py.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
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
// The licences of everything that went in travel with it.
const inputs = [...Object.keys(scripts.metafile.inputs), ...style.loadedUrls.map((url) => url.pathname)];
const packages = new Set(inputs.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]).filter(Boolean));
for (const name of [...packages]) {
  // What a package has inlined: its own dependencies.
  const about = JSON.parse(await readFile(path.resolve(here, '../node_modules', name, 'package.json'), 'utf8'));
  if (name.startsWith('@alpinejs/')) Object.keys(about.dependencies).forEach((inlined) => packages.add(inlined));
}
const notices = [];
for (const name of [...packages].sort()) {
  const folder = path.resolve(here, '../node_modules', name);
  const about = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  notices.push(`${name} ${about.version} (${about.license})`);
  for (const file of (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file))) {
    notices.push(await readFile(path.join(folder, file), 'utf8').catch(() => ''));
  }
}
await writeFile(path.join(out, 'licenses.txt'), notices.join('\n\n'));

const first = [manifest['app.js'], ...manifest['app.js preload']];
manifest.ordinaryPageScriptBytes = first.reduce((sum, name) => sum + sizes[name], 0);
await writeFile(path.join(out, 'manifest.json'), JSON.stringify(manifest, null, 1));
console.log(`styles ${(css.length / 1024).toFixed(0)} KB, scripts of an ordinary page ${(manifest.ordinaryPageScriptBytes / 1024).toFixed(0)} KB`);
