import { expect, test } from "vitest";
import { reveal, span } from "../src/grid/window";

test.each([
	["at the top", 0, { first: 0, last: 6 }],
	["in the midst", 1000, { first: 8, last: 16 }],
	["at the end", 9600, { first: 94, last: 100 }],
	[
		"scrolled past the end, as after a filter",
		50_000,
		{ first: 100, last: 100 },
	],
])(
	"%s it holds what is seen and two more on either side",
	(_, offset, expected) => {
		expect(span(offset, 400, 100, 100, 2)).toEqual(expected);
	},
);

test("however many rows there are, as many are drawn", () => {
	const { first, last } = span(123_456, 600, 198, 1_000_000, 2);

	expect(last - first).toBeLessThanOrEqual(9);
});

test("what is in view is not moved", () => {
	expect(reveal(250, 400, 100, 4)).toBe(250);
});

test.each([
	["above", 2, 200],
	["below", 9, 600],
])("what lies %s is brought just into view", (_, index, expected) => {
	expect(reveal(300, 400, 100, index)).toBe(expected);
});
