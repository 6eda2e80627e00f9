/** Every word a user reads, in one place; and how money and times are written. One section a part of the front end. */

export const words = {
	kernel: {
		silent: "The kernel does not answer. Run the cell again.",
		busy: "The kernel has not heard this yet. If a cell is running, it will when that ends; else run the cell again.",
	},
	chunks: {
		failed: (name: string) =>
			`The viewer's part “${name}” could not be started.`,
	},
	assets: {
		incomplete: "The file did not arrive whole. Try again.",
		large: (megabytes: number) =>
			`This file has ${megabytes} MB, too much to send through the kernel. Keep it in a folder that Jupyter serves.`,
	},
	dialog: {
		close: "Close",
	},
	picture: {
		keys: "Zoom with + and −, move with the arrow keys, 0 fits it in",
		zoomIn: "Zoom in",
		zoomOut: "Zoom out",
		fit: "Fit",
		full: "Actual size",
		fullShort: "1:1",
		zoomed: (share: number) => percent.format(share),
		loading: "Loading the original…",
		failed: "The original cannot be shown here; this is its preview.",
	},
	film: {
		keys: "Space plays, comma and full stop step by one frame",
		play: "Play",
		pause: "Pause",
		back: "One frame back",
		on: "One frame on",
		loop: "Repeat",
		sound: "Sound",
		seek: "Time",
		failed: "This film cannot be played here.",
	},
	writing: {
		copy: "Copy",
		copied: "Copied",
		refused: "The browser does not allow copying here.",
	},
	single: {
		large: "Enlarge",
		save: "Save",
		facts: "Facts",
	},
	viewer: {
		strip: "Results",
		nothing: "There is nothing to show.",
	},
	compare: {
		title: "Comparison",
		modes: "How to compare",
		mode: {
			slider: "Slider",
			side: "Side by side",
			blink: "Blink",
			difference: "Difference",
			words: "Words",
		},
		split: "How much of A is shown",
		swap: "Show the other",
		shown: (name: string) => `${name} is shown`,
		mean: (value: number) =>
			`Mean absolute difference ${oneDigit.format(value)} of 255`,
		alike: "Not one pixel differs.",
		measuring: "Measuring…",
		unmeasured: "The difference cannot be measured.",
		stronger: "Amplify",
		sizes: "The sizes differ: B is measured at the size of A.",
		removed: "only in A",
		added: "only in B",
		changed: (removed: number, added: number) =>
			`${removed} words only in A, ${added} only in B`,
		same: "The texts are the same.",
		tooLong: "The texts are too long to compare word by word.",
	},
	solid: {
		keys: "Enter opens it; arrow keys turn it, + and − zoom, 0 shows it whole",
		open: "Open in 3D",
		loading: "Loading the mesh…",
		failed: "This mesh cannot be shown here.",
		large: "This mesh has more than 200 MB: open its file in another program.",
		reset: "Show it whole",
		wireframe: "Wireframe",
		rotate: "Turn by itself",
		light: "Light",
		triangles: (n: number) => `${count.format(n)} triangles`,
	},
	sound: {
		keys: "Space plays, arrow keys go by a second, drag selects a part to repeat, Escape clears it",
		play: "Play",
		pause: "Pause",
		loop: "Repeat",
		seek: "Time",
		failed: "This sound cannot be played here.",
	},
} as const;

/** Words of the button on cards. */
export const openerWords = {
	open: "View",
	title: "Open the viewer: zoom, play, turn, compare",
} as const;

