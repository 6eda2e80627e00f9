/** Pictures on the buttons of forms, drawn as those of `view/icons.tsx`. */
export const icons = {
	dice: "M3 3h10v10H3zM6 6h.01M10 10h.01M10 6h.01M6 10h.01M8 8h.01",
	lock: "M4 7.5h8V13H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
	open: "M4 7.5h8V13H4zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1",
	trash: "M3.5 4.5h9M6.5 4.5V3h3v1.5M4.8 4.5l.5 8.5h5.4l.5-8.5",
} as const;
