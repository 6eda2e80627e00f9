/** Buttons with a picture on them. Each path is drawn on 16 × 16, in the colour of the text. */
const PATHS = {
	back: "M11 3.5v9L5.5 8zM4 3.5v9",
	close: "M4 4l8 8M12 4l-8 8",
	copy: "M6 6h7v7H6zM10 3H3v7",
	fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
	large: "M9.5 3H13v3.5M13 3 9 7M6.5 13H3V9.5M3 13l4-4",
	loop: "M12.5 6.5A5 5 0 0 0 3.4 6M3.5 9.5a5 5 0 0 0 9.1.5M12.8 3v3.5H9.3M3.2 13V9.5h3.5",
	minus: "M3 8h10",
	on: "M5 3.5v9L10.5 8zM12 3.5v9",
	pause: "M5.5 3v10M10.5 3v10",
	play: "M4.5 3v10L13 8z",
	plus: "M8 3v10M3 8h10",
	save: "M8 2.5V10M4.5 7 8 10.5 11.5 7M3 13.5h10",
	sound:
		"M2.5 6.2h2.2L8 3.3v9.4L4.7 9.8H2.5zM10.5 5.8a3 3 0 0 1 0 4.4M12.4 4a5.6 5.6 0 0 1 0 8",
	wire: "M8 2 14 5.5v5L8 14l-6-3.5v-5zM2 5.5 8 9l6-3.5M8 9v5",
	swap: "M3 5.5h9M9.5 3 12 5.5 9.5 8M13 10.5H4M6.5 8 4 10.5 6.5 13",
};

type Tool = {
	/** One of these, or a path of one's own. */
	icon: keyof typeof PATHS | `M${string}`;
	label: string;
	onPress(): void;
	/** For what is on or off. */
	pressed?: boolean;
	/** Words beside the picture; without, the label is a tip. */
	words?: string;
};

export function Tool({ icon, label, onPress, pressed, words }: Tool) {
	return (
		<button
			type="button"
			class="rw-tool"
			title={label}
			aria-label={label}
			aria-pressed={pressed}
			onClick={onPress}
		>
			<svg viewBox="0 0 16 16" aria-hidden="true">
				<path d={PATHS[icon as keyof typeof PATHS] ?? icon} />
			</svg>
			{words}
		</button>
	);
}