/** Words of the comparison grid. */
export const gridWords = {
	table: "Comparison grid",
	layout: "Layout",
	rows: "rows",
	cols: "columns",
	none: "–",
	swap: "Swap rows and columns",
	filter: "show",
	filters: {
		all: "all",
		failed: "failed",
		different: "different",
		rated: "rated",
		unrated: "not rated",
	},
	sort: "order",
	sorts: {
		order: "as asked",
		cost: "cost",
		time: "time",
		rating: "rating",
		failed: "failures",
	},
	size: "size",
	before: (axis: string) => `Previous ${axis}`,
	after: (axis: string) => `Next ${axis}`,
	vote: "Vote",
	voteTitle: "Judge pairs without knowing who made them (v)",
	freeze: "Freeze",
	freezeTitle: "Make it static, so that it reads without a kernel (f)",
	state: {
		idle: "not run",
		queued: "waiting",
		running: "running",
		done: "done",
		failed: "failed",
		stopped: "stopped",
	},
	acts: {
		run: "Run",
		pause: "Pause",
		go: "Go on",
		stop: "Stop",
		retry: "Retry failed",
	},
	retry: "Retry",
	progress: "Progress",
	done: (done: number, all: number) =>
		`${count.format(done)} of ${count.format(all)}`,
	counts: {
		failed: (n: number) => `${count.format(n)} failed`,
		running: (n: number) => `${count.format(n)} running`,
		queued: (n: number) => `${count.format(n)} waiting`,
		cached: (n: number) => `${count.format(n)} cached`,
	},
	failed: (n: number) => `${n} failed`,
	of: (spent: string, cap: string) => `${spent} of ${cap}`,
	spent: (money: string) => `spent ${money}`,
	about: (likely: string, low: string, high: string) =>
		`about ${likely} (${low} to ${high})`,
	aboutAlone: (likely: string) => `about ${likely}`,
	unpriced: (n: number) => `${n} of unknown price`,
	left: (time: string) => `${time} left`,
	sandbox: "sandbox · play money",
	sums: "Cost of all, mean time and stars",
	seed: (seed: string) => `seed ${seed}`,
	cached: "cached",
	stars: (n: number) => `${n} of 5 stars`,
	twin: "Looks like another cell beside it",
	filtered: "No row passes the filter.",
	empty: "There is nothing to show.",
	hidden: (rows: number) => `${count.format(rows)} rows are filtered out`,
	hint: "Click or Enter opens · Space picks A and B · c compares · 1–5 rate · ? keys",
	compare: "Compare A and B",
	cell: "Cell",
	nothing: "It has made nothing yet.",
	previous: "Previous",
	next: "Next",
	rating: "Stars",
	thoughts: "Note and tags",
	keep: "Keep",
	note: "Note",
	tags: "Tags",
	tagsHint: "keep, too dark",
	votes: {
		title: "Which is better?",
		winners: { left: "A", right: "B", tie: "Tie", bad: "Both bad" },
		undo: "Undo",
		over: "Every pair is judged. Thank you.",
		progress: (done: number, of: number) =>
			`${count.format(done)} of ${count.format(of)} pairs`,
	},
	keys: {
		title: "Keys",
		map: [
			["← ↑ → ↓", "go from cell to cell"],
			["Home End", "first and last of the row"],
			["PgUp PgDn", "five rows up and down"],
			["Enter", "open the cell"],
			["[ ]", "in an open cell: the one before, the next"],
			["Space", "pick it as A, then B (or Ctrl and click)"],
			["c", "compare A and B"],
			["1 – 5, 0", "give stars, take them away"],
			["n t", "write a note, tags"],
			["v", "vote on pairs"],
			["r", "retry what failed"],
			["f", "freeze: make it static"],
			["Esc", "close what is open"],
		],
	},
} as const;

/** Words of forms: apart, so that widgets without one do not carry them. */
export const formWords = {
	unset: "Clear",
	unsetName: (label: string) => `Clear ${label}`,
	notSet: "not set",
	byDefault: (value: string) => `${value} by default`,
	yes: "yes",
	no: "no",
	none: "none",
	required: "required",
	varied: (values: string) => `varied by the cell: ${values}`,
	add: (label: string) => `Add to ${label.toLowerCase()}`,
	remove: (label: string, n: number) => `Remove ${n} of ${label.toLowerCase()}`,
	first: "First frame",
	last: "Last frame",
	width: "Width",
	height: "Height",
	size: "Size",
	ratio: "Shape",
	free: "free",
	swap: "Swap width and height",
	dice: "Another seed",
	locked: "Seed is kept: the same again costs nothing",
	unlocked: "A new seed for each run",
	randomly: "chosen by the model",
	json: "JSON",
	badJson: "This is not JSON yet.",
	more: "More, as JSON",
	choose: "which kind",
	say: "Role",
	drop: (medium: string) => `Drop ${medium} here`,
	media: {
		image: "a picture",
		video: "a video",
		audio: "a sound",
		"3d": "a mesh",
		dataset: "a ZIP of pictures",
		document: "a document",
		font: "a font",
	} as Record<string, string>,
	browse: "Choose a file",
	earlier: "Earlier results",
	noEarlier: "There are none of this kind yet.",
	address: "Address or UUID",
	uploading: (share: number) => `Uploading, ${percent.format(share)}`,
	large: (megabytes: number) => `A file may have at most ${megabytes} MB here.`,
	removeMedia: (name: string) => `Remove ${name}`,
} as const;

