import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Supply } from "../view/stage";

/** A chunk that draws. It has a Preact of its own, and draws into the box that it is given. */
export interface Drawing<P> {
	/** Draw, or with nothing to draw, take it away. */
	draw(box: HTMLElement, what: P | null): void;
}

type Options = {
	/** Have the code come before there is anything to draw. */
	isSoon?: boolean;
	/** Take one line for the user: the code cannot be had. It is asked for again with the next thing to draw. */
	onFailed(message: string): void;
};

/** Have a chunk draw into a box. Its code comes with the first thing to draw, or before. */
export function useDrawn<P>(
	supply: Supply,
	name: string,
	what: P | null,
	{ isSoon = false, onFailed }: Options,
): { box: RefObject<HTMLDivElement | null>; isHere: boolean } {
	const box = useRef<HTMLDivElement>(null);
	const [chunk, setChunk] = useState<Drawing<P> | null>(null);
	const isAsked = what !== null;

	useLayoutEffect(() => {
		let isLate = false;
		if (!chunk && (isSoon || isAsked)) {
			supply.chunk<Drawing<P>>(name).then(setChunk, ({ message }: Error) => {
				if (isAsked && !isLate) {
					onFailed(message);
				}
			});
		}
		return () => {
			isLate = true;
		};
	}, [isSoon, isAsked]);
	useLayoutEffect(() => {
		if (box.current) {
			chunk?.draw(box.current, what);
		}
	});
	useLayoutEffect(() => {
		const here = box.current;
		return () => {
			if (here) {
				chunk?.draw(here, null);
			}
		};
	}, [chunk]);

	return { box, isHere: chunk !== null };
}
