import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** What a box shows of what is in it, in pixels. */
export type Scrolled = {
	left: number;
	top: number;
	width: number;
	height: number;
};

/** Follow what a box shows, as it is scrolled and sized. As long as it has no size of its own, it has that of `usual`. */
export function useScrolled(
	box: RefObject<HTMLElement | null>,
	usual: { width: number; height: number },
): Scrolled {
	const [scrolled, setScrolled] = useState({ left: 0, top: 0, ...usual });

	useLayoutEffect(() => {
		const element = box.current;
		if (!element) {
			return;
		}
		const measure = () => {
			const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
			setScrolled({
				left: scrollLeft,
				top: scrollTop,
				width: clientWidth || usual.width,
				height: clientHeight || usual.height,
			});
		};
		const watcher = new ResizeObserver(measure);
		watcher.observe(element);
		element.addEventListener("scroll", measure, { passive: true });
		measure();
		return () => {
			watcher.disconnect();
			element.removeEventListener("scroll", measure);
		};
	}, []);

	return scrolled;
}
