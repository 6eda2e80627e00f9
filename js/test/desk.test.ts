import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Desk } from "../src/grid/desk";
import type { Traits } from "../src/grid/protocol";
import { cell, model } from "./grid";
import type { Model } from "./model";

let kernel: Model<Traits>;
let desk: Desk;

beforeEach(() => {
	vi.useFakeTimers();
	kernel = model(2, 3);
	desk = new Desk(kernel.props(document.createElement("div")).model);
});

afterEach(() => {
	desk.dispose();
	vi.useRealTimers();
});

test("the cell at a place is that of its row and column, and there is none outside", () => {
	expect(desk.idAt(1, 2)).toBe(5);
	expect([desk.idAt(-1, 0), desk.idAt(0, -1), desk.idAt(2, 0)]).toEqual([
		-1, -1, -1,
	]);
});

test("of many tellings of what is on screen, the last is sent, with what is not known", () => {
	kernel.tell({ kind: "cells", cells: [cell(1)] });
	desk.look([0]);
	desk.look([0, 1]);
	vi.advanceTimersByTime(100);
	desk.look([0, 1]);
	vi.advanceTimersByTime(100);

	expect(kernel.sent).toEqual([{ kind: "look", ids: [0, 1], lack: [0] }]);
});

test("a picture that was let go is asked for again", () => {
	kernel.tell(
		{ kind: "cells", cells: [cell(0, { thumb: 0 })] },
		new Uint8Array(4),
	);
	expect(desk.pictures.has(0)).toBe(true);
	desk.refresh();
	desk.look([0]);
	vi.advanceTimersByTime(100);

	expect(kernel.sent).toEqual([{ kind: "look", ids: [0], lack: [0] }]);
});

test("each cell gets the picture that it names", () => {
	const put = vi.spyOn(desk.pictures, "put");
	kernel.tell(
		{
			kind: "cells",
			cells: [
				cell(3, { thumb: 1, mime: "image/webp" }),
				cell(4),
				cell(5, { thumb: 0 }),
			],
		},
		Uint8Array.of(1),
		Uint8Array.of(2),
	);

	expect(put.mock.calls.map(([id, data]) => [id, data.getUint8(0)])).toEqual([
		[3, 2],
		[5, 1],
	]);
});

test("a kernel that sends nothing that is lacking is told to be silent", () => {
	desk.look([0]);
	vi.advanceTimersByTime(5200);
	expect(desk.isSilent).toBe(true);

	kernel.tell({ kind: "cells", cells: [cell(0)] });
	expect(desk.isSilent).toBe(false);
});

test("a click that is not heard is told of until it is, though cells go on to come", () => {
	desk.ask({ kind: "stop" });
	vi.advanceTimersByTime(1900);
	expect(desk.isUnheard).toBe(false);
	kernel.tell({ kind: "cells", cells: [cell(0)] });
	vi.advanceTimersByTime(200);
	expect(desk.isUnheard).toBe(true);

	kernel.tell({ kind: "heard" });
	expect(desk.isUnheard).toBe(false);
});

test("a click that is heard at once is never told of", () => {
	desk.ask({ kind: "pause" });
	kernel.tell({ kind: "heard" });
	vi.advanceTimersByTime(10_000);

	expect(desk.isUnheard).toBe(false);
});

test("many changes are drawn once", () => {
	const draw = vi.fn();
	desk.onChange = draw;
	for (const states of ["ddd", "ddq", "ddr"]) {
		kernel.set("states", states);
	}
	vi.advanceTimersByTime(50);

	expect(draw).toHaveBeenCalledOnce();
});

test("while the next pair is asked for, the last one is not shown", () => {
	kernel.tell({ kind: "pair", pair: null });
	expect(desk.duel).toBeNull();

	desk.asksForPair({ kind: "pair" });

	expect(desk.duel).toBeUndefined();
});

test("disposed, it listens to nothing", () => {
	desk.dispose();

	expect(kernel.listening).toBe(0);
});
