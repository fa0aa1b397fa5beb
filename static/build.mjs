// Builds static/dist/ from static/src/: one style sheet, one script, the icons the templates name, pictures and fonts.
// Every file carries a hash of its content in its name; manifest.json says which name belongs to which source.
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { fallbackFor, refuseLightDarkOutsideTokens } from "./fallback.mjs";
import { hashesOfStyles } from "./player-styles.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const target = join(here, "dist");
const iconSource = join(here, "..", "node_modules", "bootstrap-icons", "icons");

async function main() {
  await refuseLightDarkOutsideTokens(join(source, "css"));
  const [bundle, icons] = await Promise.all([bundleSources(), collectIcons()]);
  await mkdir(target, { recursive: true });
  const written = ["manifest.json", "icons.json", "keys.json", "player-styles.json"];
  for (const file of bundle.outputFiles) {
    written.push(basename(file.path));
    await writeFile(join(target, basename(file.path)), file.contents);
  }
  await writeJson("icons.json", icons);
  await writeJson("keys.json", JSON.parse(await readFile(join(source, "keys.json"), "utf8")));
  await writeJson("player-styles.json", await hashesOfStyles(Object.keys(bundle.metafile.inputs)));
  // Last, so that a running server never reads the name of a file that is not there yet.
  await writeJson("manifest.json", namesBySource(bundle.metafile));
  await removeAllBut(written);
  console.log(`static/dist: ${written.length} files, ${Object.keys(icons).length} icons`);
}

function bundleSources() {
  return build({
    entryPoints: ["app.js", "embed.js", "app.css", "logo.svg", "art-dusk.svg", "art-morning.svg"].map((name) => join(source, name)),
    outdir: target,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    // What a page imports only when it needs it is a file of its own.
    splitting: true,
    chunkNames: "[name]-[hash]",
    // light-dark() has its own fallback, the rest of the style sheet and all scripts run in these.
    target: ["chrome111", "firefox115", "safari16.4"],
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "copy", ".svg": "copy" },
    legalComments: "none",
    logLevel: "warning",
    plugins: [generatedFallback],
  });
}

const generatedFallback = {
  name: "generated-fallback",
  setup(bundler) {
    bundler.onResolve({ filter: /^generated:fallback$/ }, ({ path }) => ({ path, namespace: "generated" }));
    bundler.onLoad({ filter: /.*/, namespace: "generated" }, async () => ({
      contents: fallbackFor(await readFile(join(source, "css", "tokens.css"), "utf8")),
      loader: "css",
    }));
  },
};

function namesBySource(metafile) {
  const names = {};
  for (const [path, output] of Object.entries(metafile.outputs)) {
    // What several scripts share has a file of its own, which no page names.
    if (path.endsWith(".js") && !output.entryPoint) continue;
    const [input] = output.entryPoint ? [output.entryPoint] : Object.keys(output.inputs);
    names[basename(input)] = basename(path);
  }
  return Object.fromEntries(Object.entries(names).sort());
}

async function collectIcons() {
  const names = (await readFile(join(source, "icons.txt"), "utf8")).split("\n").map((line) => line.trim()).filter(Boolean);
  const icons = {};
  for (const name of names.sort()) {
    const svg = await readFile(join(iconSource, `${name}.svg`), "utf8").catch(() => {
      throw new Error(`${relative(process.cwd(), join(source, "icons.txt"))}: Bootstrap Icons has no icon "${name}"`);
    });
    icons[name] = svg.replace(/^[^]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
  }
  return icons;
}

async function writeJson(name, value) {
  const path = join(target, name);
  await writeFile(`${path}.new`, `${JSON.stringify(value, null, 1)}\n`);
  await rename(`${path}.new`, path);
}

async function removeAllBut(names) {
  const stale = (await readdir(target)).filter((name) => !names.includes(name));
  await Promise.all(stale.map((name) => rm(join(target, name), { recursive: true })));
}

main().catch((error) => {
  console.error(`static/build.mjs: ${error.message}`);
  process.exitCode = 1;
});
