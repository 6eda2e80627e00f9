/**
 * Build the front end into runware_nb/static/, with manifest.json: {file: {sha256, bytes}}.
 *
 * Each js/src/widgets/NAME.ts(x) becomes NAME.mjs, the `_esm` of one widget, and NAME.css beside it becomes
 * its `_css`. Each js/src/chunks/NAME.ts becomes NAME.mjs as well: heavy code, sent only where it is used.
 * Each js/src/pages/NAME.ts becomes the NAME.mjs that stands in an exported page.
 * A saved notebook may hold one copy of `_esm` for each widget shown, hence the budgets.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCE = join(ROOT, "js", "src");
const STATIC = join(ROOT, "runware_nb", "static");
const KIB = 1024;
const BUDGETS = { widgets: 64 * KIB, chunks: 720 * KIB, pages: 8 * KIB };
// Names, not places: nothing is ever loaded from them.
const NAMESPACES = /^https?:\/\/(www\.w3\.org|x\.invalid)\//;

async function compile(folder) {
	const from = join(SOURCE, folder);
	if (!existsSync(from)) {
		return [];
	}
	const sources = (await readdir(from)).filter((name) =>
		/(?<!\.d)\.(ts|tsx|css)$/.test(name),
	);
	const { outputFiles } = await build({
		entryPoints: sources.map((name) => join(from, name)),
		outdir: STATIC,
		outExtension: { ".js": ".mjs" },
		bundle: true,
		format: "esm",
		target: "es2022",
		minify: true,
		charset: "utf8",
		// The licences of what is bundled lie beside it: NAME.mjs.LEGAL.txt.
		legalComments: "external",
		jsx: "automatic",
		jsxImportSource: "preact",
		loader: { ".wasm": "binary" },
		// Widgets are imported from a blob: URL, which `new URL(..., import.meta.url)` cannot stand on.
		define: { "import.meta.url": '"https://x.invalid/x.js"' },
		logLevel: "warning",
		write: false,
	});
	for (const file of outputFiles.filter(({ path }) => !/txt$/.test(path))) {
		check(file, BUDGETS[folder]);
	}
	return outputFiles;
}

function check({ path, contents, text }, budget) {
	if (contents.length > budget) {
		throw new Error(
			`${basename(path)} is ${contents.length} bytes; its budget is ${budget}`,
		);
	}
	const addresses = text.match(/https?:\/\/[^\s"'`)\\]+/g) ?? [];
	const strangers = addresses.filter((address) => !NAMESPACES.test(address));
	if (strangers.length > 0) {
		throw new Error(
			`${basename(path)} names other servers: ${strangers.join(", ")}`,
		);
	}
}

/** Write a file whole, so that a kernel never reads half of it. */
async function put(name, contents) {
	await writeFile(join(STATIC, `.${name}`), contents);
	await rename(join(STATIC, `.${name}`), join(STATIC, name));
}

async function main() {
	const files = (await Promise.all(Object.keys(BUDGETS).map(compile))).flat();
	const manifest = {};
	await mkdir(STATIC, { recursive: true });
	for (const { path, contents } of files) {
		const name = basename(path);
		if (name in manifest) {
			throw new Error(`two sources make ${name}`);
		}
		const sha256 = createHash("sha256").update(contents).digest("hex");
		manifest[name] = { sha256, bytes: contents.length };
		await put(name, contents);
	}
	await put("manifest.json", `${JSON.stringify(manifest, null, "\t")}\n`);
	for (const name of await readdir(STATIC)) {
		if (!(name in manifest) && name !== "manifest.json") {
			await rm(join(STATIC, name), { recursive: true });
		}
	}
	for (const [name, { bytes }] of Object.entries(manifest)) {
		console.log(`${String(bytes).padStart(8)}  ${name}`);
	}
}

main().catch((error) => {
	console.error(`build: ${error.message}`);
	process.exitCode = 1;
});
