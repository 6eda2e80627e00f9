import type { AnyModel } from "@anywidget/types";
import { render as draw } from "preact";
import { ask } from "../core/ask";
import { h } from "../core/dom";
import { type Opener, page } from "../core/page";
import { root } from "../core/root";
import { supplied } from "../core/supply";
import { openerWords } from "../core/words";
import { Dialog } from "../view/dialog";
import type { Source } from "../view/stage";
import { Viewer } from "./viewer";

const told = openerWords;
const TIME_LIMIT = 10_000;

/**
 * Give each card of the page a button that opens its result, as long as there is a kernel to answer. Cards come and go
 * with outputs, so the page is watched. Every kernel of this machine knows of every result, also of those before it:
 * so the newest has all the buttons, and the one before it when that is gone.
 */
function initialize({ model }: { model: AnyModel }): () => void {
	const { openers } = page();
	const leaving = new AbortController();
	const watcher = new MutationObserver(soon);
	const me: Opener = { equip, ask: open };
	let frame = 0;

	function soon(): void {
		cancelAnimationFrame(frame);
		frame = requestAnimationFrame(equip);
	}

	function equip(): void {
		if (openers.at(-1) !== me) {
			return;
		}
		const places = [...document.querySelectorAll("[data-runware]")];
		const bare = places.filter((place) => !place.querySelector(".rw-open"));
		if (bare.length === 0) {
			return;
		}
		try {
			model.send({ kind: "alive" }); // throws where the notebook was closed
		} catch {
			leave();
			return;
		}
		for (const place of bare) {
			place.append(" ", button(place));
		}
	}

	async function open(key: string): Promise<void> {
		const limits = { milliseconds: TIME_LIMIT, signal: leaving.signal };
		const answer = await ask(model, { kind: "open", key }, ["key"], limits);
		show(model, answer.content.sources as Source[]);
	}

	function leave(): void {
		const at = openers.indexOf(me);
		if (at < 0) {
			return;
		}
		openers.splice(at, 1);
		cancelAnimationFrame(frame);
		watcher.disconnect();
		leaving.abort();
		for (const each of document.querySelectorAll(".rw-open")) {
			each.remove();
		}
		openers.at(-1)?.equip();
	}

	openers.push(me);
	watcher.observe(document.body, { childList: true, subtree: true });
	soon();
	return leave;
}

function button(place: Element): HTMLButtonElement {
	const made = h(
		"button",
		{
			type: "button",
			class: "rw-open",
			title: told.title,
			// JupyterLab takes Enter on what is in an output for its own.
			"data-lm-suppress-shortcuts": "true",
		},
		told.open,
	);
	made.addEventListener("click", () => {
		if (made.getAttribute("aria-disabled") !== "true") {
			press(place, made);
		}
	});
	return made;
}

/** Have the newest kernel open what a card shows; if it cannot, the one before it. */
async function press(place: Element, pressed: HTMLElement): Promise<void> {
	const key = place.getAttribute("data-runware") ?? "";
	const line = h("span", { class: "rw-open-told", role: "status" });
	place.querySelector(".rw-open-told")?.remove();
	place.append(line);
	pressed.setAttribute("aria-disabled", "true");
	pressed.focus();
	for (const opener of [...page().openers].reverse()) {
		try {
			await opener.ask(key);
			line.remove();
			break;
		} catch (error) {
			line.textContent ||= (error as Error).message;
		}
	}
	pressed.removeAttribute("aria-disabled");
}

/** Open the viewer over the window, until it is closed. */
function show(model: AnyModel, sources: Source[]): void {
	const box = root("viewer");
	const supply = supplied(model);
	document.body.append(box);

	function close(): void {
		draw(null, box);
		supply.dispose();
		box.remove();
	}

	draw(
		<Dialog label={sources[0]?.alt || told.title} onClose={close}>
			<Viewer mode="single" sources={sources} supply={supply} />
		</Dialog>,
		box,
	);
}

export default { initialize };
