import { pageWords, seconds, usd } from "../core/words";

/**
 * The script of an exported grid: any two of its axes are rows and columns, and each value of the others makes a table
 * of its own. The cells themselves are those of the page, moved. Where no script runs, the page stays as it was written.
 */
type Axis = [name: string, labels: string[]];
type Spot = { point: number[]; cell: HTMLTableCellElement };
type Pick = { rows: number; cols: number };

const grid = document.querySelector<HTMLElement>("[data-runware=grid]");
const table = grid?.querySelector("table");
if (grid && table) {
	pivoted(grid, table);
}

function pivoted(grid: HTMLElement, table: HTMLTableElement): void {
	const axes: Axis[] = JSON.parse(grid.dataset.axes ?? "[]");
	const spots: Spot[] = [
		...grid.querySelectorAll<HTMLTableCellElement>("td[data-point]"),
	].map((cell) => ({ cell, point: JSON.parse(cell.dataset.point ?? "[]") }));
	const heads = [...table.querySelectorAll("th")];
	const [across, down] = [heads[0], heads.at(-1)];
	const varied = axes.filter(([, labels]) => labels.length > 1);
	if (varied.length < 2 || !across || !down) {
		return;
	}
	let pick: Pick = JSON.parse(grid.dataset.pivot ?? "{}");
	const pages = document.createElement("div");
	pages.append(...grid.childNodes);

	function turn(changed: Partial<Pick>): void {
		const next = { ...pick, ...changed };
		pick =
			next.rows === next.cols ? { rows: pick.cols, cols: pick.rows } : next;
		rows.value = String(pick.rows);
		cols.value = String(pick.cols);
		pages.replaceChildren(...sheets(pick));
	}

	function sheets({ rows, cols }: Pick): Node[] {
		const rest = axes.map((_, n) => n).filter((n) => n !== rows && n !== cols);
		const titles = new Map<string, Spot[]>();
		for (const spot of inOrder(spots, [...rest, rows, cols])) {
			const title = rest
				.map((n) => `${axes[n]?.[0]}: ${labelled(n, spot)}`)
				.join(" · ");
			titles.set(title, [...(titles.get(title) ?? []), spot]);
		}
		return [...titles].map(([title, several], n) => {
			const sheet = laidOut(several, rows, cols);
			return title ? leaf(title, sheet, n === 0) : sheet;
		});
	}

	function laidOut(several: Spot[], rows: number, cols: number): HTMLElement {
		const made = document.createElement("table");
		made.style.cssText = table?.style.cssText ?? "";
		const columns = grouped(several, cols);
		const first = made.insertRow();
		first.insertCell().style.cssText = "border:0;padding:0";
		for (const [index, cells] of columns) {
			first.append(head(across, labelOf(cols, index), cells));
		}
		for (const [index, cells] of grouped(several, rows)) {
			const row = made.insertRow();
			row.append(head(down, labelOf(rows, index), cells));
			for (const column of columns.keys()) {
				const spot = cells.find(({ point }) => point[cols] === column);
				row.append(spot?.cell ?? document.createElement("td"));
			}
		}
		const box = document.createElement("div");
		box.style.overflowX = "auto";
		box.append(made);
		return box;
	}

	function labelOf(axis: number, index: number): string {
		return axes[axis]?.[1][index] ?? "";
	}

	function labelled(axis: number, { point }: Spot): string {
		return labelOf(axis, point[axis] ?? 0);
	}

	function chooser(words: string, key: keyof Pick): HTMLSelectElement {
		const select = document.createElement("select");
		select.append(...axes.map(([name], n) => new Option(name, String(n))));
		select.value = String(pick[key]);
		select.addEventListener("change", () =>
			turn({ [key]: Number(select.value) }),
		);
		const label = document.createElement("label");
		label.style.cssText = "margin-right:12px;font-size:12px";
		label.append(`${words} `, select);
		tools.append(label);
		return select;
	}

	const tools = document.createElement("div");
	tools.style.margin = "0 0 8px";
	const rows = chooser(pageWords.rows, "rows");
	const cols = chooser(pageWords.cols, "cols");
	grid.replaceChildren(tools, pages);
}

/** A page of its own for a value of the axes that are neither rows nor columns. */
function leaf(title: string, sheet: HTMLElement, open: boolean): HTMLElement {
	const details = document.createElement("details");
	const summary = document.createElement("summary");
	details.open = open;
	details.style.margin = "0 0 6px";
	summary.style.cssText =
		"cursor:pointer;font-weight:600;padding:3px 0;overflow-wrap:anywhere";
	summary.textContent = title;
	details.append(summary, sheet);
	return details;
}

/** A head as the page has them, with its value, what its cells cost together and how long they took on average. */
function head(like: Element | undefined, label: string, spots: Spot[]): Node {
	const made = like?.cloneNode(true) as HTMLElement;
	const [name, figures] = made.children;
	if (name) {
		name.textContent = label;
		name.setAttribute("title", label);
	}
	if (figures) {
		figures.textContent = summed(spots);
	}
	return made;
}

function summed(spots: Spot[]): string {
	const [costs, times] = [known(spots, "usd"), known(spots, "seconds")];
	const told = costs.length > 0 ? [`Σ\u00a0${usd(sum(costs))}`] : [];
	if (times.length > 0) {
		told.push(`⌀\u00a0${seconds(sum(times) / times.length)}`);
	}
	return told.join(" · ");
}

function known(spots: Spot[], fact: "usd" | "seconds"): number[] {
	return spots
		.map(({ cell }) => cell.dataset[fact])
		.filter((value) => value !== undefined)
		.map(Number);
}

function sum(values: number[]): number {
	return values.reduce((total, value) => total + value, 0);
}

function grouped(spots: Spot[], axis: number): Map<number, Spot[]> {
	const groups = new Map<number, Spot[]>();
	for (const spot of inOrder(spots, [axis])) {
		const index = spot.point[axis] ?? 0;
		groups.set(index, [...(groups.get(index) ?? []), spot]);
	}
	return groups;
}

function inOrder(spots: Spot[], axes: number[]): Spot[] {
	return [...spots].sort((a, b) => {
		const axis = axes.find((n) => a.point[n] !== b.point[n]) ?? 0;
		return (a.point[axis] ?? 0) - (b.point[axis] ?? 0);
	});
}
