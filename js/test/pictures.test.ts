import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pictures } from "../src/grid/pictures";

const open = new Set<string>();
const data = new DataView(new ArrayBuffer(4));
let pictures: Pictures;

beforeEach(() => {
	let made = 0;
	open.clear();
	vi.spyOn(URL, "createObjectURL").mockImplementation(() => {
		const url = `blob:${made++}`;
		open.add(url);
		return url;
	});
	vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => {
		open.delete(url);
	});
	pictures = new Pictures();
});

afterEach(() => {
	vi.restoreAllMocks();
});

function put(from: number, to: number): void {
	for (let id = from; id < to; id++) {
		pictures.put(id, data, "image/webp");
	}
}

test("at most 600 are held, and the others are revoked", () => {
	put(0, 10_000);

	expect(open.size).toBe(600);
	expect([pictures.has(9399), pictures.has(9400)]).toEqual([false, true]);
});

test("what was shown lately stays", () => {
	put(0, 600);
	pictures.get(0);
	put(600, 601);

	expect([pictures.has(0), pictures.has(1)]).toEqual([true, false]);
});

test("a new picture of a cell takes the place of the old", () => {
	put(7, 8);
	put(7, 8);

	expect(open.size).toBe(1);
	expect(pictures.get(7)).toBe("blob:1");
});

test("cleared, none is held", () => {
	put(0, 50);
	pictures.clear();

	expect(open.size).toBe(0);
	expect(pictures.get(3)).toBe("");
});
