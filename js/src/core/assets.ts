/**
 * Originals: from the Jupyter server where it can see the file, else over the kernel's socket, in parts.
 * Jupyter drops what exceeds 1 MB/s over 3 s, of all that a kernel sends; hence the pace.
 */
import type { AnyModel } from "@anywidget/types";
import { type Answer, ask, Silence } from "./ask";
import { page } from "./page";
import { words } from "./words";

const ANSWER_LIMIT = 10_000;
const PART_LIMIT = 4_000;
const TRIES = 3;
const WINDOW = 3_000;
const WINDOW_BYTES = 2_500_000;
const PART_BYTES = 512 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;

/** Get an address of the file that has a key: of the server, or a blob: URL that the caller revokes. */
export async function located(
	model: AnyModel,
	key: string,
	signal: AbortSignal,
): Promise<string> {
	const asset = { kind: "asset", key, ...server() };
	const limits = { milliseconds: ANSWER_LIMIT, signal };
	const { content } = await ask(model, asset, ["key"], limits);
	const { href, bytes, mime } = content as {
		href: string;
		bytes: number;
		mime: string;
	};
	if (href && (await serves(href, bytes, signal))) {
		return href;
	}
	if (bytes > MOST_BYTES) {
		throw new Error(words.assets.large(Math.round(bytes / 1e6)));
	}
	const parts = await pulled(model, key, bytes, signal);
	return URL.createObjectURL(new Blob(parts, { type: mime }));
}

/** JupyterLab's own folder and address, as it tells its page; empty elsewhere. */
export function server(): { root: string; base: string } {
	const config = document.getElementById("jupyter-config-data")?.textContent;
	const { serverRoot, baseUrl } = JSON.parse(config || "{}");
	return { root: String(serverRoot ?? ""), base: String(baseUrl ?? "") };
}

/** Whether the server has that file: the kernel may be on another machine. */
async function serves(
	href: string,
	bytes: number,
	signal: AbortSignal,
): Promise<boolean> {
	const address = new URL(href, location.href);
	if (address.origin !== location.origin) {
		return false;
	}
	try {
		const answer = await fetch(address, { method: "HEAD", signal });
		return answer.ok && Number(answer.headers.get("content-length")) === bytes;
	} catch {
		return false;
	}
}

async function pulled(
	model: AnyModel,
	key: string,
	total: number,
	signal: AbortSignal,
): Promise<BlobPart[]> {
	const parts: BlobPart[] = [];
	let offset = 0;
	while (offset < total) {
		const { buffer } = await inTurn(() => part(model, key, offset, signal));
		if (buffer.length === 0) {
			break;
		}
		parts.push(buffer as BlobPart);
		offset += buffer.length;
	}
	if (offset !== total) {
		throw new Error(words.assets.incomplete);
	}
	return parts;
}

/** One part at a time on the whole page, whoever asks: the limit is on them all together. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
	const shared = page();
	const mine = shared.part.then(room).then(work);
	shared.part = mine.catch(() => undefined);
	return mine;
}

/** Wait until another part fits into what may come within the window. */
async function room(): Promise<void> {
	const shared = page();
	const since = performance.now() - WINDOW;
	while (shared.arrivals[0] && shared.arrivals[0].at <= since) {
		shared.arrivals.shift();
	}
	const sum = shared.arrivals.reduce((sum, { bytes }) => sum + bytes, 0);
	const [oldest] = shared.arrivals;
	if (oldest && sum + PART_BYTES > WINDOW_BYTES) {
		await new Promise((done) => setTimeout(done, oldest.at - since));
		await room();
	}
}

async function part(
	model: AnyModel,
	key: string,
	offset: number,
	signal: AbortSignal,
): Promise<Answer> {
	const message = { kind: "part", key, offset };
	const limits = { milliseconds: PART_LIMIT, signal };
	for (let tried = 1; ; tried++) {
		page().arrivals.push({ at: performance.now(), bytes: PART_BYTES });
		try {
			return await ask(model, message, ["key", "offset"], limits);
		} catch (error) {
			if (!(error instanceof Silence) || signal.aborted || tried === TRIES) {
				throw error;
			}
		}
	}
}
