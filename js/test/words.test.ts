import { expect, test } from "vitest";
import { seconds, usd } from "../src/core/words";

// As `runware_nb/display/figures.py` writes them.
test.each([
	[0, "$0.00"],
	[0.0000035, "$0.0000035"],
	[0.0013, "$0.0013"],
	[0.0524, "$0.0524"],
	[0.18, "$0.18"],
	[0.2, "$0.20"],
	[1, "$1.00"],
	[12.5, "$12.50"],
	[1234.567, "$1,234.57"],
])("%d USD is written %s", (amount, written) => {
	expect(usd(amount)).toBe(written);
});

test.each([
	[0.04, "0.0 s"],
	[1.84, "1.8 s"],
	[41.2, "41 s"],
	[59.7, "1 min"],
	[125, "2 min 5 s"],
	[Number.NaN, "? s"],
])("%d seconds are written %s", (value, written) => {
	expect(seconds(value)).toBe(written);
});
