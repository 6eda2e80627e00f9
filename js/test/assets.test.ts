import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { supplied } from "../src/core/supply";
import { words } from "../src/core/words";
import { Model } from "./model";
import { source } from "./source";

const PART = 512 * 1024;

let blobs: Blob[];

beforeEach(() => {
	delete (globalThis as { __runware_nb?: unknown }).__runware_nb;
	document.body.replaceChildren();
	blobs = [];
	vi.useFakeTimers();
	vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
		blobs.push(blob as Blob);
		return `blob:${blobs.length}`;
	});
	vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
});

afterEach(() => {
	vi.restoreAllMocks();
	vi.unstubAllGlobals();
	vi.useRealTimers();
});

type Part = { offset: number };

/** A kernel with one file; `drops` says how many answers get lost on the way. */
class Kernel extends Model<Record<string, never>> {
	href = "";
	drops = 0;
	readonly parts: { offset: number; at: number }[] = [];

	constructor(readonly file: Uint8Array) {
		super({});
	}

	override send(content: { kind: string; key: string } & Part): void {
		super.send(content);
		queueMicrotask(() => this.#answer(content));
	}

	#answer({ kind, key, offset }: { kind: string; key: string } & Part): void {
		const total = this.file.length;
		if (kind === "asset") {
			const mime = "image/png";
			this.tell({ kind, key, href: this.href, bytes: total, mime });
			return;
		}
		this.parts.push({ offset, at: performance.now() });
		if (this.drops-- > 0) {
			return;
		}
		const part = this.file.subarray(offset, offset + PART);
		this.tell({ kind, key, offset, total }, part);
	}
}

function kernel(bytes: number): Kernel {
	return new Kernel(Uint8Array.from({ length: bytes }, (_, n) => n % 251));
}

function supplyOf(model: Model<Record<string, never>>) {
	return supplied(model.props(document.body).model);
}

/** Let time pass until a promise is settled. */
async function settled<T>(promise: Promise<T>): Promise<T> {
	let isOver = false;
	const over = () => {
		isOver = true;
	};
	promise.then(over, over);
	while (!isOver) {
		await vi.advanceTimersByTimeAsync(100);
	}
	return promise;
}

test("a file that no server shows comes whole, in parts, with its own type", async () => {
	const model = kernel(1_300_000);

	const url = await settled(supplyOf(model).url(source()));

	expect(url).toBe("blob:1");
	expect(model.parts.map(({ offset }) => offset)).toEqual([0, PART, 2 * PART]);
	expect(blobs[0]?.type).toBe("image/png");
	const got = new Uint8Array((await blobs[0]?.arrayBuffer()) ?? []);
	expect(got.length).toBe(model.file.length);
	expect(got.every((byte, at) => byte === model.file[at])).toBe(true);
});

test("parts never come faster than Jupyter lets them through", async () => {
	const model = kernel(8_000_000);

	await settled(supplyOf(model).url(source()));

	for (const { at } of model.parts) {
		const within = model.parts.filter((p) => p.at >= at && p.at < at + 3000);
		expect(within.length * PART).toBeLessThan(3_000_000);
	}
});

test("two files share the pace, since they share the kernel's socket", async () => {
	const [one, other] = [kernel(3_000_000), kernel(3_000_000)];

	await settled(
		Promise.all([one, other].map((model) => supplyOf(model).url(source()))),
	);

	const parts = [...one.parts, ...other.parts].sort((a, b) => a.at - b.at);
	const first = parts.filter(({ at }) => at < (parts[0]?.at ?? 0) + 3000);
	expect(first.length * PART).toBeLessThan(3_000_000);
});

test("a part that got lost is asked for again", async () => {
	const model = kernel(600_000);
	model.drops = 2;

	await settled(supplyOf(model).url(source()));

	const offsets = model.parts.map(({ offset }) => offset);
	expect(offsets).toEqual([0, 0, 0, PART]);
});

test("after three tries the user is told, and may ask again", async () => {
	const model = kernel(1000);
	model.drops = 3;
	const supply = supplyOf(model);

	await expect(settled(supply.url(source()))).rejects.toThrow(
		words.kernel.silent,
	);

	expect(await settled(supply.url(source()))).toBe("blob:1");
});

test("a file is fetched once, however often it is asked for", async () => {
	const model = kernel(1000);
	const supply = supplyOf(model);

	await settled(Promise.all([supply.url(source()), supply.url(source())]));

	expect(model.sent).toHaveLength(2);
});

test("what the server shows is taken from the server", async () => {
	const model = kernel(1000);
	model.href = "/lab/files/fox.png";
	const answer = new Response(null, { headers: { "content-length": "1000" } });
	const fetched = vi.fn().mockResolvedValue(answer);
	vi.stubGlobal("fetch", fetched);

	const url = await settled(supplyOf(model).url(source()));

	expect(url).toBe("/lab/files/fox.png");
	expect(fetched.mock.calls[0]?.[1]).toMatchObject({ method: "HEAD" });
	expect(model.parts).toEqual([]);
});

test("another file of that name on the server is not taken for it", async () => {
	const model = kernel(1000);
	model.href = "/lab/files/fox.png";
	const answer = new Response(null, { headers: { "content-length": "999" } });
	vi.stubGlobal("fetch", vi.fn().mockResolvedValue(answer));

	expect(await settled(supplyOf(model).url(source()))).toBe("blob:1");
});

test("an address of another server is never asked", async () => {
	const model = kernel(1000);
	model.href = "https://example.org/fox.png";
	const fetched = vi.fn();
	vi.stubGlobal("fetch", fetched);

	expect(await settled(supplyOf(model).url(source()))).toBe("blob:1");
	expect(fetched).not.toHaveBeenCalled();
});

test("JupyterLab's folder and address are told to the kernel", async () => {
	const config = document.createElement("script");
	config.id = "jupyter-config-data";
	config.type = "application/json";
	config.textContent = JSON.stringify({ serverRoot: "~/n", baseUrl: "/u/" });
	document.body.append(config);
	const model = kernel(1000);

	await settled(supplyOf(model).url(source()));

	expect(model.sent[0]).toEqual({
		kind: "asset",
		key: "0",
		root: "~/n",
		base: "/u/",
	});
});

test("what was made of parts is let go of in the end", async () => {
	const supply = supplyOf(kernel(1000));
	await settled(supply.url(source()));

	supply.dispose();
	await vi.advanceTimersByTimeAsync(0);

	expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:1");
});
