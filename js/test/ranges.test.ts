import { expect, test } from "vitest";
import type { Range } from "../src/past/protocol";
import { added, has, size, toggled } from "../src/past/ranges";

const SOME: Range[] = [
	[2, 4],
	[8, 8],
];

test("ranges that touch become one, whichever end comes first", () => {
	expect(added(SOME, 7, 5)).toEqual([[2, 8]]);
	expect(added([], 0, 99_999)).toEqual([[0, 99_999]]);
	expect(added(SOME, 0, 0)).toEqual([[0, 0], ...SOME]);
});

test("a row in the middle is taken out of its range", () => {
	expect(toggled(SOME, 3)).toEqual([
		[2, 2],
		[4, 4],
		[8, 8],
	]);
	expect(toggled(SOME, 8)).toEqual([[2, 4]]);
	expect(toggled(toggled(SOME, 3), 3)).toEqual(SOME);
});

test("rows are counted and found without being listed", () => {
	expect(size(SOME)).toBe(4);
	expect([1, 2, 4, 5, 8].map((row) => has(SOME, row))).toEqual([
		false,
		true,
		true,
		false,
		true,
	]);
});

test("what is changed is another selection", () => {
	added(SOME, 5, 7);
	toggled(SOME, 2);

	expect(SOME).toEqual([
		[2, 4],
		[8, 8],
	]);
});
