import type { AnyModel, RenderProps } from "@anywidget/types";

type Render<T extends Record<string, unknown>> = (
	props: RenderProps<T>,
) => () => void;

/** What JupyterLab's style of rendered HTML hangs on: margins and bullets that a widget has not asked for. */
const PROSE = "jp-RenderedHTMLCommon";

/**
 * A widget that draws itself where its static form stands on the page, and gives the place back as it goes. So the
 * notebook holds the static form alone, and reads without a kernel: JupyterLab shows "model not found" for a saved view
 * that has lost its model, whatever else its output holds. Outputs come and go, so the page is watched; a kernel goes
 * without a word, and JupyterLab keeps the models of a notebook that was closed, so that is looked at too.
 *
 * `render` is still there for front ends that keep widgets and outputs on pages apart.
 */
export function placed<T extends Record<string, unknown>>(render: Render<T>) {
	function initialize({ model }: { model: AnyModel }): () => void {
		const mark = `[data-runware-widget="${model.get("place")}"]`;
		const shown = new Map<Element, () => void>();
		const watcher = new MutationObserver(soon);
		const kernel = kernelOf(model);
		let frame = 0;

		function soon(): void {
			cancelAnimationFrame(frame);
			frame = requestAnimationFrame(look);
		}

		function look(): void {
			if (kernel === null || kernelOf(model) !== kernel) {
				leave();
				return;
			}
			for (const [place, end] of shown) {
				if (!place.isConnected) {
					shown.delete(place);
					end();
				}
			}
			for (const place of document.querySelectorAll(mark)) {
				if (!shown.has(place)) {
					shown.set(place, mount(place));
				}
			}
		}

		function mount(place: Element): () => void {
			const still = [...place.childNodes];
			const el = document.createElement("div");
			const prose = place.closest(`.${PROSE}`);
			prose?.classList.remove(PROSE);
			place.replaceChildren(el);
			const end = render({ model, el } as unknown as RenderProps<T>);
			return () => {
				end();
				place.replaceChildren(...still);
				prose?.classList.add(PROSE);
			};
		}

		function leave(): void {
			cancelAnimationFrame(frame);
			watcher.disconnect();
			model.off("comm_live_update", leave);
			for (const end of shown.values()) {
				end();
			}
			shown.clear();
		}

		watcher.observe(document.body, { childList: true, subtree: true });
		model.on("comm_live_update", leave); // told only as the kernel restarts
		soon();
		return leave;
	}

	return { initialize, render };
}

/** JupyterLab's manager of widgets, as far as it is known to tell that its notebook or its kernel has gone. */
type Manager = { isDisposed?: boolean; kernel?: object | null };

/** The kernel a model is of: `null` if there is none any more, `undefined` where the front end does not tell. */
function kernelOf({ widget_manager }: AnyModel): object | null | undefined {
	const manager = widget_manager as Manager | undefined;
	return manager?.isDisposed ? null : manager?.kernel;
}