export const playWords = {
	title: "Playground",
	model: "Model",
	search: "Search by name, maker, kind or what it takes",
	models: (shown: number, all: number) =>
		shown < all
			? `${count.format(all)} models fit; the first ${shown} are shown`
			: all === 1
				? "1 model"
				: `${count.format(all)} models`,
	noModel: "No model fits. Any AIR, such as civitai:4384@128713, can be typed.",
	docs: "Docs",
	takes: (what: string) => `takes ${what}`,
	by: (who: string) => `by ${who}`,
	run: "Run",
	stop: "Stop waiting",
	keys: (modifier: string) => `${modifier}+Enter`,
	pricing: "Looking up the price…",
	wrong: (n: number) =>
		n === 1 ? "One thing to mend" : `${count.format(n)} things to mend`,
	free: "Already here: $0",
	unknown: "Price unknown",
	about: (likely: string) => `About ${likely}`,
	between: (low: string, high: string) => `${low} to ${high}`,
	someHere: (n: number) => `${count.format(n)} already here`,
	someUnknown: (n: number) => `${count.format(n)} of unknown price`,
	results: (n: number) => (n === 1 ? "1 result" : `${count.format(n)} results`),
	sandbox: "sandbox · play money",
	agree: (price: string) => `This would cost ${price}. Send it?`,
	send: "Send",
	decline: "Not now",
	cached: "cached",
	cachedTold: (saved: string) => `From your folder: $0, saved ${saved}`,
	done: (n: number, cost: string, time: string) =>
		`${n === 1 ? "1 result" : `${count.format(n)} results`} · ${cost} · ${time}`,
	costUnknown: "cost unknown",
	running: (time: string) => `Running, ${time}`,
	runningOf: (made: number, asked: number, time: string) =>
		`${count.format(made)} of ${count.format(asked)} here, ${time}`,
	failed: "Nothing was made.",
	result: "Result",
	empty: "What you make appears here.",
	emptyHint: (keys: string) =>
		`Nothing is sent before you press Run or ${keys}.`,
	history: "Earlier results",
	recall: (what: string) => `Show again and take its settings: ${what}`,
	presets: "Presets",
	noPresets: "No preset is saved yet.",
	savePreset: "Save",
	presetName: "Name for these settings",
	loadPreset: (name: string) => `Take the settings of ${name}`,
	forgetPreset: (name: string) => `Forget ${name}`,
	copy: "Copy as",
	codes: { cell: "Cell", python: "Python", json: "JSON", grid: "Grid" },
	codesTold: {
		cell: "Copy as a %%runware cell",
		python: "Copy as Python",
		json: "Copy as JSON, as the API takes it",
		grid: "Copy as a comparison grid in Python",
	},
	copied: (what: string) => `Copied as ${what}. Paste it into a cell.`,
	copyHere: "Copy it from here",
	freeze: "Freeze",
	freezeTold: "Make it static, so that it reads without a kernel",
	cell: "Cell",
	sweep: "Sweep",
	sweepHint: "A name and a list a line, such as seed: [1, 2]",
	tasks: (n: number) =>
		n === 1 ? "It makes one task:" : `It makes ${count.format(n)} tasks:`,
	moreTasks: (n: number) => `and ${count.format(n)} more`,
} as const;

function rowsOf(n: number): string {
	return n === 1 ? "1 row" : `${count.format(n)} rows`;
}

