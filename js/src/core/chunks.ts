/**
 * Heavy code, sent by the kernel where it is used, so that saved notebooks do not hold a copy for each widget.
 * A page loads each version of a chunk once, whoever asks.
 */
import type { AnyModel } from "@anywidget/types";
import { ask } from "./ask";
import { page } from "./page";
import { words } from "./words";

const TIME_LIMIT = 15_000;

/** Load a chunk. Rejects with one line for the user. */
export function loaded<T>(
	model: AnyModel,
	name: string,
	signal: AbortSignal,
): Promise<T> {
	const { asked } = page();
	const before = asked.get(name) ?? Promise.resolve();
	const now = before.then(() => load(model, name, signal));
	asked.set(
		name,
		now.catch(() => undefined),
	);
	return now as Promise<T>;
}

/** Tell the kernel which versions the page has: it sends its own only if it is not among them. */
async function load(
	model: AnyModel,
	name: string,
	signal: AbortSignal,
): Promise<unknown> {
	const { modules, arrivals } = page();
	const have = [...modules.keys()]
		.filter((key) => key.startsWith(`${name} `))
		.map((key) => key.slice(name.length + 1));
	const message = { kind: "chunk", name, have };
	const { content, buffer } = await ask(model, message, ["name"], {
		milliseconds: TIME_LIMIT,
		signal,
	});
	arrivals.push({ at: performance.now(), bytes: buffer.length });
	const key = `${name} ${content.sha256}`;
	const module = modules.get(key) ?? imported(name, buffer);
	modules.set(key, module);
	module.catch(() => modules.delete(key));
	return module;
}

async function imported(name: string, code: Uint8Array): Promise<unknown> {
	const blob = new Blob([code as BlobPart], { type: "text/javascript" });
	const url = URL.createObjectURL(blob);
	try {
		return await import(/* @vite-ignore */ url);
	} catch (error) {
		console.warn(error);
		throw new Error(words.chunks.failed(name));
	} finally {
		URL.revokeObjectURL(url);
	}
}
