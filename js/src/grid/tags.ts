/** Tags as they are typed: words between commas, each once. */
export function tagsOf(typed: string): string[] {
	const tags = typed.split(",").map((tag) => tag.trim().replace(/^#/, ""));
	return [...new Set(tags.filter(Boolean))].map((tag) => tag.slice(0, 60));
}