/** Words of the history browser. */
export const pastWords = {
	table: "History",
	search: "Search the prompts and parameters",
	filters: "Filters",
	kind: "kind",
	anyKind: "all kinds",
	status: "state",
	anyStatus: "all states",
	statuses: ["done", "failed", "unfinished"],
	money: "money",
	anyMoney: "live and sandbox",
	monies: ["live", "sandbox"],
	model: "model",
	notebook: "notebook",
	tag: "tag",
	since: "since",
	until: "until",
	days: "Days are UTC, both included",
	starred: "Starred",
	folded: (active: number) => (active > 0 ? `Filters · ${active}` : "Filters"),
	clear: "Clear filters",
	clearShort: "Clear",
	refresh: "Look again for new results",
	rows: rowsOf,
	spent: (money: string) => `spent ${money}`,
	pretended: (money: string) => `play money ${money}`,
	unknown: (n: number) => `${count.format(n)} of unknown price`,
	loading: "Looking through the ledger…",
	again: "Try again",
	nothing: "Nothing fits these filters.",
	emptyTitle: "Nothing was made yet.",
	empty: "Make something in a cell, and look here again:",
	example: "%%runware image\na red fox in the snow",
	columns: {
		what: "result",
		tags: "stars, tags",
		cost: "cost",
		when: "when (UTC)",
	},
	play: "play money",
	stars: (n: number) => `${n} of 5 stars`,
	selected: (n: number) => `${count.format(n)} selected`,
	opening: "Opening…",
	none: "Click, Shift or Space selects · Enter opens · ? keys",
	unselect: "Unselect",
	/** What each act says, and its key. Grid copies the Python that shows them as one. */
	acts: {
		view: ["View", "Enter"],
		compare: ["Compare", "c"],
		tag: ["Tag", "t"],
		again: ["Run again", "r"],
		grid: ["Grid", "g"],
		reveal: ["Path", "p"],
		export: ["Export", "e"],
		freeze: ["Freeze", "f"],
	},
	key: (name: string) => `Key: ${name}`,
	tagTitle: (n: number) => `Tags of ${rowsOf(n)}`,
	addTags: "Add tags",
	tagsHint: "keep, too dark",
	removeTags: "Take away",
	removes: (tag: string) => `Take away the tag ${tag}`,
	keep: "Keep",
	rated: (n: number) => `Changed: ${rowsOf(n)}.`,
	againTitle: (n: number) => `Run ${rowsOf(n)} again`,
	pricing: "Looking up the price…",
	free: "All of it is here already: $0.",
	price: (likely: string) => `It would cost about ${likely}`,
	between: (low: string, high: string) => `${low} to ${high}`,
	toMake: (n: number) => `${count.format(n)} to make`,
	here: (n: number) => `${count.format(n)} here already`,
	onSandbox: "on the sandbox: play money",
	fresh: "Make new samples, also of what is here already",
	run: (price: string) => `Run for ${price}`,
	runUnknown: "Run at an unknown price",
	cancel: "Not now",
	running: "Running again…",
	made: (n: number, cost: string) =>
		`${n === 1 ? "1 result" : `${count.format(n)} results`} · ${cost}`,
	cached: (n: number) => `${count.format(n)} from your folder`,
	revealTitle: "Where the file is",
	openLink: "Open in a new tab",
	copyHere: "Copy it from here",
	gridCopied: "Copied as a grid. Paste it into a cell.",
	exportTitle: (n: number) => `Export ${rowsOf(n)}`,
	fileName: "File name",
	format: "Format",
	formats: ["csv", "parquet", "html", "zip"],
	exportHint:
		"It is written into the folder of this notebook. A ZIP has all files as well.",
	write: "Write",
	exported: (name: string) => `Written: ${name}`,
	twoOnly: "Select two to compare.",
	keys: {
		title: "Keys",
		map: [
			["↑ ↓ PgUp PgDn", "go from row to row"],
			["Home End", "first and last"],
			["Space", "select it, or not (or Ctrl and click)"],
			["Shift and ↑ ↓", "select from here on (or click)"],
			["Ctrl+A, Esc", "select all, none"],
			["Enter", "open it (or double click)"],
			["c", "compare two"],
			["1 – 5, 0", "give stars, take them away"],
			["t", "tags"],
			["r", "run again: its price first"],
			["e g p", "export, copy as a grid, show the path"],
			["/", "search"],
			["f", "freeze: make it static"],
		],
	},
} as const;

/** Of pages that were exported. */
export const pageWords = { rows: "rows", cols: "columns" } as const;

const count = new Intl.NumberFormat("en-US");
const percent = new Intl.NumberFormat("en-US", { style: "percent" });
const oneDigit = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** Write USD as Python does: small prices keep two digits that mean something: "$0.0013", "$0.18", "$12.50". */
export function usd(amount: number): string {
	const isSmall = amount > 0 && amount < 1;
	const digits = isSmall ? Math.max(4, 1 - Math.floor(Math.log10(amount))) : 2;
	return new Intl.NumberFormat("en-US", {
		style: "currency",
		currency: "USD",
		maximumFractionDigits: Math.min(digits, 20),
	}).format(amount);
}

/** Write a duration: "1.8 s", "41 s", "2 min 5 s". */
export function seconds(value: number): string {
	if (!Number.isFinite(value)) {
		return "? s";
	}
	if (value < 10) {
		return `${value.toFixed(1)} s`;
	}
	const whole = Math.round(value);
	if (whole < 60) {
		return `${whole} s`;
	}
	const rest = whole % 60;
	const minutes = `${Math.floor(whole / 60)} min`;
	return rest === 0 ? minutes : `${minutes} ${rest} s`;
}
